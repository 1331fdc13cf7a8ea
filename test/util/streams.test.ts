import { describe, expect, it, vi } from 'vitest';
import { mapStream } from '../../src/util/streams.ts';

/** Creates an async iterator whose values the test emits. `next` waits for them. */
function createSource<T>() {
  type Settle = { resolve(result: IteratorResult<T>): void; reject(error: unknown): void };
  const waiting: Settle[] = [];
  const iterator = {
    next: vi.fn(
      () =>
        new Promise<IteratorResult<T>>((resolve, reject) => {
          waiting.push({ resolve, reject });
        }),
    ),
    return: vi.fn(async () => ({ done: true, value: undefined }) as const),
  };
  return {
    iterable: { [Symbol.asyncIterator]: () => iterator } as AsyncIterable<T>,
    iterator,
    emit: (value: T) => waiting.shift()?.resolve({ done: false, value }),
    finish: () => waiting.shift()?.resolve({ done: true, value: undefined }),
    fail: (error: unknown) => waiting.shift()?.reject(error),
  };
}

const identity = <T>(value: T) => value;

const DONE = { done: true, value: undefined };

describe('mapStream', () => {
  it('maps values and reports its end once', async () => {
    const source = createSource<number>();
    const onEnd = vi.fn();
    const stream = mapStream(source.iterable, (value) => value * 2, { onEnd });
    const first = stream.next();
    source.emit(21);
    expect(await first).toEqual({ done: false, value: 42 });
    expect(onEnd).not.toHaveBeenCalled();
    const second = stream.next();
    source.finish();
    expect(await second).toEqual(DONE);
    expect(await stream.next()).toEqual(DONE);
    await stream.return();
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it.each(['source', 'map'])('passes on an error of its %s, and ends', async (origin) => {
    const source = createSource<number>();
    const error = new Error('broken');
    const [onError, onEnd] = [vi.fn(), vi.fn()];
    const map = () => {
      throw error;
    };
    const stream = mapStream(source.iterable, map, { onError, onEnd });
    const next = stream.next();
    if (origin === 'source') source.fail(error);
    else source.emit(1);
    await expect(next).rejects.toBe(error);
    expect(onError.mock.calls).toEqual([[error]]);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(source.iterator.return).toHaveBeenCalledTimes(1);
    expect(await stream.next()).toEqual(DONE);
  });

  it('ends immediately when its reader returns while a value is awaited', async () => {
    const source = createSource<number>();
    const onEnd = vi.fn();
    const stream = mapStream(source.iterable, identity, { onEnd });
    const next = stream.next();
    expect(await stream.return()).toEqual(DONE);
    expect(await next).toEqual(DONE);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(source.iterator.return).toHaveBeenCalledTimes(1);
  });
});

describe('a stream that is ended from outside', () => {
  it('gives a waiting reader the last value, then ends', async () => {
    const source = createSource<string>();
    const onEnd = vi.fn();
    const stream = mapStream(source.iterable, identity, { onEnd });
    const next = stream.next();
    stream.endWith('bye');
    stream.endWith('again');
    expect(await next).toEqual({ done: false, value: 'bye' });
    expect(await stream.next()).toEqual(DONE);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(source.iterator.return).toHaveBeenCalledTimes(1);
  });

  it('gives the last value to the next read if no reader waits', async () => {
    const source = createSource<string>();
    const stream = mapStream(source.iterable, identity);
    stream.endWith('bye');
    expect(await stream.next()).toEqual({ done: false, value: 'bye' });
    expect(await stream.next()).toEqual(DONE);
    expect(source.iterator.next).not.toHaveBeenCalled();
  });

  it('loses no value that arrives as the stream ends', async () => {
    const source = createSource<string>();
    const stream = mapStream(source.iterable, identity);
    const next = stream.next();
    source.emit('value');
    await new Promise(setImmediate);
    stream.endWith('bye');
    expect((await next).value).toBe('value');
    expect((await stream.next()).value).toBe('bye');
  });

  it('reports an error of its source’s `return`, and passes on the first error', async () => {
    const source = createSource<number>();
    const [first, second] = [new Error('of map'), new Error('of return')];
    source.iterator.return.mockRejectedValue(second);
    const onError = vi.fn();
    const map = () => {
      throw first;
    };
    const next = mapStream(source.iterable, map, { onError }).next();
    source.emit(1);
    await expect(next).rejects.toBe(first);
    await expect.poll(() => onError.mock.calls).toEqual([[first], [second]]);
  });
});
