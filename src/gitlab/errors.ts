import { type Redact, redactPatterns, toSafeCause } from '../util/redact.ts';

export type GitlabErrorCode =
  | 'GITLAB_STATUS'
  | 'GITLAB_NETWORK'
  | 'GITLAB_TIMEOUT'
  | 'GITLAB_RATE_LIMIT'
  | 'GITLAB_RESPONSE'
  | 'GITLAB_MISROUTED'
  | 'GITLAB_CALL_BUDGET';

/** The call that failed. `redact` removes the secrets of the call from the error's texts. */
export interface ErrorOrigin {
  readonly method: string;
  /** The path below /api/v4, without its query. */
  readonly path: string;
  readonly requestId?: string | undefined;
  readonly redact?: Redact | undefined;
  readonly cause?: unknown;
}

/** Thrown if a call to GitLab has no usable response. Its texts never contain tokens. */
export abstract class GitlabError extends Error {
  abstract readonly code: GitlabErrorCode;
  /** What went wrong, without the method and path. */
  readonly detail: string;
  readonly method: string;
  readonly path: string;
  readonly requestId: string | undefined;

  constructor(message: string, origin: ErrorOrigin) {
    const redact = origin.redact ?? redactPatterns;
    super(redact(`${message} (${origin.method} ${origin.path})`));
    this.detail = redact(message);
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
  /**
   * GitLab's message (upstream.md §1.2). Undefined if the body has none, for example because it is
   * a web page.
   */
  readonly gitlabMessage: string | undefined;
  /**
   * The wait that GitLab requests, for example in maintenance mode. Null if GitLab requests none.
   */
  readonly retryAfterSeconds: number | null;

  constructor(
    response: {
      status: number;
      gitlabMessage?: string | undefined;
      retryAfterSeconds?: number | null;
    },
    origin: ErrorOrigin,
  ) {
    const gitlabMessage = redactMessage(response, origin);
    super(`GitLab answered ${response.status}${gitlabMessage ? `: ${gitlabMessage}` : ''}`, origin);
    this.status = response.status;
    this.gitlabMessage = gitlabMessage;
    this.retryAfterSeconds = response.retryAfterSeconds ?? null;
  }
}

export class GitlabNetworkError extends GitlabError {
  override readonly name = 'GitlabNetworkError';
  readonly code = 'GITLAB_NETWORK';
  /**
   * Whether the request may have reached GitLab. False if the connection was refused, the host is
   * unknown, or the request was not sent.
   */
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
  /** Whether the request may have reached GitLab. */
  readonly sent: boolean;

  constructor(options: { phase: TimeoutPhase; sent: boolean }, origin: ErrorOrigin) {
    super(`GitLab did not answer in time (${options.phase})`, origin);
    this.phase = options.phase;
    this.sent = options.sent;
  }
}

/**
 * GitLab refused the call because of a rate limit, or the gateway did not send the call because
 * GitLab would have refused it.
 */
export class GitlabRateLimitError extends GitlabError {
  override readonly name = 'GitlabRateLimitError';
  readonly code = 'GITLAB_RATE_LIMIT';
  readonly status = 429;
  /** Null if GitLab did not send a time. */
  readonly retryAfterSeconds: number | null;
  readonly gitlabMessage: string | undefined;
  /** Whether the limit applies to all calls (upstream.md §5.1), not only to one endpoint (§5.2). */
  readonly limitsAllCalls: boolean;

  constructor(
    response: {
      retryAfterSeconds: number | null;
      gitlabMessage?: string | undefined;
      limitsAllCalls: boolean;
    },
    origin: ErrorOrigin,
  ) {
    const gitlabMessage = redactMessage(response, origin);
    super(gitlabMessage || 'GitLab limits the rate of calls', origin);
    this.retryAfterSeconds = response.retryAfterSeconds;
    this.gitlabMessage = gitlabMessage;
    this.limitsAllCalls = response.limitsAllCalls;
  }
}

/**
 * Thrown if GitLab's response is not usable. For example, it is too long, cannot be decompressed,
 * has broken JSON or a wrong shape, or contains a row that was not requested.
 */
export class GitlabResponseError extends GitlabError {
  override readonly name = 'GitlabResponseError';
  readonly code = 'GITLAB_RESPONSE';
  readonly status: number;
  /**
   * Whether GitLab ignored the cursor of the request, so that the rows do not follow the cursor.
   */
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

/**
 * Thrown if the call did not reach the intended endpoint of GitLab's API, and therefore had no
 * effect. Possible causes:
 * - Another server answered, or the response is a redirect.
 * - GitLab's router has no such route (upstream.md §1.6).
 * - A proxy removed the query (§4.1).
 * - The storage to which GitLab redirects a download fails (§12).
 */
export class GitlabMisroutedError extends GitlabError {
  override readonly name = 'GitlabMisroutedError';
  readonly code = 'GITLAB_MISROUTED';
  readonly status: number;
  /**
   * Whether GitLab's router does not know the path: the server does not have the endpoint, or a
   * proxy changed the path.
   */
  readonly noSuchRoute: boolean;
  /** The address that a redirect names, for logs. Undefined for other responses. */
  readonly redirectsTo: string | undefined;

  /** `reason` is a sentence for clients. It contains no internal address. */
  constructor(
    reason: string,
    response: { status: number; noSuchRoute?: boolean; redirectsTo?: string | undefined },
    origin: ErrorOrigin,
  ) {
    super(reason, origin);
    const redact = origin.redact ?? redactPatterns;
    this.status = response.status;
    this.noSuchRoute = response.noSuchRoute ?? false;
    this.redirectsTo = response.redirectsTo && redact(response.redirectsTo);
  }
}

/** Thrown if the operation has used up its call budget. The call was not sent. */
export class GitlabCallBudgetError extends GitlabError {
  override readonly name = 'GitlabCallBudgetError';
  readonly code = 'GITLAB_CALL_BUDGET';
  readonly max: number;

  constructor(max: number, origin: ErrorOrigin) {
    super(`An operation may make at most ${max} calls`, origin);
    this.max = max;
  }
}

/** Whether the error is about a call to GitLab, as opposed to a bug in the gateway. */
export const isGitlabError = (error: unknown): error is GitlabError => error instanceof GitlabError;

function hasStatus(error: unknown, status: number): error is GitlabStatusError {
  return error instanceof GitlabStatusError && error.status === status;
}

/**
 * Whether GitLab itself answered 404: the resource does not exist, or the caller may not see it. A
 * 404 of GitLab's router or of another server is a GitlabMisroutedError instead.
 */
export const isNotFound = (error: unknown): error is GitlabStatusError => hasStatus(error, 404);

/** Whether GitLab refuses the request of this caller, or hides the resource: 401, 403 or 404. */
export const isRefusal = (error: unknown): error is GitlabStatusError =>
  [401, 403, 404].some((status) => hasStatus(error, status));

/** Waits for a read. Resolves with null instead of rejecting if GitLab itself answered 404. */
export async function nullIfNotFound<Value>(reading: Promise<Value>): Promise<Value | null> {
  try {
    return await reading;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** Whether GitLab rejected the credential. */
export const isUnauthenticated = (error: unknown): error is GitlabStatusError =>
  hasStatus(error, 401);

/**
 * Whether the error concerns only one read, so that reads of other projects may succeed. False for
 * a rejected credential, a used-up call budget, and bugs.
 */
export const isFailureOfOneRead = (error: unknown): error is GitlabError =>
  isGitlabError(error) && !isUnauthenticated(error) && !(error instanceof GitlabCallBudgetError);

/**
 * Whether the error shows that keyset pages do not work, so that offset pages are needed. GitLab
 * before 15.9 does not support keyset pagination (upstream.md §4.2). Later versions may ignore the
 * cursors that the gateway builds, because their format is undocumented.
 */
export function isKeysetUnsupported(
  error: unknown,
): error is GitlabStatusError | GitlabResponseError {
  if (error instanceof GitlabResponseError) return error.cursorIgnored;
  return hasStatus(error, 405) && /keyset pagination is not/i.test(error.gitlabMessage ?? '');
}

/**
 * Whether the error shows that the server lacks a feature: keyset pages, the cursors that the
 * gateway builds, or an endpoint.
 */
export function isCapabilityError(error: unknown): boolean {
  return isKeysetUnsupported(error) || isMissingRoute(error);
}

/**
 * Whether GitLab's router does not know the path, as on a server whose version lacks the endpoint.
 */
export function isMissingRoute(error: unknown): boolean {
  return error instanceof GitlabMisroutedError && error.noSuchRoute;
}

/**
 * Whether GitLab refused a list because its version does not know a status in the filter
 * (upstream.md §3.9). The filter is `scope` for jobs and `status` for pipelines.
 */
export function isUnknownStatus(error: unknown): error is GitlabStatusError {
  return hasStatus(error, 400) && /^(scope|status) does not have/i.test(error.gitlabMessage ?? '');
}

/**
 * Returns what went wrong, for operators. Unlike `detail`, the text may contain an internal
 * address.
 */
export function causeOf(error: GitlabError): string {
  const target = error instanceof GitlabMisroutedError ? error.redirectsTo : undefined;
  if (!target || error.detail.includes(target)) return error.detail;
  return `${error.detail} The redirect names ${target}.`;
}

/**
 * Whether the error shows that something is wrong between the gateway and GitLab: no response, an
 * unusable response, a response of another server, or a status of 502 and above. False, for
 * example, for a rate limit, an ignored cursor, and a deadline that passes in the gateway's own
 * queues.
 */
export function isConnectionProblem(error: GitlabError): boolean {
  const isUnusable = error instanceof GitlabResponseError && !error.cursorIgnored;
  return isOutage(error) || error instanceof GitlabMisroutedError || isUnusable;
}

/** Whether the deadline passed while the call waited in the gateway's own queues. */
const isQueueTimeout = ({ phase, sent }: GitlabTimeoutError): boolean => phase === 'total' && !sent;

/**
 * Whether the error shows that GitLab is down or overloaded: no response, or a status of 502 and
 * above. A deadline that passes in the gateway's own queues does not count.
 */
export function isOutage(error: unknown): boolean {
  if (error instanceof GitlabStatusError) return error.status > 501;
  if (error instanceof GitlabTimeoutError) return !isQueueTimeout(error);
  return error instanceof GitlabNetworkError;
}

/** Whether a write that failed with this error may have taken effect. */
export function mayHaveHappened(error: GitlabError): boolean {
  if (error instanceof GitlabNetworkError || error instanceof GitlabTimeoutError) return error.sent;
  if (error instanceof GitlabResponseError) return true;
  return error instanceof GitlabStatusError && error.status >= 500 && error.status !== 503;
}
