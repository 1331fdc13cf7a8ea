import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTraceParser, type TraceParserOptions } from '../../src/trace/parser.ts';
import { runs } from '../helpers/runs.ts';
import { hostileLog } from './hostile.ts';
import { bytesOf, end, header, parse, plainText, repeated, start } from './parse.ts';

const MIB = 1024 * 1024;

/** Wraps a log in a proxy that counts reads of single bytes. It does not count copies of ranges. */
function counted(bytes: Uint8Array): { log: Uint8Array; reads: () => number } {
  let reads = 0;
  const wrap = (target: Uint8Array): Uint8Array =>
    new Proxy(target, {
      get(_, key) {
        // The key is an index, because no other property name begins with a digit.
        if (typeof key === 'string' && key.charCodeAt(0) < 58) {
          reads += 1;
          return target[key as unknown as number];
        }
        const value: unknown = Reflect.get(target, key, target);
        if (key === 'subarray') {
          return (from: number, to: number) => wrap(target.subarray(from, to));
        }
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return { log: wrap(bytes), reads: () => reads };
}

/** Returns the average number of reads per byte, for a log in chunks of `chunk` bytes. */
function readsPerByte(bytes: Uint8Array, chunk: number): number {
  const { log, reads } = counted(bytes);
  const parser = createTraceParser();
  for (let at = 0; at < bytes.length; at += chunk) parser.push(log.subarray(at, at + chunk));
  parser.end();
  return reads() / bytes.length;
}

describe('the time to parse a log', () => {
  const worst: Record<string, string> = {
    'plain text': 'The tests of this session pass, as they should.\n',
    'one line': 'The tests of this session pass, as they should. ',
    'empty lines': '\n',
    'only the letter s': 's',
    'words that begin like marks': 'section_',
    'marks that end late': `section_start:1:${'n'.repeat(254)}[`,
    'marks in marks': 'section_start:1:section_end:2:',
    marks: start('a') + end('a'),
    'marks without end': 'section_start:1:a\r\x1b[0',
    colors: '\x1b[1;38;2;1;2;3mx',
    'escapes alone': '\x1b',
    'sequences without end': '\x1b[31;',
    'overlong sequences': `\x1b[${'1;'.repeat(1000)}`,
    'strings without end': '\x1b]8;;',
    'carriage returns': '10%\r',
    'time headers': `${header(1)}text\n`,
    'continued lines': `${header(1, '01O', '+')}text\n`,
    'continued marks': `${header(1, '01O', '+')}section_st\n`,
    'alternating streams': `${header(1, '01O', '+')}a section_\n${header(1, '01E', '+')}b\n`,
  };

  it.each(Object.entries(worst))('grows linearly with its length: %s', (_, unit) => {
    const once = readsPerByte(repeated(unit, 20_000), 20_000);
    const fourfold = readsPerByte(repeated(unit, 80_000), 80_000);
    expect(fourfold).toBeLessThan(once * 1.1 + 0.1);
    expect(fourfold).toBeLessThan(8);
  });

  it.each(Object.entries(worst))('grows linearly in small chunks: %s', (_, unit) => {
    const once = readsPerByte(repeated(unit, 10_000), 100);
    const fourfold = readsPerByte(repeated(unit, 40_000), 100);
    expect(fourfold).toBeLessThan(once * 1.1 + 0.1);
    expect(fourfold).toBeLessThan(20);
  });
});

describe('immense logs', () => {
  it('may have a line of any length, whose end is kept', () => {
    const trace = parse(repeated('0123456789', 4 * MIB), { maxBytes: MIB });
    const [line] = trace.lines;
    expect(line?.number).toBe(1);
    expect(line?.text.length).toBe(MIB);
    expect(trace).toMatchObject({ byteSize: 4 * MIB, truncated: true });
  });

  it('keep the header of a line that is longer than the window', () => {
    const log = Buffer.concat([bytesOf(start('a')), repeated('0123456789', 4 * MIB)]);
    const [section] = parse(log, { maxBytes: MIB }).sections;
    expect(section?.header).toBe('0123456789'.repeat(410).slice(0, 4096));
  });
});

describe('a log that is longer than its window', () => {
  const windowOf = (trace: ReturnType<typeof parse>) => ({
    plain: plainText(trace.lines),
    numbers: [trace.lines.at(0)?.number, trace.lines.length],
    html: trace.lines.slice(-40).map(({ html }) => html),
    sections: trace.sections.map(({ firstLine, lastLine, header: head }) => [
      firstLine,
      lastLine,
      head,
    ]),
  });

  it('keeps the same end whatever its chunks, equal to that of the whole log', () => {
    const options: TraceParserOptions = { maxBytes: 50_000 };
    fc.assert(
      fc.property(hostileLog, hostileLog, fc.integer({ min: 1, max: 99_999 }), (a, b, chunk) => {
        const unit = Uint8Array.from([...a, ...b, 10]);
        const log = repeated(unit, 1_000_000);
        const parser = createTraceParser(options);
        for (let at = 0; at < log.length; at += chunk + 1000) {
          parser.push(log.subarray(at, at + chunk + 1000));
        }
        const kept = parser.end();
        expect(windowOf(kept)).toEqual(windowOf(parse(log, options)));
        const whole = parse(log);
        const { length } = kept.lines;
        const tail = length < 2 ? [] : whole.lines.slice(1 - length);
        expect(plainText(kept.lines.slice(1))).toBe(plainText(tail));
        expect(kept.lines.at(-1)?.number).toBe(length === 0 ? undefined : whole.lines.length);
      }),
      { numRuns: runs(6) },
    );
  });
});
