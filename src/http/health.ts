import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Readiness } from '../observability/telemetry.ts';
import { createServer } from '../util/http.ts';
import type { Route } from './server.ts';

interface OperatorResponse {
  status: number;
  type: string;
  body: string;
}

/** Endpoints for operators, such as /health, by path. */
export type OperatorEndpoints = ReadonlyMap<string, () => Promise<OperatorResponse>>;

function json(status: number, value: unknown): OperatorResponse {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}

/**
 * Creates `/health` and `/ready`. `/health` responds with 200 while the process is alive. `/ready`
 * responds with 200 if the process can serve requests, otherwise with 503 and the reason.
 */
export function healthEndpoints(deps: {
  readiness: Readiness;
  isDraining(): boolean;
}): OperatorEndpoints {
  const checkReady = async () => {
    if (deps.isDraining()) return json(503, { status: 'not ready', reason: 'shutting down' });
    const { ready, reason } = await deps.readiness.check();
    return ready ? json(200, { status: 'ready' }) : json(503, { status: 'not ready', reason });
  };
  return new Map([
    ['/health', async () => json(200, { status: 'ok' })],
    ['/ready', checkReady],
  ]);
}

/** Creates `/metrics`. Without `metrics`, it responds with 404 and refers to METRICS_PORT. */
export function metricsEndpoint(metrics?: () => Promise<string>): OperatorEndpoints {
  const respond = async () => {
    if (metrics) {
      const type = 'text/plain; version=0.0.4; charset=utf-8';
      return { status: 200, type, body: await metrics() };
    }
    const body = 'Metrics are served on METRICS_PORT only. Set it if it is not set.\n';
    return { status: 404, type: 'text/plain; charset=utf-8', body };
  };
  return new Map([['/metrics', respond]]);
}

/** Answers a request. Returns false for a path or method that is not an operator endpoint. */
async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  endpoints: OperatorEndpoints,
): Promise<boolean> {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const found = await endpoints.get(url.split('?')[0] ?? '')?.();
  if (!found) return false;
  const { status, type, body } = found;
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(method === 'HEAD' ? undefined : body);
  return true;
}

/** Serves the operator endpoints on the port of /graphql. */
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
