/**
 * Returns a signal that aborts with `source`, or after `ms` with a TimeoutError. `release` clears
 * the timer and removes the listener from `source`, which may outlive the signal.
 *
 * Used instead of `AbortSignal.any([source, AbortSignal.timeout(ms)])`. In Node 20, this timeout
 * signal may be garbage-collected, so that it never fires, and a combined signal that has listeners
 * is never freed.
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
