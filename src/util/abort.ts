/**
 * Returns a signal that aborts with `source`, or after `ms` with a TimeoutError. `release` clears
 * the timer and removes the listener from `source`, which may outlive the signal.
 *
 * Replaces AbortSignal.any: in Node 20, a timeout signal that is only a source of another signal is
 * garbage-collected and never fires, and a signal with listeners is never freed.
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
