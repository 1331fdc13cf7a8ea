import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Readiness } from '../observability/telemetry.ts';
import type { Route } from './server.ts';

/** A response of an operator endpoint. */
export interface OperatorAnswer {
  status: number;
  type: string;
  body: string;
}

/** Returns the response for a path; undefined for a path that is no operator endpoint. */
export type OperatorEndpoints = (path: string) => Promise<OperatorAnswer> | undefined;

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

const METRICS_ELSEWHERE: OperatorAnswer = {
  status: 404,
  type: 'text/plain; charset=utf-8',
  body: 'Metrics are served on METRICS_PORT only. Set it if it is not set.\n',
};

function json(status: number, value: unknown): OperatorAnswer {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}

/**
 * Creates the operator endpoints. `/health`: the process is alive. `/ready`: it can serve requests, or 503 with the
 * reason. `/metrics`: Prometheus' text format.
 */
export function createEndpoints(deps: {
  readiness: Readiness;
  isDraining(): boolean;
  /** Undefined if /metrics is served on METRICS_PORT. */
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
    '/metrics': deps.metrics ? metricsOf(deps.metrics) : async () => METRICS_ELSEWHERE,
  };
  return (path) => (Object.hasOwn(answers, path) ? answers[path]?.() : undefined);
}

function metricsOf(metrics: () => Promise<string>): () => Promise<OperatorAnswer> {
  return async () => ({ status: 200, type: PROMETHEUS, body: await metrics() });
}

/** Creates /metrics alone. */
export function onlyMetrics(metrics: () => Promise<string>): OperatorEndpoints {
  const answer = metricsOf(metrics);
  return (path) => (path === '/metrics' ? answer() : undefined);
}

/** Sends the answer of an operator endpoint; false for a path or method that is none. */
async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  endpoints: OperatorEndpoints,
): Promise<boolean> {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const found = await endpoints(url.split('?')[0] ?? '');
  if (!found) return false;
  const { status, type, body } = found;
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(method === 'HEAD' ? undefined : body);
  return true;
}

/** Serves /health, /ready and /metrics beside /graphql. */
export function createHealthRoute(endpoints: OperatorEndpoints): Route {
  return ({ request, response }) => answer(request, response, endpoints);
}

/** Serves the operator endpoints on a port of their own. */
export function createOperatorServer(endpoints: OperatorEndpoints): Server {
  return createServer((request, response) => {
    answer(request, response, endpoints).then(
      (isFound) => isFound || response.writeHead(404).end(),
      () => response.writeHead(500).end(),
    );
  });
}
