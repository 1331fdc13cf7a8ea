/**
 * Calls back with the signal's reason when it is aborted, at once if it is already. Returns a
 * function that removes the callback.
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
 * Settles as the promise does, or rejects with the signal's reason if that is aborted first. A
 * custom `fetch` may ignore its signal.
 */
export function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    promise.finally(onAbort(signal, reject)).then(resolve, reject);
  });
}
