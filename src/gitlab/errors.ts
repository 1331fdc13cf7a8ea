import { type Redact, redactPatterns, toSafeCause } from '../util/redact.ts';

export type GitlabErrorCode =
  | 'GITLAB_STATUS'
  | 'GITLAB_NETWORK'
  | 'GITLAB_TIMEOUT'
  | 'GITLAB_RATE_LIMIT'
  | 'GITLAB_RESPONSE'
  | 'GITLAB_CALL_BUDGET';

/** The call that failed. `redact` removes the caller's tokens from all texts. */
export interface ErrorOrigin {
  readonly method: string;
  /** The path below /api/v4, without its query. */
  readonly path: string;
  readonly requestId?: string | undefined;
  readonly redact?: Redact | undefined;
  readonly cause?: unknown;
}

/** A call to GitLab without a usable response. Its texts never contain tokens. */
export abstract class GitlabError extends Error {
  abstract readonly code: GitlabErrorCode;
  readonly method: string;
  readonly path: string;
  readonly requestId: string | undefined;

  constructor(message: string, origin: ErrorOrigin) {
    const redact = origin.redact ?? redactPatterns;
    super(redact(`${message} (${origin.method} ${origin.path})`));
    if (origin.cause !== undefined) this.cause = toSafeCause(origin.cause, redact);
    this.method = origin.method;
    this.path = redact(origin.path);
    this.requestId = origin.requestId;
  }
}

type WithMessage = { gitlabMessage?: string | undefined };

const redactMessage = ({ gitlabMessage }: WithMessage, { redact = redactPatterns }: ErrorOrigin) =>
  gitlabMessage && redact(gitlabMessage);

export class GitlabStatusError extends GitlabError {
  override readonly name = 'GitlabStatusError';
  readonly code = 'GITLAB_STATUS';
  readonly status: number;
  /** GitLab's message (upstream.md §1.2); undefined if there is none, or only a web page. */
  readonly gitlabMessage: string | undefined;
  /** Whether GitLab's router does not know the path: this server does not have the endpoint. */
  readonly noSuchRoute: boolean;
  /** The wait that GitLab asks for, for example in maintenance mode; null if it names none. */
  readonly retryAfterSeconds: number | null;

  constructor(
    response: {
      status: number;
      gitlabMessage?: string | undefined;
      noSuchRoute?: boolean;
      retryAfterSeconds?: number | null;
    },
    origin: ErrorOrigin,
  ) {
    const gitlabMessage = redactMessage(response, origin);
    super(`GitLab answered ${response.status}${gitlabMessage ? `: ${gitlabMessage}` : ''}`, origin);
    this.status = response.status;
    this.gitlabMessage = gitlabMessage;
    this.noSuchRoute = response.noSuchRoute ?? false;
    this.retryAfterSeconds = response.retryAfterSeconds ?? null;
  }
}

export class GitlabNetworkError extends GitlabError {
  override readonly name = 'GitlabNetworkError';
  readonly code = 'GITLAB_NETWORK';
  /** False only if nothing can have reached GitLab: refused, no such host, or not tried. */
  readonly sent: boolean;

  constructor(message: string, options: { sent: boolean }, origin: ErrorOrigin) {
    super(message, origin);
    this.sent = options.sent;
  }
}

/** The phase in which the timeout occurred; 'total' is the deadline of the whole call. */
export type TimeoutPhase = 'connect' | 'headers' | 'body' | 'total';

export class GitlabTimeoutError extends GitlabError {
  override readonly name = 'GitlabTimeoutError';
  readonly code = 'GITLAB_TIMEOUT';
  readonly phase: TimeoutPhase;
  /** False only if nothing can have reached GitLab. */
  readonly sent: boolean;

  constructor(options: { phase: TimeoutPhase; sent: boolean }, origin: ErrorOrigin) {
    super(`GitLab did not answer in time (${options.phase})`, origin);
    this.phase = options.phase;
    this.sent = options.sent;
  }
}

/**
 * GitLab refused the call because of a rate limit, or the gateway did not send it because GitLab
 * would.
 */
export class GitlabRateLimitError extends GitlabError {
  override readonly name = 'GitlabRateLimitError';
  readonly code = 'GITLAB_RATE_LIMIT';
  readonly status = 429;
  /** Null if GitLab names no time. */
  readonly retryAfterSeconds: number | null;
  readonly gitlabMessage: string | undefined;

  constructor(
    response: { retryAfterSeconds: number | null; gitlabMessage?: string | undefined },
    origin: ErrorOrigin,
  ) {
    const gitlabMessage = redactMessage(response, origin);
    super(gitlabMessage || 'GitLab limits the rate of calls', origin);
    this.retryAfterSeconds = response.retryAfterSeconds;
    this.gitlabMessage = gitlabMessage;
  }
}

/** The response violates the API's contract: HTML, broken JSON, a wrong shape, a redirect. */
export class GitlabResponseError extends GitlabError {
  override readonly name = 'GitlabResponseError';
  readonly code = 'GITLAB_RESPONSE';
  readonly status: number;
  /** Whether the page does not start where the cursor pointed. */
  readonly cursorIgnored: boolean;

  constructor(
    message: string,
    response: { status: number; cursorIgnored?: boolean },
    origin: ErrorOrigin,
  ) {
    super(`GitLab's response is not usable: ${message}`, origin);
    this.status = response.status;
    this.cursorIgnored = response.cursorIgnored ?? false;
  }
}

/** The operation has used up its call budget; the call was not sent. */
export class GitlabCallBudgetError extends GitlabError {
  override readonly name = 'GitlabCallBudgetError';
  readonly code = 'GITLAB_CALL_BUDGET';
  readonly max: number;

  constructor(max: number, origin: ErrorOrigin) {
    super(`An operation may make at most ${max} calls`, origin);
    this.max = max;
  }
}

/** Whether GitLab or the network failed, as opposed to a bug in the gateway. */
export const isGitlabError = (error: unknown): error is GitlabError => error instanceof GitlabError;

function hasStatus(error: unknown, status: number): error is GitlabStatusError {
  return error instanceof GitlabStatusError && error.status === status;
}

/** Whether the resource does not exist or is not visible to the caller, which look the same. */
export const isNotFound = (error: unknown): error is GitlabStatusError => hasStatus(error, 404);

/** Whether GitLab does not accept the credential. */
export const isUnauthenticated = (error: unknown): error is GitlabStatusError =>
  hasStatus(error, 401);

/**
 * Whether the server cannot serve a keyset page, so that offset pages are needed: it does not
 * support keyset pagination (before 15.9, upstream.md §4.2), or ignores the cursors built here.
 */
export function isKeysetUnsupported(
  error: unknown,
): error is GitlabStatusError | GitlabResponseError {
  if (error instanceof GitlabResponseError) return error.cursorIgnored;
  return hasStatus(error, 405) && /keyset pagination is not/i.test(error.gitlabMessage ?? '');
}

/**
 * Whether the error shows that the server lacks a feature. ServerCapabilities stores this, so that
 * it is detected only once.
 */
export function isCapabilityError(error: unknown): boolean {
  return isKeysetUnsupported(error) || (error instanceof GitlabStatusError && error.noSuchRoute);
}

/** Whether the server's version does not know a status in the filter (upstream.md §3.9). */
export function isUnknownScope(error: unknown): error is GitlabStatusError {
  return hasStatus(error, 400) && /^scope does not have/i.test(error.gitlabMessage ?? '');
}

/** Whether a write that failed with this error may have taken effect. */
export function mayHaveHappened(error: GitlabError): boolean {
  if (error instanceof GitlabNetworkError || error instanceof GitlabTimeoutError) return error.sent;
  if (error instanceof GitlabResponseError) return true;
  return error instanceof GitlabStatusError && error.status >= 500 && error.status !== 503;
}
