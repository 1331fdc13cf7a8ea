/** A stream that somebody else than its reader can end. */
export interface EndableStream<T> extends AsyncIterableIterator<T> {
  /** Its reader gets this one value more, whatever it waits for, and then the end. */
  endWith(last: T): void;
}

/**
 * Passes a stream on until its reader, its source or `endWith` ends it. Not an async generator: those
 * cannot be ended while they wait.
 */
export function createEndableStream<T>(
  source: AsyncIterable<T>,
  onEnd: () => void,
): EndableStream<T> {
  const iterator = source[Symbol.asyncIterator]();
  const done: IteratorResult<T> = { done: true, value: undefined };
  let last: { value: T } | undefined;
  let isOver = false;
  let resolvePending: ((result: IteratorResult<T>) => void) | undefined;

  const leave = () => {
    if (isOver) return;
    isOver = true;
    onEnd();
  };
  const takeLast = (): IteratorResult<T> => {
    const value = last;
    last = undefined;
    return value ? { done: false, value: value.value } : done;
  };
  const pull = () =>
    new Promise<IteratorResult<T>>((resolve, reject) => {
      resolvePending = resolve;
      iterator.next().then((result) => {
        if (result.done) leave();
        resolve(result);
      }, reject);
    });

  return {
    endWith(value) {
      if (isOver) return;
      leave();
      last = { value };
      void iterator.return?.();
      if (resolvePending) resolvePending(takeLast());
    },
    async next() {
      if (isOver) return takeLast();
      try {
        return await pull();
      } catch (error) {
        leave();
        throw error;
      } finally {
        resolvePending = undefined;
      }
    },
    async return(value?: unknown) {
      leave();
      last = undefined;
      await iterator.return?.(value);
      return done;
    },
    async throw(error: unknown) {
      leave();
      if (iterator.throw) return iterator.throw(error);
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

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
