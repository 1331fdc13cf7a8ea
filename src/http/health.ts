import { createServer, type Server } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import type { Readiness } from '../observability/telemetry.ts';

/** What an operator's tool is answered. */
export interface OperatorAnswer {
  status: number;
  type: string;
  body: string;
}

/** Answers a path if it is one for operators; undefined for every other. */
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
 * /health: the process answers. /ready: send it work; 503 with the reason where not. /metrics:
 * Prometheus' text.
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

/** /metrics and nothing else. */
export function onlyMetrics(metrics: () => Promise<string>): OperatorEndpoints {
  const answer = metricsOf(metrics);
  return (path) => (path === '/metrics' ? answer() : undefined);
}

/** Serves /metrics and its like on a port of their own, away from the public one. */
export function createOperatorServer(endpoints: OperatorEndpoints): Server {
  return createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answer = request.method === 'GET' ? endpoints(path) : undefined;
    if (!answer) {
      response.writeHead(404).end();
      return;
    }
    answer.then(
      ({ status, type, body }) => {
        response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
      },
      () => response.writeHead(500).end(),
    );
  });
}

/** Serves /health, /ready and /metrics beside /graphql, to GET and HEAD. Nobody may keep what they say. */
export function useHealth(endpoints: OperatorEndpoints): Plugin {
  return {
    async onRequest({ request, url, fetchAPI, endResponse }) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return;
      const answer = await endpoints(url.pathname);
      if (!answer) return;
      const headers = { 'Content-Type': answer.type, 'Cache-Control': 'no-store' };
      const body = request.method === 'HEAD' ? null : answer.body;
      endResponse(new fetchAPI.Response(body, { status: answer.status, headers }));
    },
  };
}
