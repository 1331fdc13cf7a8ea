import type { Readiness } from './readiness.ts';

/** What an operator's tool is answered. */
export interface OperatorAnswer {
  status: number;
  type: string;
  body: string;
}

/** Answers a path if it is one for operators; undefined for every other. */
export type OperatorEndpoints = (path: string) => Promise<OperatorAnswer> | undefined;

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

function json(status: number, value: unknown): OperatorAnswer {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}

/**
 * /health: the process answers. /ready: send it work; 503 with the reason where not. /metrics:
 * Prometheus' text.
 */
export function createEndpoints(deps: {
  readiness: Readiness;
  isDraining(): boolean;
  /** Undefined where /metrics is served elsewhere. */
  metrics: (() => Promise<string>) | undefined;
}): OperatorEndpoints {
  const ready = async (): Promise<OperatorAnswer> => {
    if (deps.isDraining()) return json(503, { status: 'not ready', reason: 'shutting down' });
    const verdict = await deps.readiness.check();
    if (verdict.ready) return json(200, { status: 'ready' });
    return json(503, { status: 'not ready', reason: verdict.reason });
  };
  const answers: Readonly<Record<string, (() => Promise<OperatorAnswer>) | undefined>> = {
    '/health': async () => json(200, { status: 'ok' }),
    '/ready': ready,
    '/metrics': deps.metrics && metricsOf(deps.metrics),
  };
  return (path) => (Object.hasOwn(answers, path) ? answers[path]?.() : undefined);
}

function metricsOf(metrics: () => Promise<string>): () => Promise<OperatorAnswer> {
  return async () => ({ status: 200, type: PROMETHEUS, body: await metrics() });
}

/** /metrics and nothing else. */
export function onlyMetrics(metrics: () => Promise<string>): OperatorEndpoints {
  const answer = metricsOf(metrics);
  return (path) => (path === '/metrics' ? answer() : undefined);
}
