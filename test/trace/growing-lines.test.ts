import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createGrowingLines,
  type GrowingLines,
  UNSETTLED_BYTES,
} from '../../src/trace/growing-lines.ts';
import type { ParsedLine } from '../../src/trace/parsed-trace.ts';
import { runs } from '../helpers/runs.ts';
import { hostileLog, worstLogs } from './hostile.ts';
import { bytesOf, end, header, linesOf, start } from './parse.ts';

const MEBIBYTE = 1024 * 1024;
const whole = () => ({ maxBytes: MEBIBYTE, maxLines: MEBIBYTE });

/** Creates a reader of a growing log. The reader has all lines up to the offset `at`. */
function createReader() {
  const lines = new Map<number, ParsedLine>();
  let at = 0;
  return {
    get at() {
      return at;
    },
    /** Reads the changes up to an offset, in as many steps as needed. Returns the changed lines. */
    read(growing: GrowingLines, to: number): ParsedLine[] {
      const all: ParsedLine[] = [];
      const target = to === growing.size ? Infinity : to;
      for (let from = at; ; ) {
        const limit = growing.limit(from, target);
        const changed = growing.changed(from, limit);
        for (const line of changed) lines.set(line.number, line);
        all.push(...changed);
        if (limit === target) break;
        expect(limit).toBeGreaterThan(from);
        from = limit;
      }
      for (const number of lines.keys()) if (number > growing.count) lines.delete(number);
      at = to;
      return all;
    },
    /** Prepares the reader to continue with another parser of the same log. */
    reconnect() {
      at = Math.max(0, at - UNSETTLED_BYTES);
    },
    lines: () => [...lines.values()].sort((a, b) => a.number - b.number),
  };
}

/** Pushes pieces of text. Returns for each piece the number and text of the changed lines. */
function follow(...pieces: string[]) {
  const growing = createGrowingLines(whole);
  const reader = createReader();
  return pieces.map((piece) => {
    growing.push(bytesOf(piece));
    return reader.read(growing, growing.size).map(({ number, text }) => [number, text]);
  });
}

describe('the lines of a growing log', () => {
  it('are returned once if they are complete, and again while they grow', () => {
    expect(follow('one\n', 'tw', 'o', '\nthree\n', '', 'four')).toEqual([
      [[1, 'one']],
      [[2, 'tw']],
      [[2, 'two']],
      [
        [2, 'two'],
        [3, 'three'],
      ],
      [],
      [[4, 'four']],
    ]);
  });

  it('are not returned again because of marks and colors that follow', () => {
    expect(follow('one\n', start('a'), '\u001b[31m', 'two\n', end('a'), '\nthree\n')).toEqual([
      [[1, 'one']],
      [],
      [],
      [[2, 'two']],
      [],
      [[3, 'three']],
    ]);
  });

  it('change when their text is overwritten, and may disappear', () => {
    expect(follow('10%', '\r20%', '\r\u001b[K')).toEqual([[[1, '10%']], [[1, '20%']], []]);
    const growing = createGrowingLines(whole);
    growing.push(bytesOf('a\n10%'));
    expect(growing.count).toBe(2);
    growing.push(bytesOf('\r\u001b[K'));
    expect(growing.count).toBe(1);
  });

  it('change when they are continued after another stream has written', () => {
    const [first, second] = follow(
      `${header(1, '00O')}out\n${header(2, '01E')}err\n`,
      `${header(3, '00O', '+')} more\n${header(4, '01E')}end\n`,
    );
    expect(first).toEqual([
      [1, 'out'],
      [2, 'err'],
    ]);
    expect(second).toEqual([
      [1, 'out more'],
      [3, 'end'],
    ]);
  });

  it('show a possible beginning of a mark until it is one', () => {
    expect(follow('pass', 'es', ' se', 'ction_')).toEqual([
      [[1, 'pass']],
      [[1, 'passes']],
      [[1, 'passes se']],
      [[1, 'passes ']],
    ]);
  });

  it('are returned when they are complete, if they are very long', () => {
    const long = 'x'.repeat(70_000);
    const events = follow('one\ntw', long, 'o', '\nthree', `${long}`);
    expect(events.map((lines) => lines.map(([number]) => number))).toEqual([
      [1, 2],
      [],
      [],
      [2, 3],
      [],
    ]);
    expect(events[3]?.[0]?.[1]).toBe(`tw${long}o`);
  });

  it('are the last ones of a long log, with their numbers in the whole log', () => {
    const growing = createGrowingLines(() => ({ maxBytes: 1_000, maxLines: 1_000 }));
    const log = Array.from({ length: 90_000 }, (_, at) => `line ${at + 1}\n`).join('');
    growing.push(bytesOf(log));
    const changed = growing.changed(0, Infinity);
    expect(growing.count).toBe(90_000);
    expect(changed.length).toBeGreaterThan(50);
    for (const [at, line] of changed.entries()) {
      expect(line.number).toBe(90_000 - changed.length + 1 + at);
      expect(line.text).toBe(`line ${line.number}`);
    }
  });

  it('together equal the lines of the whole log, for readers of any speed', () => {
    const cuts = fc.array(fc.tuple(fc.nat(1_000), fc.nat(1_000), fc.boolean()), { maxLength: 12 });
    const check = (log: Uint8Array, steps: [number, number, boolean][]) => {
      const growing = createGrowingLines(whole);
      const fast = createReader();
      const slow = createReader();
      const sorted = steps.map(([cut, ...rest]) => [cut % (log.length + 1), ...rest] as const);
      for (const [cut, share, isBlocked] of sorted.toSorted(([a], [b]) => a - b)) {
        growing.push(log.subarray(growing.size, cut));
        fast.read(growing, growing.size);
        if (isBlocked) continue;
        const unread = growing.size - slow.at;
        slow.read(growing, slow.at + Math.floor((unread * share) / 1_000));
      }
      growing.push(log.subarray(growing.size));
      growing.finish();
      for (const reader of [fast, slow]) {
        reader.read(growing, growing.size);
        expect(reader.lines()).toEqual(linesOf(log));
      }
    };
    for (const log of worstLogs.map(bytesOf)) {
      const everywhere = Array.from({ length: log.length }, (_, at) => at);
      check(
        log,
        everywhere.map((at) => [at, 500, at % 3 === 0]),
      );
    }
    fc.assert(fc.property(hostileLog, cuts, check), { numRuns: runs(5_000) });
  });

  it('together equal the lines of the whole log if the reader continues elsewhere', () => {
    fc.assert(
      fc.property(hostileLog, fc.nat(1_000), fc.nat(1_000), (log, cut, other) => {
        const at = cut % (log.length + 1);
        const reader = createReader();
        const first = createGrowingLines(whole);
        first.push(log.subarray(0, at));
        reader.read(first, at);
        reader.reconnect();
        const second = createGrowingLines(whole);
        const middle = at + (other % (log.length - at + 1));
        second.push(log.subarray(0, middle));
        reader.read(second, middle);
        second.push(log.subarray(middle));
        second.finish();
        reader.read(second, log.length);
        expect(reader.lines()).toEqual(linesOf(log));
      }),
      { numRuns: runs(3_000) },
    );
  });

  it('returns many lines in parts', () => {
    const log = 'x\n'.repeat(2_500);
    const growing = createGrowingLines(whole);
    growing.push(bytesOf(log));
    expect(growing.limit(0, Infinity)).toBe(2_000);
    expect(growing.changed(0, 2_000)).toHaveLength(1_000);
    const reader = createReader();
    expect(reader.read(growing, growing.size)).toHaveLength(2_500);
  });
});
