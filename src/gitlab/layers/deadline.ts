import { type Call, originOf, type Send, type Start } from '../call.ts';
import type { Clock } from '../clock.ts';
import { GitlabTimeoutError } from '../errors.ts';

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
    const call: Call = {
      ...request,
      signal: controller.signal,
      deadlineAt: clock.now() + totalMs,
      progress: { sent: false },
    };
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
