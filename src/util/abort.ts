/**
 * Returns a signal that aborts with `source`, or after `ms` with a TimeoutError. `release` clears the
 * timer and detaches from a source that outlives the signal.
 *
 * Replaces AbortSignal.any: Node 20 holds the sources of such a signal weakly, so a timeout that nothing
 * else refers to is garbage-collected and never fires, and it never frees a signal that has listeners.
 */
export function withTimeout(
  source: AbortSignal,
  ms: number,
): { signal: AbortSignal; release(): void } {
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
