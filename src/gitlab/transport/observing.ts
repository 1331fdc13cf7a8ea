import type { Clock } from '../../util/clock.ts';
import type { Call, CallEvent, Exchange, RawResponse } from '../request.ts';
import { headerOf } from './headers.ts';

/** Receives every call's event. It must not throw. */
export type OnCall = (event: CallEvent) => void;

/** What an answer adds; the call itself is counted before: an operation may end without waiting for it. */
function noteAnswer({ counter: meter }: Call, answer: RawResponse | undefined): void {
  if (!meter) return;
  if (answer?.status === 304) meter.notModified += 1;
  const requestId = answer && headerOf(answer.headers, 'x-request-id');
  if (requestId) meter.requestIds?.push(requestId);
}

/** A call that took too long ends with another reason than one whose caller left. */
const wasLeft = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && (reason as Error | undefined)?.name === 'AbortError';

function outcomeOf({ signal }: Call, answer: RawResponse | undefined): CallEvent['outcome'] {
  if (answer) return answer.status === 304 ? 'not-modified' : 'call';
  return wasLeft(signal) ? 'left' : 'call';
}

/** Counts each exchange for the operation that caused it, and tells the observer. */
export function createCallObserver(
  exchange: Exchange,
  deps: { clock: Clock; onCall: OnCall },
): Exchange {
  return async (call) => {
    const startedAt = deps.clock.now();
    if (call.counter) call.counter.calls += 1;
    let answer: RawResponse | undefined;
    try {
      answer = await exchange(call);
      return answer;
    } finally {
      noteAnswer(call, answer);
      deps.onCall({
        template: call.endpoint.template,
        method: call.method,
        status: answer?.status,
        durationMs: deps.clock.now() - startedAt,
        outcome: outcomeOf(call, answer),
      });
    }
  };
}
