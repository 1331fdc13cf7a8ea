import {
  GitlabCallBudgetError,
  GitlabRateLimitError,
  GitlabStatusError,
  isGitlabError,
  isUnauthenticated,
} from '../gitlab/errors.ts';
import type { Clock } from '../util/clock.ts';

/*
 * Decides which errors end a subscription, and when a failed read is repeated. Applies to the reads
 * of a poll, and to reads for only one subscriber, such as an earlier part of a log.
 */

const MAX_BACKOFF_MS = 60_000;
/**
 * Maximum time during which reads may fail. After that, the subscription ends with the error. It
 * ends immediately if GitLab asks to wait longer than this.
 */
const MAX_FAILING_MS = 300_000;
/**
 * Maximum time during which reads may fail before the first successful read. It is short, because
 * the clients have not received anything yet.
 */
const MAX_FAILING_AT_START_MS = 10_000;

/** The consecutive failures of one poll or subscriber. */
export type Failures = ReturnType<typeof createFailures>;

export interface FailuresOptions {
  clock: Clock;
  /** Returns a number from 0 to 1. */
  random: () => number;
  intervalMs: number;
  /**
   * Whether a rejected credential may be replaced soon, such as the gateway's own token when its
   * file changes. @default false
   */
  isRenewable?: boolean;
}

/**
 * Returns the minimum wait before a retry, in ms. Undefined if a retry cannot help:
 * - GitLab refused the read with a status below 500 other than 429, such as 403 or 404.
 * - The read needs too many calls.
 * - The error was not caused by a call to GitLab (LiveCapacityError, or a bug of the gateway).
 */
export function retryAfterMs(error: unknown): number | undefined {
  // The error of a read that exceeded its time limit.
  if (error instanceof DOMException && error.name === 'TimeoutError') return 0;
  if (!isGitlabError(error) || error instanceof GitlabCallBudgetError) return undefined;
  if (error instanceof GitlabRateLimitError) return (error.retryAfterSeconds ?? 0) * 1000;
  if (!(error instanceof GitlabStatusError)) return 0;
  return error.status >= 500 ? (error.retryAfterSeconds ?? 0) * 1000 : undefined;
}

/** Whether a retry of the read may succeed. */
export const isTransient = (error: unknown): boolean => retryAfterMs(error) !== undefined;

/** Counts the consecutive failures of one poll or subscriber. */
export function createFailures(options: FailuresOptions) {
  const { clock, random, intervalMs, isRenewable = false } = options;
  let count = 0;
  let failingSince = 0;
  let blockedUntil = 0;
  return {
    /**
     * Records a failure and returns the pause before the next attempt, in ms. Undefined if the
     * subscription must end with the error. `isStart`: no read has succeeded yet.
     */
    record(error: unknown, { isStart = false }: { isStart?: boolean } = {}): number | undefined {
      const mayBeRenewed = isRenewable && !isStart && isUnauthenticated(error);
      const askedMs = mayBeRenewed ? 0 : (retryAfterMs(error) ?? Number.POSITIVE_INFINITY);
      const maxFailingMs = isStart ? MAX_FAILING_AT_START_MS : MAX_FAILING_MS;
      const now = clock.now();
      if (count === 0) failingSince = now;
      if (askedMs > maxFailingMs || now - failingSince >= maxFailingMs) return undefined;
      count += 1;
      blockedUntil = now + askedMs;
      const backoffMs = Math.min(MAX_BACKOFF_MS, intervalMs * 2 ** count);
      return Math.max(askedMs * (1 + 0.1 * random()), backoffMs * (0.8 + 0.4 * random()));
    },
    /** Forgets the failures. Call it after a successful read. */
    reset() {
      count = 0;
    },
    /**
     * Returns how long GitLab still asks to wait, in ms. Zero or negative if GitLab did not ask, or
     * if that time has passed.
     */
    blockedMs: () => blockedUntil - clock.now(),
  };
}
