/** What is told of a stream of results. */
export interface Watcher<T> {
  onValue(value: T): void;
  onError(error: unknown): void;
  /** Once, whatever way it ended. */
  onEnd(): void;
}

/**
 * The same stream, with somebody who looks on. Not an async generator: those cannot be ended while
 * they wait, and who leaves must be gone at once.
 */
export function watchStream<T>(
  source: AsyncIterable<T>,
  { onValue, onError, onEnd }: Watcher<T>,
): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  const end = () => {
    if (!ended) onEnd();
    ended = true;
  };
  return {
    async next() {
      try {
        const result = await iterator.next();
        if (result.done) end();
        else onValue(result.value);
        return result;
      } catch (error) {
        onError(error);
        end();
        throw error;
      }
    },
    async return(value?: unknown) {
      end();
      return (await iterator.return?.(value)) ?? { done: true, value: undefined };
    },
    async throw(error: unknown) {
      end();
      if (iterator.throw) return iterator.throw(error);
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
