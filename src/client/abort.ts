/**
 * Calls `callback` with the signal's reason when the signal is aborted, or immediately if it
 * already is. Returns a function that removes the callback.
 */
export function onAbort(
  signal: AbortSignal | undefined,
  callback: (reason: unknown) => void,
): () => void {
  const call = () => callback(signal?.reason);
  if (signal?.aborted) call();
  signal?.addEventListener('abort', call);
  return () => signal?.removeEventListener('abort', call);
}

/**
 * Settles like `promise`, or rejects with the signal's reason if the signal is aborted first.
 * Needed because a custom `fetch` may ignore its signal.
 */
export function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    promise.finally(onAbort(signal, reject)).then(resolve, reject);
  });
}
