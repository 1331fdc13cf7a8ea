import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Answer } from './exchange.ts';
import type { ApiFailure } from './failure.ts';
import type { Reply } from './faults.ts';

type Headers = Readonly<Record<string, string>>;

/** A handler's answer as bytes. A trace's media type has no charset (upstream.md §7). */
export function replyTo(answer: Answer): Reply {
  const body = answer.bytes ?? Buffer.from(JSON.stringify(answer.json));
  const type = answer.bytes === undefined ? 'application/json' : 'text/plain';
  return { status: answer.status, headers: { 'Content-Type': type, ...answer.headers }, body };
}

/** An error as bytes: JSON, or plain text where GitLab sends text. */
export function replyToFailure(failure: ApiFailure): Reply {
  const { status, body } = failure;
  const isText = typeof body === 'string';
  const type = isText ? 'text/plain' : 'application/json';
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  return { status, headers: { 'Content-Type': type, ...failure.headers }, body: bytes };
}

/** A page of HTML, as everything outside the API is. */
export function replyWithPage(status: number, title: string): Reply {
  const html = `<!DOCTYPE html>\n<title>${title}</title>\n<h1>${title}</h1>\n`;
  const headers = { 'Content-Type': 'text/html; charset=utf-8' };
  return { status, headers, body: Buffer.from(html) };
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function base32(value: number, length: number): string {
  let rest = value;
  let text = '';
  for (let at = 0; at < length; at += 1) {
    text = (crockford[rest % 32] ?? '0') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** A ULID-like id of a request: the time, then its number. */
export function requestId(now: number, serial: number): string {
  return base32(now, 10) + base32(serial, 16);
}

/** The headers that all of GitLab's answers have (§6). */
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

/** Rack's ETag and ConditionalGet: a weak digest of the body, and 304 for who knows it (§6). */
function conditional(reply: Reply, method: string, request: IncomingHttpHeaders): Reply {
  const isTagged = (reply.status === 200 || reply.status === 201) && reply.body.length > 0;
  if (!isTagged) {
    return { ...reply, headers: { 'Cache-Control': 'no-cache', ...reply.headers } };
  }
  const digest = createHash('sha256').update(reply.body).digest('hex').slice(0, 32);
  const tag = `W/"${digest}"`;
  const headers: Record<string, string> = {
    ...reply.headers,
    ETag: tag,
    'Cache-Control': 'max-age=0, private, must-revalidate',
  };
  const isRead = method === 'GET' || method === 'HEAD';
  const isKnown = isRead && reply.status === 200 && request['if-none-match'] === tag;
  if (!isKnown) return { ...reply, headers };
  const { 'Content-Type': _, ...rest } = headers;
  return { status: 304, headers: rest, body: Buffer.alloc(0) };
}

const gzipFrom = 1_024;

/** What nginx does for who accepts it (§6). */
function compressed(reply: Reply, request: IncomingHttpHeaders): Reply {
  const accepts = /\bgzip\b/.test(String(request['accept-encoding'] ?? ''));
  if (!accepts || reply.body.length < gzipFrom) return reply;
  const headers = {
    ...reply.headers,
    'Content-Encoding': 'gzip',
    Vary: `${reply.headers['Vary']}, Accept-Encoding`,
  };
  return { ...reply, headers, body: gzipSync(reply.body) };
}

/** An answer as it goes over the wire: common headers, ETag, compression, length. */
export function finishReply(
  reply: Reply,
  request: { readonly method: string; readonly headers: IncomingHttpHeaders },
  common: Headers,
): Reply {
  const whole = { ...reply, headers: { ...common, ...reply.headers } };
  const done = compressed(conditional(whole, request.method, request.headers), request.headers);
  if (done.status === 304) return done;
  const length = String(done.body.length);
  return { ...done, headers: { ...done.headers, 'Content-Length': length } };
}
