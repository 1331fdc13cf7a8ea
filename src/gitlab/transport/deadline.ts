import type { Clock } from '../../util/clock.ts';
import { GitlabTimeoutError } from '../errors.ts';
import { type Call, originOf, type Send, type Start, type UpstreamRequest } from '../request.ts';

/**
 * Gives each call one deadline for all its attempts and waits, and one signal that combines the
 * deadline with the caller's cancellation. For a stream, the deadline no longer applies once the
 * headers have arrived, but the caller may cancel until the stream ends. If a controller is passed
 * in, its owner must abort it when the caller cancels.
 */
export function createDeadline(send: Send, deps: { clock: Clock; totalMs: number }): Start {
  const { clock, totalMs } = deps;
  return async (request, given) => {
    request.signal?.throwIfAborted();
    const controller = given ?? new AbortController();
    const call = toCall(request, controller.signal, clock.now() + totalMs);
    const stopForwarding = given ? undefined : forwardAbort(request.signal, controller);
    const cancel = clock.after(totalMs, () => {
      const { sent } = call.progress;
      controller.abort(new GitlabTimeoutError({ phase: 'total', sent }, originOf(call)));
    });
    let isStreaming = false;
    try {
      const response = await send(call);
      isStreaming = request.streaming === true;
      return response;
    } finally {
      cancel();
      if (!isStreaming) stopForwarding?.();
    }
  };
}

/**
 * Lists the members instead of spreading the request: adding members to a spread copy takes V8
 * longer than the rest of this layer.
 */
function toCall(request: UpstreamRequest<unknown>, signal: AbortSignal, deadlineAt: number): Call {
  return {
    method: request.method,
    endpoint: request.endpoint,
    query: request.query,
    body: request.body,
    credential: request.credential,
    read: request.read,
    counter: request.counter,
    traceContext: request.traceContext,
    expects: request.expects,
    streaming: request.streaming,
    keep: request.keep,
    signal,
    deadlineAt,
    progress: request.progress ?? { sent: false },
    ifNoneMatch: undefined,
  };
}

/** Aborts the controller when the signal is aborted. Returns a function that stops this. */
function forwardAbort(signal: AbortSignal | undefined, controller: AbortController): () => void {
  if (!signal) return () => {};
  const onAbort = () => controller.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return () => signal.removeEventListener('abort', onAbort);
}
