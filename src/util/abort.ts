/**
 * Returns a signal that aborts with `source`, or after `ms` with a TimeoutError. `release` clears
 * the timer and removes the listener from `source`, which may outlive the signal.
 *
 * Used instead of `AbortSignal.any([source, AbortSignal.timeout(ms)])`. In Node 20, the signal of
 * `AbortSignal.timeout` may be garbage-collected, and then never fires. The signal of
 * `AbortSignal.any` is never freed if it has listeners.
 */
export function withTimeout(source: AbortSignal, ms: number) {
  const controller = new AbortController();
  const abort = () => controller.abort(source.reason);
  const expire = () => controller.abort(new DOMException('Operation timeout', 'TimeoutError'));
  const timer = setTimeout(expire, ms).unref();
  if (source.aborted) abort();
  else source.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      source.removeEventListener('abort', abort);
    },
  };
}
