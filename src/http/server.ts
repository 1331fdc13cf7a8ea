import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { formatError } from '../graphql/client-errors.ts';
import type { CheckHost } from './allowed-hosts.ts';
import { type Drain, shuttingDown } from './drain.ts';
import { readRequestId } from './request-id.ts';
import type { ResponseHeaders } from './response-headers.ts';

/** A request and the parts of its URL that routes need. */
export interface RoutedRequest {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  /** The query string without its question mark. */
  search: string;
}

/**
 * Handles a request and returns true, or returns false if the request is not for this route. The
 * common headers are already set.
 */
export type Route = (routed: RoutedRequest) => boolean | Promise<boolean>;

interface HttpListenerOptions {
  /** Serves /graphql and, for speed, sets all headers itself. */
  graphql(routed: RoutedRequest): void;
  /** The routes other than /graphql, called in order until one handles the request. */
  routes: readonly Route[];
  headers: ResponseHeaders;
  drain: Drain;
  checkHost: CheckHost;
  /** Records a request whose Host header was refused. */
  refused(requestId: string, status: number): void;
  /** Reports a bug of the gateway; clients see a masked error. */
  report(bug: unknown): void;
}

const GRAPHQL = /^\/graphql\/?$/;

/** Paths that are also served during the shutdown. */
const OPERATOR_PATHS = ['/health', '/ready', '/metrics'];
/**
 * Paths that skip the Host check. Their clients are programs, which send no credential of a user.
 */
const ANY_HOST_PATHS = [...OPERATOR_PATHS, '/webhooks/gitlab'];

/**
 * Whether the Host header and the request target form a URL. False if the target alone is a full
 * URL, such as `http://example.com/graphql`.
 */
function hasAddress(host: string, target: string): boolean {
  return target.startsWith('/') && URL.canParse(`http://${host}${target}`);
}

/**
 * Whether a browser opens the URL as a page. At /graphql, such a request gets the page of GraphiQL,
 * if GraphiQL is enabled.
 */
export function isPageView({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept?.includes('text/html') ?? false);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
  response.end(body);
}

/** Responds to a method that the path does not support. */
export function refuseMethod({ response }: RoutedRequest, allow: string): void {
  response.setHeader('allow', allow);
  sendJson(response, 405, { error: { code: 'BAD_REQUEST', message: `Use ${allow}.` } });
}

function refusePath({ response }: RoutedRequest): void {
  const message = 'There is nothing at this address. GraphQL is at /graphql.';
  sendJson(response, 404, { error: { code: 'NOT_FOUND', message } });
}

/**
 * Creates the listener of all requests.
 * - GraphQL requests to /graphql go directly to `graphql`.
 * - All other requests go to the CORS preflight and to `routes`. These include OPTIONS requests and
 *   page views of /graphql.
 * - Malformed URLs and host names that are not allowed are refused. During the shutdown, most paths
 *   are refused, too.
 */
export function createHttpListener(options: HttpListenerOptions): RequestListener {
  const { graphql, routes, headers, drain, report, checkHost, refused } = options;

  const findRoute = async (routed: RoutedRequest): Promise<void> => {
    for (const handle of routes) if (await handle(routed)) return;
    if (GRAPHQL.test(routed.path)) graphql(routed);
    else refusePath(routed);
  };
  const fail = ({ response }: RoutedRequest, error: unknown): void => {
    report(error);
    const message = 'Internal error of the gateway.';
    if (response.headersSent) response.destroy();
    else sendJson(response, 500, { error: { code: 'INTERNAL_SERVER_ERROR', message } });
  };
  const hostProblem = ({ request, path }: RoutedRequest): string | undefined =>
    ANY_HOST_PATHS.includes(path) ? undefined : checkHost(request.headers.host);
  const serveOther = (routed: RoutedRequest): void => {
    const { request, response, path } = routed;
    const requestId = readRequestId(request.headers['x-request-id']?.toString());
    headers.apply(request, response, requestId);
    const message = hostProblem(routed);
    if (message) {
      refused(requestId, 421);
      const errors = [{ message, extensions: { code: 'MISDIRECTED_REQUEST' } }];
      sendJson(response, 421, { errors });
      return;
    }
    if (drain.isDraining) response.setHeader('connection', 'close');
    if (drain.isDraining && !OPERATOR_PATHS.includes(path)) {
      response.setHeader('retry-after', '1');
      sendJson(response, 503, { errors: [formatError(shuttingDown())] });
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
    const [path = ''] = target.split('?', 1);
    const search = target.slice(path.length + 1);
    const routed = { request, response, path, search };
    const isGraphql = GRAPHQL.test(path) && request.method !== 'OPTIONS' && !isPageView(request);
    if (isGraphql && !drain.isDraining && !hostProblem(routed)) graphql(routed);
    else serveOther(routed);
  };
}
