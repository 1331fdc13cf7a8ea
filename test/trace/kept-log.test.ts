import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepLog } from '../../src/trace/kept-log.ts';
import { shareEventLoop } from '../../src/util/event-loop.ts';

async function* cut(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const keep = (log: AsyncIterable<Buffer>, maxBytes: number) =>
  keepLog(log, { maxBytes, pause: shareEventLoop });

describe('a kept log', () => {
  it('is the whole log if that fits, whatever its chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 9 }),
        async (text, size) => {
          const log = await keep(cut(Buffer.from(text), size), 1 << 20);
          expect([...log.raw()].join('')).toBe(Buffer.from(text).toString());
          expect(log).toMatchObject({ byteSize: Buffer.byteLength(text), truncated: false });
        },
      ),
    );
  });

  it('is the end of a longer log, from a whole character on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'ü', '€', '😀', '\n'), { minLength: 20 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 8, max: 16 }),
        async (characters, size, most) => {
          const text = characters.join('');
          const log = await keep(cut(Buffer.from(text), size), most);
          const kept = [...log.raw()].join('');
          expect(log.truncated).toBe(Buffer.byteLength(text) > most);
          expect(text.endsWith(kept)).toBe(true);
          expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(most);
          expect(Buffer.byteLength(kept)).toBeGreaterThan(most - 4);
        },
      ),
    );
  });

  it('returns its last lines, split at line feeds, of which one may end the last line', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'ü', '\n', '\n\n'), { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 6 }),
        async (characters, size, count) => {
          const text = characters.join('');
          const log = await keep(cut(Buffer.from(text), size), 1 << 20);
          const lines = text.replace(/\n$/, '').split('\n');
          const end = text.endsWith('\n') ? '\n' : '';
          expect([...log.raw(count)].join('')).toBe(lines.slice(-count).join('\n') + end);
        },
      ),
    );
  });

  it('is the end of a log in chunks of very different sizes', async () => {
    const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, at) => `${at}\n`).join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(1, 300, 8_191, 8_192, 50_000, 70_000), { minLength: 1 }),
        fc.integer({ min: 1, max: 400_000 }),
        async (sizes, most) => {
          const chunks: Buffer[] = [];
          for (let at = 0, n = 0; at < bytes.length; n += 1) {
            const size =
              sizes[n % sizes.length] === 1 && n > 50 ? 999 : (sizes[n % sizes.length] ?? 1);
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          const log = await keep(Readable.from(chunks), most);
          expect([...log.raw()].join('') === bytes.subarray(-most).toString()).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is valid UTF-8 in each piece, with U+FFFD for invalid bytes, wherever it is split', async () => {
    const parts = ['a', 'ü', '€', '😀', '\ufeff'].map((text) => Buffer.from(text));
    const invalid = [[0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f], [0xed, 0xa0, 0x80], [0xff]];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...parts, ...invalid.map((bytes) => Buffer.from(bytes)))),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 65_528, max: 65_536 }),
        async (mixed, size, before) => {
          // A piece has 64 KiB, so the first one ends between these bytes.
          const bytes = Buffer.concat([Buffer.alloc(before, 'x'), ...mixed]);
          const chunks = [bytes, ...mixed.map((part) => part.subarray(0, size))];
          const log = await keep(Readable.from(chunks), 1 << 20);
          const pieces = [...log.raw()];
          expect(pieces.every(isUtf8)).toBe(true);
          expect(Buffer.concat(pieces).toString()).toBe(Buffer.concat(chunks).toString());
        },
      ),
    );
  });

  it('decodes invalid bytes at the borders of long chunks as one text, also if only its end is kept', async () => {
    const bytes = [0x0a, 0x22, 0x80, 0xc3, 0xbc, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0xf0, 0x9f, 0xff];
    const part = fc.array(fc.constantFrom(...bytes), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 65_530, max: 65_540 }),
        fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
        fc.constantFrom(1 << 20, 65_536, 65_550),
        async (parts, size, lines, most) => {
          const chunks = parts.map((one) =>
            Buffer.from([...one, ...Array(size).fill(0x78), ...one]),
          );
          const kept = Buffer.concat(chunks).subarray(-most);
          const starts = [...kept.subarray(0, -1).toString('latin1').matchAll(/\n/g)];
          const start = lines === undefined ? undefined : starts.at(-lines);
          const log = await keep(Readable.from(chunks), most);
          const text = [...log.raw(lines)].join('');
          if (start) expect(text).toBe(kept.subarray(start.index + 1).toString());
          else expect(kept.toString().endsWith(text)).toBe(true);
          if (!start && !log.truncated) expect(text).toBe(kept.toString());
        },
      ),
    );
  });

  it('is never decoded as a whole', async () => {
    const log = await keep(cut(Buffer.alloc(1 << 20, 'ü'), 1 << 20), 1 << 20);
    const longest = Math.max(...[...log.raw()].map((piece) => piece.length));
    expect(longest).toBeLessThanOrEqual(1 << 16);
  });

  it('numbers lines from the beginning of the log, whether parsed immediately or later', async () => {
    const text = Array.from({ length: 500 }, (_, at) => `line ${at + 1}\n`).join('');
    const whole = await keep(cut(Buffer.from(text), 100), 1 << 20);
    const end = await keep(cut(Buffer.from(text), 100), 1000);
    expect((await whole.parsed()).lines.at(-1)).toMatchObject({ number: 500, text: 'line 500' });
    expect((await end.parsed()).lines.at(-1)).toMatchObject({ number: 500, text: 'line 500' });
    expect((await end.parsed()).lines.length).toBeLessThan(120);
  });
});
