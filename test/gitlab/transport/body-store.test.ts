import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBodyStore, type StoredBody } from '../../../src/gitlab/transport/body-store.ts';

/** A body: its length in bytes, and the byte that it repeats. */
const body = fc.record({ length: fc.integer({ min: 0, max: 20_000 }), byte: fc.nat(255) });
/** Stores a body, or frees the stored body with this number. */
const step = fc.oneof(body, fc.record({ free: fc.nat(50) }));

describe('a body store', () => {
  it('returns each body unchanged, whatever bodies were freed before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = createBodyStore();
        const stored = new Map<StoredBody, Buffer>();
        for (const each of steps) {
          if ('free' in each) {
            const [found] = [...stored.keys()].slice(each.free);
            found?.free();
            if (found) stored.delete(found);
          } else {
            const bytes = Buffer.alloc(each.length, each.byte);
            stored.set(store.put(bytes), bytes);
          }
          for (const [one, bytes] of stored) expect(one.read().equals(bytes)).toBe(true);
        }
      }),
    );
  });

  it('returns copies', () => {
    const stored = createBodyStore().put(Buffer.from('log'));
    stored.read().fill(0);
    expect(stored.read().toString()).toBe('log');
  });

  it('does not return a body that was freed, nor uses its memory twice', () => {
    const store = createBodyStore();
    const first = store.put(Buffer.from('one'));
    first.free();
    first.free();
    expect(() => first.read()).toThrow('no longer stored');
    const [second, third] = [store.put(Buffer.from('two')), store.put(Buffer.from('three'))];
    expect([second, third].map((stored) => stored.read().toString())).toEqual(['two', 'three']);
  });

  it('reserves no more memory for bodies that replace others', () => {
    const store = createBodyStore();
    const bytes = Buffer.alloc(100_000);
    const reserved = () => process.memoryUsage().arrayBuffers;
    store.put(bytes).free();
    const before = reserved();
    for (let count = 0; count < 1_000; count += 1) store.put(bytes).free();
    expect(reserved() - before).toBeLessThan(1024 * 1024);
  });
});
