import { describe, expect, it } from 'vitest';
import { end, header, parse, start, texts } from './parse.ts';

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');

describe('the end of a long log', () => {
  it('is kept, with original line numbers and the full size', () => {
    const log = numbered(1000);
    const trace = parse(log, { maxBytes: 100 });
    expect(trace).toMatchObject({ byteSize: log.length, truncated: true });
    expect(Array.from(trace.lines, ({ number, text }) => [number, text])).toEqual(
      Array.from({ length: 11 }, (_, index) => [990 + index, `line ${990 + index}`]),
    );
    expect(trace.lines.countTo(995)).toBe(6);
  });

  it('is the whole log if that fits', () => {
    const log = numbered(10);
    expect(parse(log, { maxBytes: log.length })).toMatchObject({ truncated: false });
    expect(parse(log, { maxBytes: log.length }).lines.length).toBe(10);
  });

  it('begins with a whole line', () => {
    expect(texts('aaaa\nbbbb\ncccc\ndddd\n', { maxBytes: 14 })).toEqual(['cccc', 'dddd']);
  });

  it('begins within a line that takes most of it', () => {
    const trace = parse(`${'x'.repeat(500)}y\nend\n`, { maxBytes: 100 });
    expect([...trace.lines].map(({ text }) => text)).toEqual([`${'x'.repeat(95)}y`, 'end']);
    expect(trace).toMatchObject({ truncated: true, byteSize: 506 });
  });

  it('begins with a whole character', () => {
    const [line] = parse(`a${'€'.repeat(200)}`, { maxBytes: 100 }).lines;
    expect(line?.text).toBe('€'.repeat(33));
  });

  it('has at most the requested number of lines', () => {
    const trace = parse(numbered(100), { maxLines: 3 });
    expect([...trace.lines].map(({ number }) => number)).toEqual([98, 99, 100]);
    expect(trace.truncated).toBe(true);
  });

  it('keeps all sections, and their headers and numbers', () => {
    const log = `${start('a')}A\n${end('a')}${start('b')}B\n${numbered(1000)}`;
    const trace = parse(log, { maxBytes: 100 });
    expect(trace.sections).toMatchObject([
      { name: 'a', header: 'A', firstLine: 1, lastLine: 1 },
      { name: 'b', header: 'B', firstLine: 2, lastLine: 1002 },
    ]);
    expect(trace.linesOf('a').length).toBe(0);
    expect(trace.linesOf('b').length).toBe(11);
    expect(trace.lines.at(0)?.section).toBe('b');
  });

  it('keeps colors from before it', () => {
    const trace = parse(`\x1b[31m${numbered(1000)}`, { maxBytes: 100 });
    expect(trace.lines.at(-1)?.html).toBe('<span class="term-fg-red">line 1000</span>');
  });

  it('keeps a line that is continued long after it began as one line', () => {
    const log = `${header(1)}${'a'.repeat(300)}\n${header(2, '00O')}b\n${header(3, '01O', '+')}c\n${header(4)}d`;
    const trace = parse(log, { maxBytes: 120 });
    expect(Array.from(trace.lines, ({ number, text }) => [number, text])).toEqual([
      [2, 'b'],
      [3, 'd'],
    ]);
  });

  it('is not affected by the continuation of a forgotten line', () => {
    const between = `${header(2, '00O')}${'b'.repeat(100)}\n`.repeat(2000);
    const late = `${header(3, '01O', '+')}late \x1b[31mred\n${header(4, '00O')}last`;
    const trace = parse(`${header(1)}early\n${between}${late}`, { maxBytes: 500 });
    expect(Array.from(trace.lines, ({ number, text }) => [number, text.slice(0, 4)])).toEqual([
      [1999, 'bbbb'],
      [2000, 'bbbb'],
      [2001, 'bbbb'],
      [2002, 'last'],
    ]);
    expect(trace.lines.at(-1)?.html).toBe('<span class="term-fg-red">last</span>');
  });

  it('forgets old sections only if there are very many', () => {
    const many = `${start('x', 1)}${end('x', 2)}\n`.repeat(140_000);
    const trace = parse(`${many}${numbered(100)}${start('y')}Y`, { maxBytes: 200 });
    expect(trace.sections.map(({ name }) => name)).toEqual(['y']);
    const open = Array.from({ length: 131_073 }, (_, index) => start(`n${index}`, 1)).join('');
    expect(parse(open).sections).toHaveLength(131_072);
  });
});
