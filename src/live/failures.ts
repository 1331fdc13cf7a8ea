import {
  GitlabCallBudgetError,
  GitlabRateLimitError,
  GitlabStatusError,
  isGitlabError,
  isUnauthenticated,
} from '../gitlab/errors.ts';
import type { Clock } from '../util/clock.ts';

/*
 * Which errors end a subscription, and when a failed read is repeated. The rule is the same for the
 * reads of a poll and for those of a single subscriber, such as an earlier part of a log.
 */

const MAX_BACKOFF_MS = 60_000;
/** A subscription whose reads fail for this long ends with the error. */
const MAX_FAILING_MS = 300_000;
/** Applies to the reads before the first event: the client does not know yet whether it will get any. */
const MAX_FAILING_AT_START_MS = 10_000;

/** Consecutive failures of one kind of read. */
export type Failures = ReturnType<typeof createFailures>;

export interface FailuresOptions {
  clock: Clock;
  /** 0 to 1. */
  random: () => number;
  intervalMs: number;
  /** Whether a rejected credential may be replaced soon. @default false */
  isRenewable?: boolean;
}

/**
 * Returns the minimum wait before a retry, in ms; undefined if a retry cannot help: the caller may
 * not read it, it does not exist, it takes too many calls, or there is a bug.
 */
function retryAfterMs(error: unknown): number | undefined {
  // The time limit of a read.
  if (error instanceof DOMException && error.name === 'TimeoutError') return 0;
  if (!isGitlabError(error) || error instanceof GitlabCallBudgetError) return undefined;
  if (error instanceof GitlabRateLimitError) return (error.retryAfterSeconds ?? 0) * 1000;
  if (!(error instanceof GitlabStatusError)) return 0;
  return error.status >= 500 ? (error.retryAfterSeconds ?? 0) * 1000 : undefined;
}

/** Whether the same read may succeed later. */
export const isTransient = (error: unknown): boolean => retryAfterMs(error) !== undefined;

/** Creates the record of the failures in a row of one poll or subscriber. */
export function createFailures(options: FailuresOptions) {
  const { clock, random, intervalMs, isRenewable = false } = options;
  let count = 0;
  let failingSince = 0;
  let blockedUntil = 0;
  return {
    /**
     * Records a failure and returns the pause before the next attempt, in ms; undefined if the
     * subscription ends with the error. `isStart`: nothing has been read so far.
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
    /** Call after a success. */
    reset() {
      count = 0;
    },
    /** How long GitLab asked to wait, in ms from now; not positive if it did not. */
    blockedMs: () => blockedUntil - clock.now(),
  };
}
