import { type Call, type Exchange, originOf } from '../call.ts';
import { type Clock, sleep } from '../clock.ts';
import { GitlabRateLimitError } from '../errors.ts';
import { admit, type Budget, learnLimits } from './rate-limit.ts';

/** A longer wait is the caller's to sit out: an honest refusal now is worth more than an answer then. */
const MAX_WAIT_MS = 10_000;

/**
 * Keeps each credential within the limits GitLab has told it: calls wait for a quota's renewal or for
 * the end of a refusal if that is near, and otherwise fail at once with GitlabRateLimitError, without
 * a call that would only be refused.
 */
export function createPacing(
  exchange: Exchange,
  deps: { clock: Clock; budgetOf: (credential: Call['credential']) => Budget },
): Exchange {
  const { clock, budgetOf } = deps;

  const waitForRoom = async (call: Call, budget: Budget): Promise<void> => {
    for (;;) {
      const now = clock.now();
      const { kind, inMs } = admit(budget, call.endpoint.template, now);
      if (kind === 'closed' && inMs > Math.min(MAX_WAIT_MS, call.deadlineAt - now)) {
        throw new GitlabRateLimitError(
          { retryAfterSeconds: Math.ceil(inMs / 1000) },
          originOf(call),
        );
      }
      if (inMs > 0) await sleep(clock, inMs, call.signal);
      if (kind === 'go') return;
    }
  };

  return async (call) => {
    const budget = budgetOf(call.credential);
    await waitForRoom(call, budget);
    const answer = await exchange(call);
    learnLimits(budget, call, answer, clock.now());
    return answer;
  };
}
