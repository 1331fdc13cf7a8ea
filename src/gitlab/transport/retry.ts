import { type Clock, sleep } from '../../util/clock.ts';
import { GitlabNetworkError, GitlabRateLimitError, GitlabStatusError } from '../errors.ts';
import type { Call, Send } from '../request.ts';

/*
 * Whether a failed call is made again, and after how long. GitLab has no idempotent writes (a retry
 * makes a new job each time), so only reads are repeated, and of those only what failed before or
 * beside the work: not 500, 504 or a timeout, where a repetition doubles the load.
 */

/** @default three attempts in all */
export const MAX_RETRIES = 2;
const BASE_DELAY_MS = 200;
const MAX_BACKOFF_MS = 2_000;
/** A longer wait that GitLab asks for is the caller's to sit out. */
const MAX_ASKED_DELAY_MS = 10_000;

/** One failed attempt. */
export interface Failure {
  readonly method: string;
  /** How many attempts were made before this one. */
  readonly attempt: number;
  readonly error: unknown;
  /** Until the call's deadline. */
  readonly remainingMs: number;
}

function isRepeatable(error: unknown): boolean {
  if (error instanceof GitlabStatusError) return error.status === 502 || error.status === 503;
  return error instanceof GitlabNetworkError || error instanceof GitlabRateLimitError;
}

/** What the server asks for; undefined where it asks nothing, so that we choose. A 429 without a time is too long. */
function askedDelayMs(error: unknown): number | undefined {
  const asks = error instanceof GitlabStatusError || error instanceof GitlabRateLimitError;
  if (!asks) return undefined;
  if (error.retryAfterSeconds !== null) return error.retryAfterSeconds * 1000;
  return error instanceof GitlabRateLimitError ? Number.POSITIVE_INFINITY : undefined;
}

/**
 * How long to wait before the next attempt, in ms; undefined for none. `random` is 0 to 1: full
 * jitter, so that callers who failed together do not come back together.
 */
export function retryDelayMs(failure: Failure, random: number): number | undefined {
  const { method, attempt, error, remainingMs } = failure;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if (attempt >= MAX_RETRIES || !isRepeatable(error)) return undefined;
  const backoff = random * Math.min(MAX_BACKOFF_MS, BASE_DELAY_MS * 2 ** attempt);
  const asked = askedDelayMs(error);
  if (asked !== undefined && asked > MAX_ASKED_DELAY_MS) return undefined;
  const delay = asked === undefined ? backoff : asked + backoff;
  return delay < remainingMs ? delay : undefined;
}

/** How many retries a calm hour saves up, and what share of the calls may be retries in a bad one. */
const MAX_SAVED = 20;
const SHARE = 0.1;

/** Keeps retries to a share of the calls: a GitLab in trouble must not get three times its load. */
export interface RetryBudget {
  /** Every first attempt earns a little. */
  recordAttempt(): void;
  /** Takes one retry; false when none is left. */
  trySpend(): boolean;
}

/** Starts full. Shared by all callers of one server. */
export function createRetryBudget(): RetryBudget {
  let saved = MAX_SAVED;
  return {
    recordAttempt() {
      saved = Math.min(MAX_SAVED, saved + SHARE);
    },
    trySpend() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}

/** Repeats reads that failed, as retry.ts says and the budget allows. */
export function createRetry(
  send: Send,
  deps: { clock: Clock; random: () => number; budget: RetryBudget },
): Send {
  const { clock, random, budget } = deps;
  const pause = async (call: Call, error: unknown, attempt: number): Promise<void> => {
    const remainingMs = call.deadlineAt - clock.now();
    const delay = retryDelayMs({ method: call.method, attempt, error, remainingMs }, random());
    if (delay === undefined || !budget.trySpend()) throw error;
    await sleep(clock, delay, call.signal);
  };
  return async (call) => {
    budget.recordAttempt();
    for (let attempt = 0; ; attempt++) {
      try {
        return await send(call);
      } catch (error) {
        await pause(call, error, attempt);
      }
    }
  };
}
