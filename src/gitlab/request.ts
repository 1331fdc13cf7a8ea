import type { Readable } from 'node:stream';
import type { Credential } from './credential.ts';
import type { Endpoint } from './endpoint.ts';
import type { ErrorOrigin } from './errors.ts';
import { type Headers, headerOf } from './transport/headers.ts';

/** Counts one operation's share of the calls, for its `extensions.upstream`. */
export interface RequestCounter {
  /** Exchanges with GitLab, repeated ones and those answered by 304 included. */
  calls: number;
  /** Answers shared with someone who had asked already. */
  coalesced: number;
  /** How many of `calls` were answered by 304: nothing new. */
  notModified: number;
  /** GitLab's ids of those exchanges. */
  requestIds?: string[];
}

/** How many calls an operation may still begin. Repeated attempts at one are not counted. */
export interface CallBudget {
  /** What there was at first. */
  readonly max: number;
  left: number;
}

/** An answer's status line and headers. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Headers;
}

/**
 * Completes what was read from a body with what stands in the headers, such as a page's neighbours. It
 * is kept with the ETag and used again when GitLab says that the body is the same, since a list's
 * headers may differ then all the same: its ETag is made from the body alone.
 */
export type BuildResult<T> = (head: ResponseHead, call: Call) => T;

/** Reads the body of an answer with a status of success; throws GitlabError if it is not what was asked for. */
export type Read<T> = (answer: RawResponse, call: Call) => BuildResult<T>;

/** What a caller asks of GitLab. */
export interface UpstreamRequest<T> {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly endpoint: Endpoint;
  /** With its question mark, or empty. Never holds a token. */
  readonly query: string;
  /** JSON, written. */
  readonly body?: string | undefined;
  readonly credential: Credential;
  readonly read: Read<T>;
  readonly signal?: AbortSignal | undefined;
  readonly counter?: RequestCounter | undefined;
  /** W3C trace context to pass on: traceparent, tracestate. */
  readonly traceContext?: Readonly<Record<string, string>> | undefined;
  /** Hands the body over as it comes instead of collecting it. */
  readonly streaming?: boolean | undefined;
  /** False for answers not worth keeping for If-None-Match. @default true for GET */
  readonly keep?: boolean | undefined;
}

/** A request on its way through the layers of the transport. */
export interface Call extends UpstreamRequest<unknown> {
  /** Ends the call: its reason is the caller's own, or a GitlabTimeoutError. */
  readonly signal: AbortSignal;
  /** When the whole call must be done, in ms since 1970. */
  readonly deadlineAt: number;
  /** Whether anything may have reached GitLab; set by the exchange. */
  readonly progress: { sent: boolean };
  readonly ifNoneMatch?: string | undefined;
}

/** What came over the wire, whatever its status; the body is decompressed. */
export interface RawResponse extends ResponseHead {
  readonly body: Buffer;
  /** Instead of `body`, for a streaming call with a status of success. */
  readonly stream?: Readable;
}

/** A usable answer. */
export interface GitlabResponse<T> extends ResponseHead {
  readonly value: T;
}

/** One exchange, whatever its outcome. Rejects only where no answer came. */
export type Exchange = (call: Call) => Promise<RawResponse>;
/** One call to its usable answer; rejects with GitlabError, or with the reason of the call's signal. */
export type Send = (call: Call) => Promise<GitlabResponse<unknown>>;
/** The same from the caller's side, before the call has a deadline. `controller` ends it, if there is one already. */
export type Start = (
  request: UpstreamRequest<unknown>,
  controller?: AbortController,
) => Promise<GitlabResponse<unknown>>;

/** What one exchange came to, for metrics. Holds nothing of the caller's. */
export interface CallEvent {
  readonly template: string;
  readonly method: string;
  /** Undefined where no answer came, or where another call's answer is shared. */
  readonly status: number | undefined;
  readonly durationMs: number;
  /** `left`: nobody waited for its answer any more, which says nothing about GitLab. */
  readonly outcome: 'call' | 'coalesced' | 'not-modified' | 'left';
}

/** Names a call in the errors it may end with. */
export function originOf(call: Call, answer?: { headers: Headers }, cause?: unknown): ErrorOrigin {
  return {
    method: call.method,
    path: call.endpoint.path,
    requestId: answer && headerOf(answer.headers, 'x-request-id'),
    redact: (text) => call.credential.headers.redact(text),
    cause,
  };
}
