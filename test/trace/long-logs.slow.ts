import { describe, expect, it } from 'vitest';
import { end, parse, repeated, start } from './parse.ts';

describe('immense logs', () => {
  it('may nest 100 000 sections', () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `n${index}`);
    const opened = names.map((name) => `${start(name, 1)}${name}\n`).join('');
    const closed = names.map((name) => end(name, 2)).join('');
    const trace = parse(`${opened}${closed}out`);
    expect(trace.lines.length).toBe(100_001);
    expect(trace.sections).toHaveLength(100_000);
    expect(trace.sections.at(-1)).toMatchObject({ lastLine: 100_000, duration: 1 });
    expect(trace.linesOf('n99000').length).toBe(1000);
    expect(trace.lines.at(-1)?.section).toBeNull();
  });

  it('may have a million empty lines', () => {
    expect(parse(repeated('\n', 1_000_000)).lines.length).toBe(1_000_000);
  });

  it('may change the color of one line a million times', () => {
    const [line] = parse(repeated('\x1b[1mx\x1b[0my', 1_000_000)).lines;
    expect(line?.html.startsWith('<span class="term-bold">x</span>y<span')).toBe(true);
  });
});
