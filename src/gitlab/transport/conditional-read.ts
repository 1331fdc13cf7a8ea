import type { Clock } from '../../util/clock.ts';
import {
  type GitlabError,
  GitlabRateLimitError,
  GitlabResponseError,
  GitlabStatusError,
} from '../errors.ts';
import {
  type Call,
  type Exchange,
  type GitlabResponse,
  originOf,
  type RawResponse,
  type ResponseHead,
  type Send,
} from '../request.ts';
import type { CachedResponse, EtagCache } from './etag-cache.ts';
import { readRetryAfter } from './headers.ts';

/**
 * Turns exchanges into usable responses: parses successful ones with the call's reader and throws
 * GitlabError for all others. Cached responses are revalidated with If-None-Match; on 304 nothing
 * is parsed again (upstream.md §6).
 */
export function createConditionalRead(
  exchange: Exchange,
  deps: { clock: Clock; etags: EtagCache },
): Send {
  const { clock, etags } = deps;
  return async (call) => {
    const cached = etags.get(call);
    if (call.method === 'POST') etags.invalidateProject(call);
    const response = await exchange(cached ? { ...call, ifNoneMatch: cached.etag } : call);
    const { status, headers } = response;
    if (cached && status === 304) return fromCache(call, cached, headers);
    if (status < 200 || status >= 300) throw toStatusError(call, response, clock.now());
    const head = { status, headers };
    const build = call.read(response, call);
    etags.put(call, { head, build, bytes: response.body.length });
    return { status, headers, value: build(head, call) };
  };
}

/**
 * Returns the cached body with the headers of the 304. GitLab's own 304 carries all headers: one
 * that is missing, such as the Link to the next page, no longer applies. A 304 without X-Request-Id
 * was stripped by a proxy, so the cached headers fill the gaps.
 */
function fromCache(
  call: Call,
  cached: CachedResponse,
  received: ResponseHead['headers'],
): GitlabResponse<unknown> {
  const isComplete = received['x-request-id'] !== undefined;
  const headers = isComplete ? received : { ...cached.head.headers, ...received };
  const head = { status: cached.head.status, headers };
  return { status: head.status, headers, value: cached.build(head, call) };
}

/** The error of a response that is not 2xx. A 3xx was not followed and is not usable. */
function toStatusError(call: Call, response: RawResponse, now: number): GitlabError {
  const { status } = response;
  const origin = originOf(call, response);
  if (status < 400) return new GitlabResponseError(`unexpected status ${status}`, response, origin);
  const { message: gitlabMessage, noSuchRoute } = readErrorBody(response.body.toString());
  const retryAfterSeconds = readRetryAfter(response.headers, now);
  if (status === 429) return new GitlabRateLimitError({ retryAfterSeconds, gitlabMessage }, origin);
  return new GitlabStatusError({ status, gitlabMessage, noSuchRoute, retryAfterSeconds }, origin);
}

/** Longest error message that is kept, in UTF-16 units. */
const MAX_LENGTH = 500;

/**
 * Reads every form of error body that GitLab and proxies in front of it send (upstream.md §1.2).
 * `message` is undefined if there is none, or only a web page, which is never quoted. `noSuchRoute`
 * says that the router does not know the path.
 */
export function readErrorBody(text: string): { message: string | undefined; noSuchRoute: boolean } {
  const body = parseObject(text);
  if (!body) {
    const isPage = /^\s*[<{]/.test(text);
    return { message: isPage ? undefined : truncate(text) || undefined, noSuchRoute: false };
  }
  const { message, error, error_description: description } = body;
  const joined = flatten(message) || [error, description].map(flatten).filter(Boolean).join(': ');
  return { message: truncate(joined) || undefined, noSuchRoute: error === '404 Not Found' };
}

function truncate(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > MAX_LENGTH ? `${trimmed.slice(0, MAX_LENGTH)}…` : trimmed;
}

/** Joins a `message`: a text, a list, `{"error": …}`, or errors by field: `{"base": ["…"]}`. */
function flatten(message: unknown): string {
  if (message === null || message === undefined) return '';
  if (Array.isArray(message)) return message.map(flatten).filter(Boolean).join(', ');
  if (typeof message !== 'object') return String(message);
  return Object.entries(message)
    .map(([key, value]) => (/^(?:base|error)$/.test(key) ? '' : `${key}: `) + flatten(value))
    .join('; ');
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
