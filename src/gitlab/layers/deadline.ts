import { type Call, originOf, type Send, type Start } from '../call.ts';
import type { Clock } from '../clock.ts';
import { GitlabTimeoutError } from '../errors.ts';

/**
 * Starts a call: from here on it has one deadline over all its attempts and waits, and one signal
 * that carries that deadline and the caller's own wish to stop. A stream's deadline ends with its
 * headers; the caller's signal ends it later too.
 */
export function createDeadline(send: Send, deps: { clock: Clock; totalMs: number }): Start {
  const { clock, totalMs } = deps;
  return async (request) => {
    request.signal?.throwIfAborted();
    const controller = new AbortController();
    const call: Call = {
      ...request,
      signal: controller.signal,
      deadlineAt: clock.now() + totalMs,
      progress: { sent: false },
    };
    const leave = () => controller.abort(request.signal?.reason);
    request.signal?.addEventListener('abort', leave, { once: true });
    const cancel = clock.after(totalMs, () => {
      const { sent } = call.progress;
      controller.abort(new GitlabTimeoutError({ phase: 'total', sent }, originOf(call)));
    });
    try {
      return await send(call);
    } finally {
      cancel();
      if (!request.streaming) request.signal?.removeEventListener('abort', leave);
    }
  };
}
