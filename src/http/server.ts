import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Drain } from './drain.ts';
import { readRequestId } from './request-id.ts';
import type { ResponseHeaders } from './response-headers.ts';

/** A request on its way to a route. */
export interface RoutedRequest {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  /** The query string without its question mark. */
  search: string;
}

/** Handles the requests of some paths; returns false for all others. The common headers are set already. */
export type Route = (routed: RoutedRequest) => boolean | Promise<boolean>;

/** What the HTTP server serves. */
export interface HttpListenerOptions {
  /** Serves /graphql, and sets all headers itself: it answers most requests. */
  graphql(routed: RoutedRequest): void;
  /** All other routes; the first that handles a request ends the search. */
  routes: readonly Route[];
  headers: ResponseHeaders;
  drain: Drain;
  /** Receives bugs of ours; clients see them masked. */
  report(bug: unknown): void;
}

const GRAPHQL = /^\/graphql\/?$/;

/** What operators ask until the very end. */
const OPERATOR_PATHS = ['/health', '/ready', '/metrics'];

/** Whether the Host header and the target form an address. A full URL as target is not served. */
function hasAddress(host: string, target: string): boolean {
  return target.startsWith('/') && URL.canParse(`http://${host}${target}`);
}

/** Whether a browser opens the address, so that GraphiQL answers instead of GraphQL. */
export function isPageView({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept?.includes('text/html') ?? false);
}

/** Sends a small response that is no GraphQL. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
  response.end(body);
}

const SHUTTING_DOWN = {
  errors: [
    {
      message: 'The gateway is restarting. Send the request again.',
      extensions: { code: 'SHUTTING_DOWN' },
    },
  ],
};

const INTERNAL_ERROR = {
  error: { code: 'INTERNAL_SERVER_ERROR', message: 'Internal error of the gateway.' },
};

/** Routes requests, in this order: malformed address, shutdown, CORS preflight, /graphql, the other routes, 404. */
export function createHttpListener(options: HttpListenerOptions): RequestListener {
  const { graphql, routes, headers, drain, report } = options;

  const findRoute = async (routed: RoutedRequest): Promise<void> => {
    for (const handle of routes) if (await handle(routed)) return;
    if (GRAPHQL.test(routed.path)) graphql(routed);
    else routed.response.writeHead(404, { 'content-length': 0 }).end();
  };
  const fail = ({ response }: RoutedRequest, error: unknown): void => {
    report(error);
    if (response.headersSent) response.destroy();
    else sendJson(response, 500, INTERNAL_ERROR);
  };
  const serveOther = (routed: RoutedRequest): void => {
    const { request, response, path } = routed;
    headers.apply(request, response, readRequestId(request.headers['x-request-id']?.toString()));
    if (drain.isDraining) response.setHeader('connection', 'close');
    if (drain.isDraining && !OPERATOR_PATHS.includes(path)) {
      response.setHeader('retry-after', '1');
      sendJson(response, 503, SHUTTING_DOWN);
    } else if (!headers.answerPreflight(request, response)) {
      findRoute(routed).catch((error: unknown) => fail(routed, error));
    }
  };

  return (request, response) => {
    const target = request.url ?? '';
    if (!hasAddress(request.headers.host ?? 'localhost', target)) {
      response.writeHead(400, { connection: 'close', 'content-length': 0 }).end();
      return;
    }
    const [path, search] = split(target);
    const routed = { request, response, path, search };
    const isGraphql = GRAPHQL.test(path) && request.method !== 'OPTIONS' && !isPageView(request);
    if (isGraphql && !drain.isDraining) graphql(routed);
    else serveOther(routed);
  };
}

function split(target: string): [path: string, search: string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}
