import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { withTimeout } from '../../src/util/abort.ts';

const LONG_MS = 3_600_000;

describe('a signal with a timeout', () => {
  it('aborts with its source, for the same reason', () => {
    const source = new AbortController();
    const { signal, release } = withTimeout(source.signal, LONG_MS);
    expect(signal.aborted).toBe(false);
    source.abort('left');
    expect(signal.reason).toBe('left');
    release();
  });

  it('is aborted from the start if its source is', () => {
    const { signal, release } = withTimeout(AbortSignal.abort('left'), LONG_MS);
    expect(signal.reason).toBe('left');
    release();
  });

  it('ignores its source once it is released', () => {
    const source = new AbortController();
    const { signal, release } = withTimeout(source.signal, LONG_MS);
    release();
    source.abort();
    expect(signal.aborted).toBe(false);
  });

  it('aborts with a TimeoutError', async () => {
    const { signal } = withTimeout(new AbortController().signal, 20);
    await once(signal, 'abort');
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('has no timer once it is released', () => {
    vi.useFakeTimers();
    try {
      const { release } = withTimeout(new AbortController().signal, LONG_MS);
      expect(vi.getTimerCount()).toBe(1);
      release();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
