import type { Readable } from 'node:stream';

/** A stream that can also be ended from outside, not only by its reader. */
interface EndableStream<T> extends AsyncIterableIterator<T> {
  /**
   * Ends the stream with one last value. A reader that is already waiting for the next value gets
   * `last`. Has no effect if the stream has ended.
   */
  endWith(last: T): void;
  return(): Promise<IteratorResult<T>>;
}

interface StreamObserver {
  onError?(error: unknown): void;
  /** Called once, however the stream ends. */
  onEnd?(): void;
}

interface StreamSource<T> {
  next(): Promise<IteratorResult<T>>;
  /**
   * Releases the source. Called when the reader or `endWith` ends the stream, and when `next`
   * rejects. May be called repeatedly, and after the end of the source.
   */
  return?(): unknown;
}

const DONE = { done: true, value: undefined } as const;

/**
 * Creates a stream of a source's values. The stream is not an async generator, because a generator
 * cannot be ended while it waits for its source.
 */
export function createStream<T>(
  source: StreamSource<T>,
  { onError, onEnd }: StreamObserver,
): EndableStream<T> {
  let isOver = false;
  let last: IteratorResult<T> = DONE;
  let wake = () => {};

  const end = () => {
    if (isOver) return;
    isOver = true;
    onEnd?.();
    wake();
  };
  const endSource = async () => {
    try {
      await source.return?.();
    } catch (error) {
      onError?.(error);
    }
  };
  const takeLast = () => {
    const result = last;
    last = DONE;
    return result;
  };
  return {
    endWith(value) {
      if (isOver) return;
      last = { done: false, value };
      end();
      void endSource();
    },
    async next() {
      if (isOver) return takeLast();
      const ended = new Promise<undefined>((resolve) => {
        wake = () => resolve(undefined);
      });
      try {
        const result = await Promise.race([ended, source.next()]);
        if (!result) return takeLast();
        if (result.done) end();
        return result;
      } catch (error) {
        onError?.(error);
        end();
        void endSource();
        throw error;
      }
    },
    async return() {
      last = DONE;
      end();
      await source.return?.();
      return DONE;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

export function mapStream<Source, Value>(
  source: AsyncIterable<Source>,
  map: (value: Source) => Value | Promise<Value>,
  observer: StreamObserver = {},
): EndableStream<Value> {
  const iterator = source[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Value>> => {
    const { done, value } = await iterator.next();
    return done ? DONE : { done: false, value: await map(value) };
  };
  return createStream({ next, return: () => iterator.return?.() }, observer);
}

/** The first bytes of a stream. */
export interface StreamStart {
  readonly bytes: Buffer;
  /** Whether the stream has more bytes than were requested. */
  readonly isCut: boolean;
}

/** Reads the first bytes of a stream and then destroys it, so that its source sends no more. */
export async function readStart(stream: Readable, maxBytes: number): Promise<StreamStart> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isCut: size > maxBytes };
}
