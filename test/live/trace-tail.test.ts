import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTraceLog } from '../../src/live/trace-tail.ts';

const bytes = (text: string) => Buffer.from(text);

describe('the kept end of a log', () => {
  it('stores appended bytes, also if they overlap with known ones', () => {
    const log = createTraceLog(0, () => 1_000);
    log.put(0, bytes('abc'));
    log.put(1, bytes('bcde'));
    expect([log.start, log.end, log.cuts]).toEqual([0, 5, 0]);
    expect(log.read(1, 99).toString()).toBe('bcde');
  });

  it('replaces bytes from the first difference on, and reports its offset', () => {
    const log = createTraceLog(0, () => 1_000);
    log.put(0, bytes('abcdef'));
    log.put(2, bytes('cXYZ'));
    expect(log.read(0, 99).toString()).toBe('abcXYZ');
    expect([log.cuts, log.lowestCutSince(0), log.lowestCutSince(1)]).toEqual([1, 3, Infinity]);
  });

  it('keeps only its last bytes, and continues from any cut', () => {
    const log = createTraceLog(0, () => 4);
    log.put(0, bytes('abcdefgh'));
    expect([log.start, log.end, log.read(0, 99).toString()]).toEqual([4, 8, 'efgh']);
    log.cut(2);
    expect([log.start, log.end]).toEqual([2, 2]);
    log.put(0, bytes('abXY'));
    expect([log.start, log.end, log.read(0, 99).toString()]).toEqual([2, 4, 'XY']);
  });

  it('knows the lowest of the last cuts, and a lower bound of any number of cuts', () => {
    const log = createTraceLog(0, () => 1_000);
    const lastByte = 199_999;
    for (let at = 0; at <= lastByte; at += 1) {
      log.put(at, bytes('x'));
      log.put(at, bytes('y'));
    }
    expect(log.cuts).toBe(lastByte + 1);
    expect(log.lowestCutSince(log.cuts)).toBe(Infinity);
    for (const count of [1, 2, 99]) {
      expect(log.lowestCutSince(log.cuts - count)).toBe(lastByte + 1 - count);
    }
    expect(log.lowestCutSince(log.cuts - 500)).toBeLessThanOrEqual(lastByte + 1 - 500);
    expect(log.lowestCutSince(0)).toBe(0);
  });

  it('equals GitLab’s log after any sequence of changes and reads', () => {
    const change = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), text: fc.string({ maxLength: 9 }) }),
      fc.record({
        kind: fc.constant('cut' as const),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ kind: fc.constant('read' as const), size: fc.integer({ min: 1, max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const log = createTraceLog(0, () => 1_000);
        let upstream = bytes('');
        let subscriber = bytes('');
        let cuts = 0;
        for (const step of changes) {
          if (step.kind === 'append') upstream = Buffer.concat([upstream, bytes(step.text)]);
          if (step.kind === 'cut') upstream = upstream.subarray(0, step.share * upstream.length);
          if (step.kind !== 'read') continue;
          for (let at = 0; at < upstream.length; at += step.size) {
            log.put(at, upstream.subarray(at, at + step.size));
          }
          log.cut(upstream.length);
          const known = Math.min(subscriber.length, log.lowestCutSince(cuts), log.end);
          subscriber = Buffer.concat([subscriber.subarray(0, known), log.read(known, log.end)]);
          cuts = log.cuts;
          expect(subscriber.toString()).toBe(upstream.toString());
        }
      }),
    );
  });
});
