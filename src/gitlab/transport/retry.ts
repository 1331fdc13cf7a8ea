import { type Clock, sleep } from '../../util/clock.ts';
import { GitlabNetworkError, GitlabRateLimitError, GitlabStatusError } from '../errors.ts';
import type { Call, Send } from '../request.ts';

/** Maximum number of retries: three attempts in all. */
const MAX_RETRIES = 2;
const BASE_DELAY_MS = 200;
const MAX_BACKOFF_MS = 2_000;
/**
 * Maximum wait that GitLab may request. If it requests a longer one, the call fails without a
 * retry.
 */
const MAX_ASKED_DELAY_MS = 10_000;

/** Retries failed reads as `retryDelayMs` decides and the budget allows. */
export function createRetry(
  send: Send,
  deps: { clock: Clock; random: () => number; budget: RetryBudget },
): Send {
  const { clock, random, budget } = deps;
  const waitOrThrow = async (call: Call, error: unknown, attempt: number): Promise<void> => {
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
        await waitOrThrow(call, error, attempt);
      }
    }
  };
}

interface FailedAttempt {
  readonly method: string;
  /** Counted from 0. */
  readonly attempt: number;
  readonly error: unknown;
  readonly remainingMs: number;
}

/**
 * Returns the delay before the next attempt, in ms; undefined for no retry. Only reads are retried:
 * if a write succeeded without a response, a second one would, for example, retry the job twice.
 * After 500, 504 or a timeout there is no retry, because GitLab may still be working on the call.
 * `random` (0 to 1) spreads the retries of calls that failed together.
 */
export function retryDelayMs(failed: FailedAttempt, random: number): number | undefined {
  const { method, attempt, error, remainingMs } = failed;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if (attempt >= MAX_RETRIES || !isRetryable(error)) return undefined;
  const backoff = random * Math.min(MAX_BACKOFF_MS, BASE_DELAY_MS * 2 ** attempt);
  const asked = askedDelayMs(error);
  if (asked !== undefined && asked > MAX_ASKED_DELAY_MS) return undefined;
  const delay = asked === undefined ? backoff : asked + backoff;
  return delay < remainingMs ? delay : undefined;
}

function isRetryable(error: unknown): boolean {
  if (error instanceof GitlabStatusError) return error.status === 502 || error.status === 503;
  return error instanceof GitlabNetworkError || error instanceof GitlabRateLimitError;
}

/**
 * Returns the wait that GitLab requests, in ms. Undefined if it requests none, infinite for a 429
 * that names no time.
 */
function askedDelayMs(error: unknown): number | undefined {
  const asks = error instanceof GitlabStatusError || error instanceof GitlabRateLimitError;
  if (!asks) return undefined;
  if (error.retryAfterSeconds !== null) return error.retryAfterSeconds * 1000;
  return error instanceof GitlabRateLimitError ? Number.POSITIVE_INFINITY : undefined;
}

const MAX_TOKENS = 20;
const TOKENS_PER_CALL = 0.1;

type RetryBudget = ReturnType<typeof createRetryBudget>;

/**
 * Retry budget, shared by all callers of one server: a bucket of at most 20 tokens. Each first
 * attempt adds 0.1 token, and each retry takes one. So a failing GitLab receives about a tenth more
 * calls, not three times as many.
 */
export function createRetryBudget() {
  let tokens = MAX_TOKENS;
  return {
    /** Adds the tokens of a first attempt. */
    recordAttempt() {
      tokens = Math.min(MAX_TOKENS, tokens + TOKENS_PER_CALL);
    },
    /** Takes one token; false if there is none. */
    trySpend() {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
