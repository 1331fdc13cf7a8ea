import type { Clock } from '../../util/clock.ts';
import { GitlabTimeoutError } from '../errors.ts';
import { type Call, originOf, type Send, type Start, type UpstreamRequest } from '../request.ts';

/** Named one by one, not spread: members added to a copy cost V8 more than the rest of this layer. */
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
    streaming: request.streaming,
    keep: request.keep,
    signal,
    deadlineAt,
    progress: { sent: false },
    ifNoneMatch: undefined,
  };
}

/** Passes the caller's wish to stop on; the function returned ends that. */
function follow(signal: AbortSignal | undefined, controller: AbortController): () => void {
  if (!signal) return () => {};
  const leave = () => controller.abort(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  return () => signal.removeEventListener('abort', leave);
}

/**
 * Starts a call: from here on it has one deadline over all its attempts and waits, and one signal
 * that carries that deadline and the caller's own wish to stop. A stream's deadline ends with its
 * headers; the caller's signal ends it later too. Who has a controller for the call hands that over.
 */
export function createDeadline(send: Send, deps: { clock: Clock; totalMs: number }): Start {
  const { clock, totalMs } = deps;
  return async (request, given) => {
    request.signal?.throwIfAborted();
    const controller = given ?? new AbortController();
    const call = toCall(request, controller.signal, clock.now() + totalMs);
    const unfollow = given ? undefined : follow(request.signal, controller);
    const cancel = clock.after(totalMs, () => {
      const { sent } = call.progress;
      controller.abort(new GitlabTimeoutError({ phase: 'total', sent }, originOf(call)));
    });
    try {
      return await send(call);
    } finally {
      cancel();
      if (!request.streaming) unfollow?.();
    }
  };
}
