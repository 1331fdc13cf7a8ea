import type { Readable } from 'node:stream';
import type { Credential } from './credential.ts';
import type { Endpoint } from './endpoint.ts';
import type { ErrorOrigin } from './errors.ts';
import { type Headers, headerOf } from './transport/headers.ts';

/** Counts the calls of one operation, for `extensions.upstream` of its response. */
export interface RequestCounter {
  /** Exchanges with GitLab, including retries and 304 responses. */
  calls: number;
  /** Requests that received the response of an equal request. */
  coalesced: number;
  /** The part of `calls` that returned 304. */
  notModified: number;
  requestIds?: string[];
}

/** Limits the calls of an operation. Retries are not counted. */
export interface CallBudget {
  readonly max: number;
  left: number;
  /** Number of calls so far that had a usable response. @default 0 */
  answered?: number;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: Headers;
}

/**
 * Builds the result of a call: adds values of the response headers, such as the cursors of a page,
 * to the parsed body. From the first 304 on, the function is cached with the ETag and called for
 * each 304. The headers may differ each time, because GitLab computes the ETag from the body alone.
 */
export type BuildResult<T> = (head: ResponseHead, call: Call) => T;

/** Parses the body of a 2xx response; throws GitlabError if it is not what was requested. */
export type Read<T> = (response: RawResponse, call: Call) => BuildResult<T>;

export interface UpstreamRequest<T> {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly endpoint: Endpoint;
  /** Includes the question mark, or is empty. Never contains a token. */
  readonly query: string;
  readonly body?: string | undefined;
  readonly credential: Credential;
  readonly read: Read<T>;
  readonly signal?: AbortSignal | undefined;
  readonly counter?: RequestCounter | undefined;
  /** W3C trace context headers to forward: traceparent, tracestate. */
  readonly traceContext?: Readonly<Record<string, string>> | undefined;
  /**
   * What the body must be. A log is recognized by its media type alone. A file may have any media
   * type, and GitLab may redirect its download. @default 'json'
   */
  readonly expects?: 'json' | 'log' | 'file' | undefined;
  /** Whether to return the body as a stream. */
  readonly streaming?: boolean | undefined;
  /** Whether the response may be cached for revalidation. @default true for GET */
  readonly keep?: boolean | undefined;
  /** The caller passes in this object. The transport records the progress of the call in it. */
  readonly progress?: CallProgress | undefined;
}

/** The progress of a running call. Only the code that performs the HTTP exchange changes it. */
export interface CallProgress {
  /** Whether anything may have reached GitLab. */
  sent: boolean;
}

/** A request with the state that the layers of the transport share. */
export interface Call extends UpstreamRequest<unknown> {
  /** Aborts the call with the caller's reason or a GitlabTimeoutError. */
  readonly signal: AbortSignal;
  /** In ms since 1970. */
  readonly deadlineAt: number;
  readonly progress: CallProgress;
  /**
   * The ETag of the cached response, set before each exchange. It is set on the call itself,
   * because adding a member to a copy takes V8 microseconds.
   */
  ifNoneMatch?: string | undefined;
}

/** A response of any status, with its body decompressed. */
export interface RawResponse extends ResponseHead {
  readonly body: Buffer;
  /** Replaces `body` in a 2xx response to a streaming call. */
  readonly stream?: Readable;
}

export interface GitlabResponse<T> extends ResponseHead {
  readonly value: T;
}

/**
 * Performs one HTTP exchange. Resolves for every status. Rejects if there is no response or its
 * body is not usable. Layers that wrap an exchange may also reject with another GitlabError.
 */
export type Exchange = (call: Call) => Promise<RawResponse>;
/** Sends a call. Rejects with GitlabError, or with the reason of the call's signal. */
export type Send = (call: Call) => Promise<GitlabResponse<unknown>>;
/** Starts a call and sets its deadline. `controller`, if given, aborts the call. */
export type Start = (
  request: UpstreamRequest<unknown>,
  controller?: AbortController,
) => Promise<GitlabResponse<unknown>>;

/**
 * The outcome of one exchange, or of a request that shares the response of another one. Serves
 * metrics, and contains no data of the caller.
 */
export interface CallEvent {
  readonly template: string;
  readonly method: string;
  /** Undefined if there was no response, or if the call shared the response of another call. */
  readonly status: number | undefined;
  readonly durationMs: number;
  /** `left`: the caller canceled the call, so the outcome shows nothing about GitLab. */
  readonly outcome: 'call' | 'coalesced' | 'not-modified' | 'left';
}

export function originOf(
  call: Call,
  response?: { headers: Headers },
  cause?: unknown,
): ErrorOrigin {
  return {
    method: call.method,
    path: call.endpoint.path,
    requestId: response && headerOf(response.headers, 'x-request-id'),
    redact: call.credential.headers.redact,
    cause,
  };
}
