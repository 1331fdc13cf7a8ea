import fc from 'fast-check';
import {
  applyPipelineUpdate,
  applyTraceChunk,
  type TraceLog,
  traceLines,
} from 'gitlab-jobs-gateway/client';
import { expect, it } from 'vitest';
import { wholeCharacters } from '../../src/trace/byte-queue.ts';
import { createGrowingLines } from '../../src/trace/growing-lines.ts';
import type { ParsedLine } from '../../src/trace/parsed-trace.ts';
import { runs } from '../helpers/runs.ts';
import { hostileLog } from '../trace/hostile.ts';
import { linesOf } from '../trace/parse.ts';

const WHOLE = { maxBytes: Infinity, maxLines: Infinity };

it('has the text and the lines of the whole log after its chunks, wherever they are cut', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(hostileLog, sizes, (bytes, cuts) => {
      const lines = createGrowingLines(() => WHOLE);
      let log: TraceLog<ParsedLine> | undefined;
      let startByte = 0;
      for (let from = 0, at = 0; from < bytes.length || !log; at += 1) {
        const to = Math.min(bytes.length, from + (cuts[at % cuts.length] ?? 1));
        lines.push(bytes.subarray(from, to));
        from = to;
        const isLast = to === bytes.length;
        if (isLast) lines.finish();
        const received = bytes.subarray(startByte, to);
        const endByte = startByte + wholeCharacters(received, !isLast);
        log = applyTraceChunk<ParsedLine>(log, {
          ...{ startByte, endByte, lineCount: lines.count, complete: isLast },
          text: Buffer.from(bytes.subarray(startByte, endByte)).toString(),
          lines: lines.changed(startByte, Infinity),
        });
        startByte = endByte;
      }
      expect(log && traceLines(log)).toEqual(linesOf(bytes));
      expect(log?.text).toBe(Buffer.from(bytes).toString());
      expect(log).toMatchObject({ endByte: bytes.length, complete: true });
    }),
    { numRuns: runs(300) },
  );
});

it('replaces text from a byte after invalid UTF-8 and a byte order mark', () => {
  // The log has the bytes FF and FE. Each became one U+FFFD, which has three bytes in UTF-8, but
  // counts as one byte of the log.
  const log = applyTraceChunk(undefined, {
    startByte: 0,
    endByte: 9,
    text: '\uFEFF\uFFFD\uFFFDabcd',
  });
  expect(applyTraceChunk(log, { startByte: 7, endByte: 8, text: 'X' }).text).toBe(
    '\uFEFF\uFFFD\uFFFDabX',
  );
});

it('keeps what is known of a job over a null that means "not read", in any order of events', () => {
  const flag = fc.constantFrom(null, false, true);
  const events = fc.array(fc.record({ retried: flag, isChanged: fc.boolean() }), { minLength: 1 });
  fc.assert(
    fc.property(flag, events, (first, all) => {
      const toPipeline = (retried: boolean | null) => ({ id: 'p', jobs: [{ id: 'j', retried }] });
      let pipeline = toPipeline(first);
      let known = first;
      for (const { retried, isChanged } of all) {
        const { jobs } = toPipeline(retried);
        const update = isChanged ? { changedJobs: jobs } : { pipeline: { id: 'p', jobs } };
        pipeline = applyPipelineUpdate(pipeline, update);
        known = retried ?? known;
        expect(pipeline).toEqual(toPipeline(known));
      }
    }),
    { numRuns: runs(200) },
  );
});
