import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError } from 'graphql';
import {
  GitlabCallBudgetError,
  type GitlabError,
  type GitlabErrorCode,
  GitlabRateLimitError,
  GitlabResponseError,
  GitlabStatusError,
  isGitlabError,
} from '../gitlab/errors.ts';

/** The `extensions.code` values of this gateway (docs/architecture.md, Errors). */
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

/** An error about what the caller sent: it says what is wrong and what would be right. No upstream call was made for it. */
export function badUserInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

/** An error about a credential that is missing or not enough to begin with. */
export function unauthenticated(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } });
}

/** GitLab's statuses as codes; any other 4xx is the caller's, any other 5xx GitLab's. */
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
  GITLAB_CALL_BUDGET: () => 'OPERATION_TOO_COMPLEX',
} satisfies Record<GitlabErrorCode, (error: GitlabError) => ErrorCode>;

const messages: Readonly<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'GitLab does not accept this credential, or needs one.',
  FORBIDDEN: 'GitLab does not allow this with your credential.',
  NOT_FOUND: 'Not found, or hidden from your credential.',
  BAD_USER_INPUT: 'GitLab does not accept this request.',
  CONFLICT: 'GitLab is busy with this job. Read it again, then repeat.',
  RATE_LIMITED: 'GitLab limits how often your credential may ask. Wait, then repeat.',
  OPERATION_TOO_COMPLEX:
    'The operation needs more calls to GitLab than are allowed. Select less, or take smaller pages.',
  UPSTREAM_UNAVAILABLE: 'GitLab is not available, or did not give a usable answer.',
  UPSTREAM_TIMEOUT: 'GitLab did not answer in time.',
};

/** What a client sees of a failed call. */
export interface ErrorView {
  code: ErrorCode;
  message: string;
  extensions: Record<string, unknown>;
}

function upstreamOf(error: GitlabError): Record<string, unknown> {
  const hasStatus =
    error instanceof GitlabStatusError ||
    error instanceof GitlabRateLimitError ||
    error instanceof GitlabResponseError;
  return { status: hasStatus ? error.status : null, requestId: error.requestId ?? null };
}

function detailsOf(error: GitlabError): Record<string, unknown> {
  if (error instanceof GitlabRateLimitError) return { retryAfter: error.retryAfterSeconds };
  return error instanceof GitlabCallBudgetError ? { limit: 'upstreamCalls', max: error.max } : {};
}

/** Tells a failed call in a client's words: code, GitLab's own message where it has one, and `upstream`. */
export function viewError(error: GitlabError): ErrorView {
  const code = codes[error.code](error);
  const own =
    error instanceof GitlabStatusError || error instanceof GitlabRateLimitError
      ? error.gitlabMessage
      : undefined;
  return {
    code,
    message: own || messages[code],
    extensions: { code, ...detailsOf(error), upstream: upstreamOf(error) },
  };
}

/** Copies an error with another message; its path and locations stay. */
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

/** As many as the longest list has rows. More are of no use to anybody, and each takes the time of a hundred values. */
export const MAX_ERRORS = 500;

/** The errors that are told: all, or the first of very many, and how many there were besides. */
export function capErrors(errors: readonly GraphQLError[]): readonly GraphQLError[] {
  if (errors.length <= MAX_ERRORS) return errors;
  const message = `${errors.length - MAX_ERRORS} more errors are left out.`;
  const last = new GraphQLError(message, { extensions: { code: 'TOO_MANY_ERRORS' } });
  return [...errors.slice(0, MAX_ERRORS), last];
}

/** In characters. */
const LONG_MESSAGE = 1_000;

/** The same error with no more of its message than people read: those about variables tell a value whole, each. */
function shorten(error: GraphQLError): GraphQLError {
  if (error.message.length <= LONG_MESSAGE) return error;
  return reword(error, `${error.message.slice(0, LONG_MESSAGE)}…`);
}

/** An error as clients get it: what it tells HTTP is not for them. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...json } = error.toJSON();
  const { http: _, ...shown } = extensions ?? {};
  return Object.keys(shown).length > 0 ? { ...json, extensions: shown } : json;
}

/** Whether a read or write was ended by its operation's signal: time was over, or the caller left. */
export function isEnded(error: unknown): boolean {
  return error instanceof DOMException && /^(Timeout|Abort)Error$/.test(error.name);
}

/**
 * What leaves the gateway for an error: one made on purpose as it is, a failed call in a client's
 * words, and anything else, which is a bug of ours, masked.
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
