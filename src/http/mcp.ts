import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { GraphQLError } from 'graphql';
import { CredentialError, readCredential } from '../gitlab/credential.ts';
import { httpOptionsOf, requestError } from '../operation/request-error.ts';
import type { ReadBytes } from './body.ts';
import { badRequest, headerReader, readJsonText } from './graphql-request.ts';
import { isFromForeignSite } from './origin.ts';
import { readRequestId } from './request-id.ts';
import { type Route, type RoutedRequest, sendJson } from './server.ts';

/** Answers a request in the MCP protocol. Its JSON body is already parsed. */
type Endpoint = (request: Request, parsedBody: unknown) => Promise<Response>;

/** A response with status 200 and a text body. */
interface TextAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

interface McpRouteDeps {
  /**
   * Answers `tools/list` from a cache. Returns undefined if the endpoint must answer the request.
   * `answer` passes a request to the endpoint.
   */
  listTools(
    body: unknown,
    header: (name: string) => string | undefined,
    answer: (body: unknown) => Promise<Response>,
  ): Promise<TextAnswer | undefined>;
  /** Origins whose pages may send requests. */
  origins: readonly string[];
  readBytes: ReadBytes;
  maxBodyBytes: number;
}

/** Clients that look for OAuth metadata expect JSON, also in a 404 response. */
const OAUTH = /^\/\.well-known\/oauth-/;

/** JSON-RPC error codes: for a body that is not JSON, and for any other refusal. */
const PARSE_ERROR = -32_700;
const REFUSED = -32_000;

/** Sends a JSON-RPC error without the id of a request. */
function refuse(response: ServerResponse, status: number, message: string, code = REFUSED): void {
  sendJson(response, status, { jsonrpc: '2.0', error: { code, message }, id: null });
}

/** Throws the error of a request that is refused before its body is read. */
function checkRequest(request: IncomingMessage, origins: readonly string[]): void {
  const header = headerReader(request);
  if (isFromForeignSite(header, origins)) {
    const message = 'Requests from pages of other sites are not allowed.';
    throw requestError(message, { code: 'FORBIDDEN', status: 403 });
  }
  if (request.method !== 'POST')
    throw badRequest('Only POST is supported.', 405, { allow: 'POST' });
  try {
    readCredential(header);
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    throw requestError(error.message, { code: 'UNAUTHENTICATED', status: 401 });
  }
}

/**
 * Converts a Node request to a web request without a body. Its signal aborts when the client
 * disconnects.
 */
function toWebRequest(request: IncomingMessage, response: ServerResponse): Request {
  const read = headerReader(request);
  const headers = new Headers();
  for (const name of Object.keys(request.headers)) headers.set(name, read(name) ?? '');
  headers.set('x-request-id', readRequestId(read('x-request-id')));
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return new Request('http://localhost/mcp', { method: 'POST', headers, signal: gone.signal });
}

const NOT_CACHED = { 'cache-control': 'no-store, no-transform' };

function sendText({ headers, text }: TextAnswer, response: ServerResponse): void {
  const length = Buffer.byteLength(text);
  response.writeHead(200, { ...headers, ...NOT_CACHED, 'content-length': length }).end(text);
}

function send({ status, headers, body }: Response, response: ServerResponse): void {
  response.writeHead(status, { ...Object.fromEntries(headers), ...NOT_CACHED });
  if (!body) response.end();
  else pipeline(Readable.fromWeb(body as ReadableStream), response, () => {});
}

/**
 * Sends the error of a request that is refused before it reaches the endpoint. Rethrows other
 * errors.
 */
function refuseWith(error: unknown, response: ServerResponse): void {
  const http = error instanceof GraphQLError ? httpOptionsOf(error) : undefined;
  if (!http) throw error;
  for (const [name, value] of Object.entries(http.headers ?? {})) response.setHeader(name, value);
  refuse(response, http.status, (error as Error).message);
}

/** Serves `POST /mcp`, and a JSON 404 to clients that look for OAuth metadata. */
export function createMcpRoute(endpoint: Endpoint, deps: McpRouteDeps): Route {
  const serve = async ({ request, response }: RoutedRequest): Promise<void> => {
    checkRequest(request, deps.origins);
    const { readBytes, maxBodyBytes: maxBytes } = deps;
    const text = await readJsonText(request, { readBytes, maxBytes });
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      refuse(response, 400, 'The body must be JSON.', PARSE_ERROR);
      return;
    }
    // The MCP SDK would run all requests of a batch, but current versions of the protocol have no
    // batches.
    if (Array.isArray(body)) throw badRequest('Batches are not supported.', 400);
    const answer = (of: unknown) => endpoint(toWebRequest(request, response), of);
    const list = await deps.listTools(body, headerReader(request), answer);
    if (list) sendText(list, response);
    else send(await answer(body), response);
  };
  return async (routed) => {
    const { path, response } = routed;
    if (OAUTH.test(path)) {
      sendJson(response, 404, { error: 'not_found', message: 'This server does not use OAuth.' });
      return true;
    }
    if (path !== '/mcp') return false;
    await serve(routed).catch((error: unknown) => refuseWith(error, response));
    return true;
  };
}
