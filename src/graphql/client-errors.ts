import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError } from 'graphql';
import {
  GitlabCallBudgetError,
  type GitlabError,
  type GitlabErrorCode,
  GitlabMisroutedError,
  GitlabRateLimitError,
  GitlabStatusError,
  isGitlabError,
} from '../gitlab/errors.ts';

/**
 * The `extensions.code` values for invalid input and for failed calls to GitLab
 * (docs/architecture.md, Errors).
 */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'OPERATION_TOO_COMPLEX'
  | 'UPSTREAM_UNAVAILABLE'
  | 'UPSTREAM_TIMEOUT';

/** Maximum characters of an input value in an error message. */
const MAX_QUOTE = 60;

/**
 * Formats an input value for an error message. Truncates a long text, and hides the content of a
 * list or object.
 */
export function quote(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'a list' : 'an object';
  }
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > MAX_QUOTE ? `${value.slice(0, MAX_QUOTE)}…` : value);
}

/**
 * Returns an error about invalid input. `refusal` is the error of the call, if GitLab rejected the
 * input.
 */
export function badUserInput(message: string, refusal?: GitlabError): GraphQLError {
  const upstream = refusal && { upstream: upstreamOf(refusal) };
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', ...upstream } });
}

/**
 * Maximum bytes of a text that becomes part of a URL, such as a ref. Percent-encoding makes the
 * text up to three times as long, and many servers accept URLs of at most 8 KiB.
 */
const MAX_TEXT_BYTES = 1024;

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Checks a text that becomes part of a URL, and returns it unchanged. Throws BAD_USER_INPUT if the
 * text is too long or has an unpaired surrogate. `what` is the name of the text in the error
 * message.
 */
export function checkUrlText(text: string, what: string): string {
  if (text.length > MAX_TEXT_BYTES || Buffer.byteLength(text) > MAX_TEXT_BYTES) {
    throw badUserInput(`${what} must have at most ${MAX_TEXT_BYTES} bytes.`);
  }
  if (!LONE_SURROGATE.test(text)) return text;
  throw badUserInput(`${what} must be valid Unicode text, without a surrogate that stands alone.`);
}

/** Returns a number argument. Throws BAD_USER_INPUT if it is not from `min` to `max`. */
export function checkRange(
  argument: string,
  value: number,
  { min = 1, max }: { min?: number; max: number },
): number {
  if (value >= min && value <= max) return value;
  throw badUserInput(`\`${argument}\` must be from ${min} to ${max}, not ${value}.`);
}

/** Returns an error about a missing or insufficient credential. */
export function unauthenticated(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } });
}

/** Returns an error about a call that GitLab refused. */
export function forbidden(message: string, refusal: GitlabError): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'FORBIDDEN', upstream: upstreamOf(refusal) },
  });
}

/**
 * Error codes by GitLab's HTTP status. Any other 4xx is BAD_USER_INPUT, and any other 5xx is
 * UPSTREAM_UNAVAILABLE.
 */
const byStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  429: 'RATE_LIMITED',
  504: 'UPSTREAM_TIMEOUT',
};

function codeOfStatus(error: GitlabError): ErrorCode {
  const status = error instanceof GitlabStatusError ? error.status : 500;
  return byStatus[status] ?? (status < 500 ? 'BAD_USER_INPUT' : 'UPSTREAM_UNAVAILABLE');
}

const codes = {
  GITLAB_STATUS: codeOfStatus,
  GITLAB_NETWORK: () => 'UPSTREAM_UNAVAILABLE',
  GITLAB_TIMEOUT: () => 'UPSTREAM_TIMEOUT',
  GITLAB_RATE_LIMIT: () => 'RATE_LIMITED',
  GITLAB_RESPONSE: () => 'UPSTREAM_UNAVAILABLE',
  GITLAB_MISROUTED: () => 'UPSTREAM_UNAVAILABLE',
  GITLAB_CALL_BUDGET: () => 'OPERATION_TOO_COMPLEX',
} satisfies Record<GitlabErrorCode, (error: GitlabError) => ErrorCode>;

const messages: Readonly<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'GitLab rejected the credential, or requires one.',
  FORBIDDEN: 'The credential does not permit this in GitLab.',
  NOT_FOUND: 'Not found, or not visible with this credential.',
  BAD_USER_INPUT: 'GitLab rejected the input of this request.',
  CONFLICT: 'GitLab is already changing this job. Read it again, then retry.',
  RATE_LIMITED: 'The rate limit of GitLab for this credential was exceeded. Wait, then retry.',
  OPERATION_TOO_COMPLEX:
    'The operation needs more calls to GitLab than are allowed. Select less, or take smaller pages.',
  UPSTREAM_UNAVAILABLE: 'GitLab is not available, or did not give a usable answer.',
  UPSTREAM_TIMEOUT: 'GitLab did not answer in time.',
};

/** The code, message and extensions that a client gets for a failed call. */
export interface ErrorView {
  code: ErrorCode;
  message: string;
  extensions: Record<string, unknown>;
}

function upstreamOf(error: GitlabError): Record<string, unknown> {
  const status = 'status' in error ? error.status : null;
  return { status, requestId: error.requestId ?? null };
}

/**
 * Returns the message that explains a failed call: GitLab's own message, or the reason why the call
 * did not reach GitLab's API. Undefined if there is neither; clients get a message from `messages`.
 */
function messageOf(error: GitlabError): string | undefined {
  if (error instanceof GitlabMisroutedError) return error.detail;
  const hasMessage = error instanceof GitlabStatusError || error instanceof GitlabRateLimitError;
  return hasMessage ? error.gitlabMessage : undefined;
}

/**
 * Returns the members of `extensions` that only some errors have. `retryAfter` is the wait in
 * seconds that GitLab asks for. It is null for a rate limit without a time.
 */
function detailsOf(error: GitlabError): Record<string, unknown> {
  if (error instanceof GitlabRateLimitError) return { retryAfter: error.retryAfterSeconds };
  const asksToWait = error instanceof GitlabStatusError && error.retryAfterSeconds !== null;
  if (asksToWait) return { retryAfter: error.retryAfterSeconds };
  return error instanceof GitlabCallBudgetError ? { limit: 'upstreamCalls', max: error.max } : {};
}

/**
 * Maps a failed call to what clients see. The message is GitLab's own if GitLab sent one.
 * `extensions.upstream` has the HTTP status and request id of the response. Both are null if there
 * was no response. But the status is 429 for a call that was not sent because of a rate limit.
 */
export function viewError(error: GitlabError): ErrorView {
  const code = codes[error.code](error);
  return {
    code,
    message: messageOf(error) || messages[code],
    extensions: { code, ...detailsOf(error), upstream: upstreamOf(error) },
  };
}

/**
 * A failed read that is reported in the response's `data`, because the rest of the data is usable.
 */
export interface FailureView {
  code: string;
  message: string;
  /** Seconds to wait; null if GitLab did not say. */
  retryAfter: number | null;
}

/**
 * Maps a failed read to what clients see in the response's `data`, or in the response to a
 * download. Such a read is not reported in `errors`.
 */
export function viewFailure(error: GitlabError): FailureView & { code: ErrorCode } {
  const { code, message, extensions } = viewError(error);
  return { code, message, retryAfter: (extensions['retryAfter'] as number | undefined) ?? null };
}

/** Copies an error with a new message. Path and locations stay. */
function reword(
  error: GraphQLError,
  message: string,
  changes: GraphQLErrorOptions = {},
): GraphQLError {
  const { nodes = null, source = null, positions = null, path = null } = error;
  const { originalError = null, extensions } = error;
  const same = { nodes, source, positions, path, originalError, extensions };
  return new GraphQLError(message, { ...same, ...changes });
}

/**
 * Maximum errors of a response, enough for one per row of the largest page of jobs. There is a
 * limit because serializing one error takes as long as serializing a hundred values.
 */
export const MAX_ERRORS = 500;

/**
 * Returns all errors if they are at most 500. Otherwise returns the first 500, and one error with
 * the number of omitted errors.
 */
export function capErrors(errors: readonly GraphQLError[]): readonly GraphQLError[] {
  if (errors.length <= MAX_ERRORS) return errors;
  const message = `${errors.length - MAX_ERRORS} more errors are left out.`;
  const last = new GraphQLError(message, { extensions: { code: 'TOO_MANY_ERRORS' } });
  return [...errors.slice(0, MAX_ERRORS), last];
}

/** Maximum characters of a message: graphql-js quotes the whole value of an invalid variable. */
const LONG_MESSAGE = 1_000;

function shorten(error: GraphQLError): GraphQLError {
  if (error.message.length <= LONG_MESSAGE) return error;
  return reword(error, `${error.message.slice(0, LONG_MESSAGE)}…`);
}

/** Returns the JSON of an error, without `extensions.http`, which only the HTTP server reads. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...json } = error.toJSON();
  const { http: _, ...shown } = extensions ?? {};
  return Object.keys(shown).length > 0 ? { ...json, extensions: shown } : json;
}

/**
 * Returns whether an error comes from an aborted call: the operation timed out, or the caller
 * disconnected.
 */
export function isEnded(error: unknown): boolean {
  return error instanceof DOMException && /^(Timeout|Abort)Error$/.test(error.name);
}

/**
 * Converts an error to what clients see:
 * - A GraphQLError stays, but a long message is shortened.
 * - A failed or aborted call gets a code and a message.
 * - Any other error is a bug: `report` receives the error, and clients get a general message.
 */
export function toClientError(error: unknown, report: (bug: unknown) => void): GraphQLError {
  const graphql =
    error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error });
  const cause = graphql.originalError;
  if (isGitlabError(cause)) {
    const { message, extensions } = viewError(cause);
    return reword(graphql, message, { extensions, originalError: null });
  }
  if (!cause || cause instanceof GraphQLError) return shorten(graphql);
  if (isEnded(cause)) {
    const code: ErrorCode = 'UPSTREAM_TIMEOUT';
    const extensions = { code, upstream: { status: null, requestId: null } };
    return reword(graphql, messages[code], { extensions, originalError: null });
  }
  report(cause);
  const extensions = { code: 'INTERNAL_SERVER_ERROR' };
  return reword(graphql, 'Internal error of the gateway.', { extensions, originalError: null });
}
