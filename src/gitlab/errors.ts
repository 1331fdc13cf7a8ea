import { type Redact, redactPatterns, toSafeCause } from '../util/redact.ts';

/** What tells the kinds of failure apart; one class each. */
export type GitlabErrorCode =
  | 'GITLAB_STATUS'
  | 'GITLAB_NETWORK'
  | 'GITLAB_TIMEOUT'
  | 'GITLAB_RATE_LIMIT'
  | 'GITLAB_RESPONSE'
  | 'GITLAB_CALL_BUDGET';

/** Which call failed. `redact` takes the caller's tokens out of every text; the error does not keep it. */
export interface ErrorOrigin {
  readonly method: string;
  /** The path below /api/v4, without its query. */
  readonly path: string;
  readonly requestId?: string | undefined;
  readonly redact?: Redact | undefined;
  readonly cause?: unknown;
}

/** A call to GitLab that gave no usable answer. Its texts hold no token, whatever GitLab or the network said. */
export abstract class GitlabError extends Error {
  abstract readonly code: GitlabErrorCode;
  readonly method: string;
  readonly path: string;
  /** GitLab's X-Request-Id, where an answer came. */
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

/** GitLab answered with a status that says no. */
export class GitlabStatusError extends GitlabError {
  override readonly name = 'GitlabStatusError';
  readonly code = 'GITLAB_STATUS';
  readonly status: number;
  /** GitLab's own words (upstream.md §1.2); undefined where there are none, or only a web page. */
  readonly gitlabMessage: string | undefined;
  /** Whether the answer was the router's: such an endpoint does not exist on this server. */
  readonly noSuchRoute: boolean;
  /** How long GitLab asks to wait, as maintenance mode does; null where it does not say. */
  readonly retryAfterSeconds: number | null;

  constructor(
    answer: {
      status: number;
      gitlabMessage?: string | undefined;
      noSuchRoute?: boolean;
      retryAfterSeconds?: number | null;
    },
    origin: ErrorOrigin,
  ) {
    const gitlabMessage =
      answer.gitlabMessage && (origin.redact ?? redactPatterns)(answer.gitlabMessage);
    super(`GitLab answered ${answer.status}${gitlabMessage ? `: ${gitlabMessage}` : ''}`, origin);
    this.status = answer.status;
    this.gitlabMessage = gitlabMessage;
    this.noSuchRoute = answer.noSuchRoute ?? false;
    this.retryAfterSeconds = answer.retryAfterSeconds ?? null;
  }
}

/** No answer came. */
export class GitlabNetworkError extends GitlabError {
  override readonly name = 'GitlabNetworkError';
  readonly code = 'GITLAB_NETWORK';
  /** False only when surely nothing reached GitLab: refused, no such host, or not tried. */
  readonly sent: boolean;

  constructor(message: string, options: { sent: boolean }, origin: ErrorOrigin) {
    super(message, origin);
    this.sent = options.sent;
  }
}

/** What was being waited for when time ran out; 'total' is the deadline of the whole call. */
export type TimeoutPhase = 'connect' | 'headers' | 'body' | 'total';

/** No answer came in time. */
export class GitlabTimeoutError extends GitlabError {
  override readonly name = 'GitlabTimeoutError';
  readonly code = 'GITLAB_TIMEOUT';
  readonly phase: TimeoutPhase;
  /** False only when surely nothing reached GitLab. */
  readonly sent: boolean;

  constructor(options: { phase: TimeoutPhase; sent: boolean }, origin: ErrorOrigin) {
    super(`GitLab did not answer in time (${options.phase})`, origin);
    this.phase = options.phase;
    this.sent = options.sent;
  }
}

/** GitLab refuses more calls for now, or is known to. */
export class GitlabRateLimitError extends GitlabError {
  override readonly name = 'GitlabRateLimitError';
  readonly code = 'GITLAB_RATE_LIMIT';
  readonly status = 429;
  /** Null where GitLab names no time. */
  readonly retryAfterSeconds: number | null;
  readonly gitlabMessage: string | undefined;

  constructor(
    answer: { retryAfterSeconds: number | null; gitlabMessage?: string | undefined },
    origin: ErrorOrigin,
  ) {
    const gitlabMessage =
      answer.gitlabMessage && (origin.redact ?? redactPatterns)(answer.gitlabMessage);
    super(gitlabMessage || 'GitLab limits the rate of calls', origin);
    this.retryAfterSeconds = answer.retryAfterSeconds;
    this.gitlabMessage = gitlabMessage;
  }
}

/** An answer arrived but is not what the contract says: HTML, broken JSON, a wrong shape, a strange redirect. */
export class GitlabResponseError extends GitlabError {
  override readonly name = 'GitlabResponseError';
  readonly code = 'GITLAB_RESPONSE';
  readonly status: number;
  /** Whether what is wrong is a page that does not lie where the cursor pointed. */
  readonly cursorIgnored: boolean;

  constructor(
    message: string,
    answer: { status: number; cursorIgnored?: boolean },
    origin: ErrorOrigin,
  ) {
    super(`GitLab's answer is not usable: ${message}`, origin);
    this.status = answer.status;
    this.cursorIgnored = answer.cursorIgnored ?? false;
  }
}

/** The operation has made all the calls it may: this one was not begun. */
export class GitlabCallBudgetError extends GitlabError {
  override readonly name = 'GitlabCallBudgetError';
  readonly code = 'GITLAB_CALL_BUDGET';
  /** How many it may make. */
  readonly max: number;

  constructor(max: number, origin: ErrorOrigin) {
    super(`An operation may make ${max} calls`, origin);
    this.max = max;
  }
}

/** Whether this is GitLab's (or the network's) failure, not a bug of ours. */
export function isGitlabError(error: unknown): error is GitlabError {
  return error instanceof GitlabError;
}

function hasStatus(error: unknown, status: number): error is GitlabStatusError {
  return error instanceof GitlabStatusError && error.status === status;
}

/** Whether GitLab does not know the thing, or hides it from this caller: it does not tell them apart. */
export function isNotFound(error: unknown): error is GitlabStatusError {
  return hasStatus(error, 404);
}

/**
 * Whether the server does not page by key as we ask it to, so that offset pages must do: it has no
 * such thing (before 15.9, upstream.md §4.2), or does not understand the cursors built here.
 */
export function isKeysetUnsupported(
  error: unknown,
): error is GitlabStatusError | GitlabResponseError {
  if (error instanceof GitlabResponseError) return error.cursorIgnored;
  return hasStatus(error, 405) && /keyset pagination is not/i.test(error.gitlabMessage ?? '');
}

/** Whether a failure tells what this server cannot do: it is learned once, and not asked again. */
export function isCapabilityError(error: unknown): boolean {
  return isKeysetUnsupported(error) || (error instanceof GitlabStatusError && error.noSuchRoute);
}

/** Whether a list was filtered by a status that this server's version does not know (upstream.md §3.9). */
export function isUnknownScope(error: unknown): error is GitlabStatusError {
  return hasStatus(error, 400) && /^scope does not have/i.test(error.gitlabMessage ?? '');
}

/** Whether a call that failed so may nevertheless have taken effect. */
export function mayHaveHappened(error: GitlabError): boolean {
  if (error instanceof GitlabNetworkError || error instanceof GitlabTimeoutError) return error.sent;
  if (error instanceof GitlabResponseError) return true;
  return error instanceof GitlabStatusError && error.status >= 500 && error.status !== 503;
}
