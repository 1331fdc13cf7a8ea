import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { followSignal } from '../../src/util/abort.ts';

const LONG_MS = 3_600_000;

describe.each([
  ['without a timeout', undefined],
  ['with a timeout', LONG_MS],
])('a derived signal %s', (_title, timeoutMs) => {
  it('aborts with its source, for the same reason', () => {
    const source = new AbortController();
    const { signal, release } = followSignal(source.signal, timeoutMs);
    expect(signal.aborted).toBe(false);
    source.abort('left');
    expect(signal.reason).toBe('left');
    release();
  });

  it('is aborted from the start if its source is', () => {
    const { signal, release } = followSignal(AbortSignal.abort('left'), timeoutMs);
    expect(signal.reason).toBe('left');
    release();
  });

  it('ignores its source once it is released', () => {
    const source = new AbortController();
    const { signal, release } = followSignal(source.signal, timeoutMs);
    release();
    source.abort();
    expect(signal.aborted).toBe(false);
  });
});

describe('the timeout of a derived signal', () => {
  it('aborts it with a TimeoutError', async () => {
    const { signal } = followSignal(new AbortController().signal, 20);
    await once(signal, 'abort');
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('is cleared by release', () => {
    vi.useFakeTimers();
    try {
      const { release } = followSignal(new AbortController().signal, LONG_MS);
      expect(vi.getTimerCount()).toBe(1);
      release();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
