import type { Call, Send } from '../call.ts';
import { type Clock, sleep } from '../clock.ts';
import { retryDelayMs } from './retry.ts';

/** How many retries a calm hour saves up, and what share of the calls may be retries in a bad one. */
const MAX_SAVED = 20;
const SHARE = 0.1;

/** Keeps retries to a share of the calls: a GitLab in trouble must not get three times its load. */
export interface RetryBudget {
  /** Every first attempt earns a little. */
  earn(): void;
  /** Takes one retry; false when none is left. */
  spend(): boolean;
}

/** Starts full. Shared by all callers of one server. */
export function createRetryBudget(): RetryBudget {
  let saved = MAX_SAVED;
  return {
    earn() {
      saved = Math.min(MAX_SAVED, saved + SHARE);
    },
    spend() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}

/** Repeats reads that failed, as retry.ts says and the budget allows. */
export function createRetrying(
  send: Send,
  deps: { clock: Clock; random: () => number; budget: RetryBudget },
): Send {
  const { clock, random, budget } = deps;
  const pause = async (call: Call, error: unknown, attempt: number): Promise<void> => {
    const remainingMs = call.deadlineAt - clock.now();
    const delay = retryDelayMs({ method: call.method, attempt, error, remainingMs }, random());
    if (delay === undefined || !budget.spend()) throw error;
    await sleep(clock, delay, call.signal);
  };
  return async (call) => {
    budget.earn();
    for (let attempt = 0; ; attempt++) {
      try {
        return await send(call);
      } catch (error) {
        await pause(call, error, attempt);
      }
    }
  };
}
