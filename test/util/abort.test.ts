import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { followSignal, withTimeout } from '../../src/util/abort.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is weakly held is let go between turns of the event loop, not within one. */
async function collectAll(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
}

const LONG_MS = 3_600_000;

describe('a signal that follows another', () => {
  it('ends with it, for the same reason', () => {
    const source = new AbortController();
    const { signal } = followSignal(source.signal).controller;
    expect(signal.aborted).toBe(false);
    source.abort('left');
    expect(signal.reason).toBe('left');
  });

  it('has ended from the start where the other has', () => {
    expect(followSignal(AbortSignal.abort('left')).controller.signal.reason).toBe('left');
  });

  it('follows no more once it has left', () => {
    const source = new AbortController();
    const { controller, leave } = followSignal(source.signal);
    leave();
    source.abort();
    expect(controller.signal.aborted).toBe(false);
  });
});

describe('a signal with a time limit', () => {
  it('ends with its source, for the same reason', () => {
    const source = new AbortController();
    const { signal } = withTimeout(source.signal, LONG_MS);
    source.abort('left');
    expect(signal.reason).toBe('left');
  });

  it('ends when its time is over, garbage collections or not', async () => {
    const source = new AbortController();
    const { signal } = withTimeout(source.signal, 20);
    await collectAll();
    if (!signal.aborted) await once(signal, 'abort');
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('is let go before its time where nobody holds it', async () => {
    const held = (() => {
      const source = new AbortController();
      const { signal } = withTimeout(source.signal, LONG_MS);
      // As the executor does, which never takes its listener back.
      signal.addEventListener('abort', () => {});
      return new WeakRef(signal);
    })();
    await collectAll();
    expect(held.deref()).toBeUndefined();
  });

  it('lets go of a source that lives on', async () => {
    const source = new AbortController();
    const held = (() => {
      const { signal, leave } = withTimeout(source.signal, LONG_MS);
      leave();
      return new WeakRef(signal);
    })();
    await collectAll();
    expect(held.deref()).toBeUndefined();
    expect(source.signal.aborted).toBe(false);
  });
});
