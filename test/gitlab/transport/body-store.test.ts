import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createBodyStore, type StoredBody } from '../../../src/gitlab/transport/body-store.ts';

const MIB = 2 ** 20;
const reserved = () => process.memoryUsage().arrayBuffers;

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
    store.put(bytes).free();
    const before = reserved();
    for (let count = 0; count < 1_000; count += 1) store.put(bytes).free();
    expect(reserved() - before).toBeLessThan(MIB);
  });

  it('returns bodies that are larger than what it reserves at a time', () => {
    const store = createBodyStore();
    const bodies = [1, 2, 3].map((byte) => Buffer.alloc(700_000, byte));
    const [first, second, third] = bodies.map((bytes) => store.put(bytes));
    second?.free();
    const large = Buffer.alloc(1_500_000, 4);
    const fourth = store.put(large);
    for (const [stored, bytes] of [
      [first, bodies[0]],
      [third, bodies[2]],
      [fourth, large],
    ] as const) {
      expect(stored && bytes && stored.read().equals(bytes)).toBe(true);
    }
  });

  it('keeps at most 8 MiB reserved for later bodies', () => {
    const store = createBodyStore();
    const reserve = vi.spyOn(Buffer, 'allocUnsafeSlow');
    onTestFinished(() => reserve.mockRestore());
    const bytes = Buffer.alloc(MIB, 1);
    const put40 = () => Array.from({ length: 40 }, () => store.put(bytes));
    const bodies = put40();
    expect(reserve).toHaveBeenCalledTimes(40);
    for (const stored of bodies) stored.free();
    const [first] = put40();
    expect(reserve).toHaveBeenCalledTimes(40 + 32);
    expect(first?.read().equals(bytes)).toBe(true);
  });

  it('returns copies that keep no other memory', () => {
    const { buffer } = createBodyStore().put(Buffer.from('log')).read();
    expect(buffer.byteLength).toBe(3);
  });
});
