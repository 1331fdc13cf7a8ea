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

/** Longer texts are cut: an error is not a place for documents. */
const MAX_LENGTH = 500;

function cut(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > MAX_LENGTH ? `${trimmed.slice(0, MAX_LENGTH)}…` : trimmed;
}

/** `message` may be a text, a list, `{"error": …}`, or a field's complaints: `{"base": ["…"]}`. */
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

/** What an error's body says. */
export interface ErrorBody {
  /** GitLab's words; undefined where there are none or where it is a web page, which is never quoted. */
  readonly message: string | undefined;
  /** Whether it is the router's answer for a path it does not know. */
  readonly noSuchRoute: boolean;
}

/** Reads every shape of error body that GitLab and what stands before it send (upstream.md §1.2). */
export function readErrorBody(text: string): ErrorBody {
  const body = parseObject(text);
  if (!body) {
    const isPage = /^\s*[<{]/.test(text);
    return { message: isPage ? undefined : cut(text) || undefined, noSuchRoute: false };
  }
  const { message, error, error_description: description } = body;
  const said = flatten(message) || [error, description].map(flatten).filter(Boolean).join(': ');
  return { message: cut(said) || undefined, noSuchRoute: error === '404 Not Found' };
}

/** An answer's refusal as an error; a redirect that was not followed is no usable answer. */
function toAnswerError(call: Call, answer: RawResponse, now: number): GitlabError {
  const { status } = answer;
  const origin = originOf(call, answer);
  if (status < 400) return new GitlabResponseError(`unexpected status ${status}`, answer, origin);
  const { message: gitlabMessage, noSuchRoute } = readErrorBody(answer.body.toString());
  const retryAfterSeconds = readRetryAfter(answer.headers, now);
  if (status === 429) return new GitlabRateLimitError({ retryAfterSeconds, gitlabMessage }, origin);
  return new GitlabStatusError({ status, gitlabMessage, noSuchRoute, retryAfterSeconds }, origin);
}

/**
 * The kept answer with the headers that came now: 304 says that the body is the same, no more. GitLab's has all that
 * there are, so what is missing is gone, such as the Link to a next page; a proxy may strip it of all but a few.
 */
function fromCache(
  call: Call,
  kept: CachedResponse,
  now: ResponseHead['headers'],
): GitlabResponse<unknown> {
  const isWhole = now['x-request-id'] !== undefined;
  const headers = isWhole ? now : { ...kept.head.headers, ...now };
  const head = { status: kept.head.status, headers };
  return { status: head.status, headers: head.headers, value: kept.complete(head, call) };
}

/**
 * From exchanges to usable answers: reads those of success as the call wants them, and throws
 * GitlabError for all others. What was read before is asked for with its ETag, and on 304 nothing is
 * parsed again (upstream.md §6).
 */
export function createConditionalRead(
  exchange: Exchange,
  deps: { clock: Clock; etags: EtagCache },
): Send {
  const { clock, etags } = deps;
  return async (call) => {
    const kept = etags.get(call);
    if (call.method === 'POST') etags.invalidateProject(call);
    const answer = await exchange(kept ? { ...call, ifNoneMatch: kept.etag } : call);
    const { status, headers } = answer;
    if (kept && status === 304) return fromCache(call, kept, headers);
    if (status < 200 || status >= 300) throw toAnswerError(call, answer, clock.now());
    const head = { status, headers };
    const complete = call.read(answer, call);
    etags.put(call, { head, complete, bytes: answer.body.length });
    return { status, headers, value: complete(head, call) };
  };
}
