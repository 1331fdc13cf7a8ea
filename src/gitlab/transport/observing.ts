import type { Clock } from '../../util/clock.ts';
import type { Call, CallEvent, Exchange, RawResponse } from '../request.ts';
import { headerOf } from './headers.ts';

/** Receives the event of each exchange, and of each request that joins another. Must not throw. */
export type OnCall = (event: CallEvent) => void;

/** Counts each exchange for its operation, and reports it to `onCall`. */
export function createCallObserver(
  exchange: Exchange,
  deps: { clock: Clock; onCall: OnCall },
): Exchange {
  return async (call) => {
    const startedAt = deps.clock.now();
    // Counted before the exchange: an operation may end without waiting for the response.
    if (call.counter) call.counter.calls += 1;
    let response: RawResponse | undefined;
    try {
      response = await exchange(call);
      return response;
    } finally {
      countResponse(call, response);
      deps.onCall({
        template: call.endpoint.template,
        method: call.method,
        status: response?.status,
        durationMs: deps.clock.now() - startedAt,
        outcome: outcomeOf(call, response),
      });
    }
  };
}

function countResponse({ counter }: Call, response: RawResponse | undefined): void {
  if (!counter) return;
  if (response?.status === 304) counter.notModified += 1;
  const requestId = response && headerOf(response.headers, 'x-request-id');
  if (requestId) counter.requestIds?.push(requestId);
}

function outcomeOf({ signal }: Call, response: RawResponse | undefined): CallEvent['outcome'] {
  if (response) return response.status === 304 ? 'not-modified' : 'call';
  return isCanceled(signal) ? 'left' : 'call';
}

/** Whether the caller canceled the call. A deadline aborts with a GitlabTimeoutError instead. */
const isCanceled = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && (reason as Error | undefined)?.name === 'AbortError';
