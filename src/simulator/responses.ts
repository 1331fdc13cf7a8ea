import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';

type Headers = Readonly<Record<string, string>>;

/** The result of a route handler: JSON, or the bytes of a log. */
export interface ApiResponse {
  readonly status: number;
  readonly json?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Headers;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Ends the handling of a request with an error response of GitLab, or with a redirect. */
export class ApiError extends Error {
  override name = 'ApiError' as const;
  readonly status: number;
  /** Sent as JSON; a string is sent as plain text. */
  readonly body: unknown;
  readonly headers: Headers;

  constructor(status: number, body: unknown, headers: Headers = {}) {
    super(`GitLab responds with ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

function messageError(status: number, message: string): ApiError {
  return new ApiError(status, { message });
}

/** 401 for a missing or unknown credential (upstream.md §8). */
export const unauthorized = (): ApiError => messageError(401, '401 Unauthorized');

/** 403 for a missing permission, with a reason if GitLab gives one (upstream.md §1.2). */
export function forbidden(reason?: string): ApiError {
  return messageError(403, reason === undefined ? '403 Forbidden' : `403 Forbidden - ${reason}`);
}

/**
 * 404. The generic message has a lower-case `found`, unlike `404 Project Not Found` (upstream.md
 * §1.1).
 */
export function notFound(resource?: 'Project' | 'Job'): ApiError {
  return messageError(404, resource === undefined ? '404 Not found' : `404 ${resource} Not Found`);
}

export function badRequest(reason: string): ApiError {
  return messageError(400, `400 Bad request - ${reason}`);
}

/** 400 for invalid parameters. Grape joins the messages with commas (upstream.md §1.2). */
export function invalidParameters(problems: readonly string[]): ApiError {
  return new ApiError(400, { error: problems.join(', ') });
}

/** 404 for an unknown route. Its message has the key `error` (upstream.md §1.2). */
export const noRoute = (): ApiError => new ApiError(404, { error: '404 Not Found' });

/** 405 for a kind of pagination that the list does not support (upstream.md §4). */
export const paginationNotAllowed = (error: string): ApiError => new ApiError(405, { error });

export const internalError = (): ApiError => messageError(500, '500 Internal Server Error');

/**
 * OAuth errors: 401 with a WWW-Authenticate header, or 403 with the required scopes (upstream.md
 * §8).
 */
export function oauthError(error: 'invalid_token' | 'insufficient_scope', description: string) {
  const body = { error, error_description: description };
  if (error === 'insufficient_scope') return new ApiError(403, { ...body, scope: 'api read_api' });
  const challenge = `Bearer realm="Protected by OAuth 2.0", error="${error}", error_description="${description}"`;
  return new ApiError(401, body, { 'WWW-Authenticate': challenge });
}

/** 403 for a fine-grained token without the permission (upstream.md §8). */
export function insufficientPermission(permission: string): ApiError {
  return new ApiError(403, {
    error: 'insufficient_granular_scope',
    error_description: `Access denied: This operation requires a fine-grained personal access token with the following project permissions: [${permission}].`,
  });
}

/** 429 of GitLab's application rate limiter. Its `message` is an object (upstream.md §5.2). */
export function tooManyRequests(): ApiError {
  const error = 'This endpoint has been requested too many times. Try again later.';
  return new ApiError(429, { message: { error } });
}

/** 429 of the throttle of the whole API: plain text with rate limit headers (upstream.md §5.1). */
export function throttled(headers: Headers, retryAfterSeconds: number): ApiError {
  const retryAfter = { 'Retry-After': String(retryAfterSeconds) };
  return new ApiError(429, 'Retry later\n', { ...headers, ...retryAfter });
}

/** 409 for a write that conflicts with a concurrent write. */
export const resourceLock = (): ApiError => messageError(409, '409 Conflict: Resource lock');

/** Encodes a handler's response. The media type of a log has no charset (upstream.md §7). */
export function encodeResponse(response: ApiResponse): HttpResponse {
  const body = response.bytes ?? Buffer.from(JSON.stringify(response.json));
  const type = response.bytes === undefined ? 'application/json' : 'text/plain';
  return { status: response.status, headers: { 'Content-Type': type, ...response.headers }, body };
}

export function encodeError({ status, body, headers }: ApiError): HttpResponse {
  const isText = typeof body === 'string';
  const type = isText ? 'text/plain' : 'application/json';
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  return { status, headers: { 'Content-Type': type, ...headers }, body: bytes };
}

/** An HTML page, which GitLab sends for every path outside the API. */
export function htmlPage(status: number, title: string): HttpResponse {
  const html = `<!DOCTYPE html>\n<title>${title}</title>\n<h1>${title}</h1>\n`;
  const headers = { 'Content-Type': 'text/html; charset=utf-8' };
  return { status, headers, body: Buffer.from(html) };
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function base32(value: number, length: number): string {
  const digits = Array.from(value.toString(32), (digit) => crockford[Number.parseInt(digit, 32)]);
  return digits.join('').padStart(length, '0');
}

/** Returns a request id like a ULID, made of the time and a serial number. */
export const requestId = (now: number, serial: number) => base32(now, 10) + base32(serial, 16);

/** Headers of every response (upstream.md §6). */
export function commonHeaders(id: string): Headers {
  return {
    Vary: 'Origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'SAMEORIGIN',
    'X-Gitlab-Meta': JSON.stringify({ correlation_id: id, version: '1' }),
    'X-Request-Id': id,
    'X-Runtime': '0.041872',
    'Strict-Transport-Security': 'max-age=63072000',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
  };
}

/**
 * Adds a weak ETag of the body. Returns 304 if the request contains that ETag (Rack, upstream.md
 * §6).
 */
function withEtag(
  response: HttpResponse,
  method: string,
  requestHeaders: IncomingHttpHeaders,
): HttpResponse {
  const { status, body } = response;
  if ((status !== 200 && status !== 201) || body.length === 0) {
    return { ...response, headers: { 'Cache-Control': 'no-cache', ...response.headers } };
  }
  const etag = `W/"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`;
  const headers: Record<string, string> = {
    ...response.headers,
    ETag: etag,
    'Cache-Control': 'max-age=0, private, must-revalidate',
  };
  const isRead = method === 'GET' || method === 'HEAD';
  const isUnchanged = isRead && status === 200 && requestHeaders['if-none-match'] === etag;
  if (!isUnchanged) return { ...response, headers };
  const { 'Content-Type': _, ...rest } = headers;
  return { status: 304, headers: rest, body: Buffer.alloc(0) };
}

const gzipMinBytes = 1_024;

/** Compresses the body like nginx, if the request accepts gzip (upstream.md §6). */
function compressed(response: HttpResponse, requestHeaders: IncomingHttpHeaders): HttpResponse {
  const accepts = /\bgzip\b/.test(String(requestHeaders['accept-encoding'] ?? ''));
  if (!accepts || response.body.length < gzipMinBytes) return response;
  const headers = {
    ...response.headers,
    'Content-Encoding': 'gzip',
    Vary: `${response.headers['Vary']}, Accept-Encoding`,
  };
  return { ...response, headers, body: gzipSync(response.body) };
}

export function finalizeResponse(
  response: HttpResponse,
  request: { readonly method: string; readonly headers: IncomingHttpHeaders },
  common: Headers,
): HttpResponse {
  const { method, headers } = request;
  const full = { ...response, headers: { ...common, ...response.headers } };
  const final = compressed(withEtag(full, method, headers), headers);
  if (final.status === 304) return final;
  const length = String(final.body.length);
  return { ...final, headers: { ...final.headers, 'Content-Length': length } };
}
