import { describe, expect, it, vi } from 'vitest';
import { loadOnce } from '../../src/util/load-once.ts';

describe('a value that is loaded once', () => {
  it('is loaded by the first call, for all calls', async () => {
    const load = vi.fn(async () => ({}));
    const open = loadOnce(load);
    expect(load).not.toHaveBeenCalled();
    const [first, second] = await Promise.all([open(), open()]);
    expect(second).toBe(first);
    expect(await open()).toBe(first);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('is loaded again after a failure', async () => {
    const load = vi
      .fn(async () => 'loaded')
      .mockRejectedValueOnce(new Error('too many open files'));
    const open = loadOnce(load);
    const [first, second] = await Promise.allSettled([open(), open()]);
    expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
    expect(await open()).toBe('loaded');
    expect(load).toHaveBeenCalledTimes(2);
  });
});
