import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeCharacters } from '../../src/trace/byte-queue.ts';
import { runs } from '../helpers/runs.ts';

const count = (...bytes: number[]) => wholeCharacters(Uint8Array.from(bytes), true);

describe('wholeCharacters', () => {
  it.each([
    ['nothing', [], 0],
    ['ASCII', [0x61, 0x62], 2],
    ['a whole character', [0xe2, 0x82, 0xac], 3],
    ['half of two bytes', [0x61, 0xc3], 1],
    ['one of three', [0x61, 0xe2], 1],
    ['two of three', [0x61, 0xe2, 0x82], 1],
    ['three of four', [0x61, 0xf0, 0x9f, 0x9a], 1],
    ['a byte that starts nothing', [0x61, 0xff], 2],
    ['an overlong form', [0x61, 0xe0, 0x80], 3],
    ['half a surrogate', [0x61, 0xed, 0xa0], 3],
    ['more than Unicode has', [0x61, 0xf4, 0x90], 3],
    ['the least of four', [0x61, 0xf0, 0x90], 1],
    ['the most of four', [0x61, 0xf4, 0x8f], 1],
    ['the last before the surrogates', [0x61, 0xed, 0x9f], 1],
    ['the least of three', [0x61, 0xe0, 0xa0], 1],
    ['lone continuations', [0x80, 0x80, 0x80, 0x80], 4],
  ])('counts %s', (_, bytes, expected) => {
    expect(count(...bytes)).toBe(expected);
  });

  it('excludes nothing at the end', () => {
    expect(wholeCharacters(Uint8Array.of(0x61, 0xf0, 0x9f), false)).toBe(3);
  });

  it('makes pieces that decode to the whole text, and excludes at most 3 bytes', () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0xe2, 0x82, 0xac, 0xf0, 0x9f),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.array(byte, { maxLength: 40 }).map((list) => Uint8Array.from(list)),
      fc.string({ unit: 'grapheme' }).map((text) => new TextEncoder().encode(text)),
    );
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 6 }), (chunks) => {
        let held = new Uint8Array(0);
        let text = '';
        for (const chunk of chunks) {
          const all = Uint8Array.from([...held, ...chunk]);
          const whole = wholeCharacters(all, true);
          text += decoder.decode(all.subarray(0, whole));
          held = all.slice(whole);
          expect(held.length).toBeLessThanOrEqual(3);
        }
        text += decoder.decode(held);
        expect(text).toBe(decoder.decode(Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))));
      }),
      { numRuns: runs(1000) },
    );
  });
});
