/*
 * In place of AbortSignal.any. Node 20 holds the parts of such a signal weakly: a timeout that nothing else holds
 * is gone with the next garbage collection and never fires. And it keeps for good what somebody still listens to,
 * though nothing can end it any more. Here a listener on the source holds what follows it, and both go with it.
 */

/** A controller whose signal ends with the source too. `leave` lets go of a source that lives on. */
export function followSignal(source: AbortSignal): {
  controller: AbortController;
  leave(): void;
} {
  const controller = new AbortController();
  const end = () => controller.abort(source.reason);
  if (source.aborted) end();
  else source.addEventListener('abort', end, { once: true });
  return { controller, leave: () => source.removeEventListener('abort', end) };
}

/** Nobody waits for the timer of what is gone. */
const timers = new FinalizationRegistry<NodeJS.Timeout>((timer) => clearTimeout(timer));

/** In a scope of its own: a timer that is not yet due keeps whatever its callback could see. */
function expire(held: WeakRef<AbortController>): () => void {
  return () => held.deref()?.abort(new DOMException('Time is over.', 'TimeoutError'));
}

/**
 * A signal that ends with the source, or after so many ms with a TimeoutError, as that of
 * AbortSignal.timeout. `leave` lets go of a source that lives on.
 */
export function withTimeout(
  source: AbortSignal,
  ms: number,
): { signal: AbortSignal; leave(): void } {
  const { controller, leave } = followSignal(source);
  // Weakly: what has ended long before its time need not be kept until then.
  const timer = setTimeout(expire(new WeakRef(controller)), ms).unref();
  timers.register(controller, timer, controller);
  return {
    signal: controller.signal,
    leave() {
      clearTimeout(timer);
      leave();
    },
  };
}
