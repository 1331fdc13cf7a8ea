import { describe, expect, it } from 'vitest';
import { end, parse, start, texts } from './parse.ts';

const numbersOf = (log: string, name: string) =>
  Array.from(parse(log).linesOf(name), ({ number }) => number);

const sectionsOfLines = (log: string) => Array.from(parse(log).lines, ({ section }) => section);

describe('sections', () => {
  it('have a header, times, and the lines between their marks', () => {
    const log = `before\n\x1b[0K${start('build', 1700000000)}Building\nstep\n${end('build', 1700000003)}\x1b[32mafter\n`;
    expect(parse(log).sections).toEqual([
      {
        name: 'build',
        header: 'Building',
        startedAt: '2023-11-14T22:13:20.000Z',
        finishedAt: '2023-11-14T22:13:23.000Z',
        duration: 3,
        collapsed: false,
        firstLine: 2,
        lastLine: 3,
        parent: null,
      },
    ]);
    expect(texts(log)).toEqual(['before', 'Building', 'step', 'after']);
    expect(sectionsOfLines(log)).toEqual([null, 'build', 'build', null]);
  });

  it('have options, known or unknown, with or without spaces', () => {
    const [a, b, c] = parse(
      `${start('a[collapsed=true]')}A\n${start('b[hide_duration=true, collapsed=true,x=1]')}B\n${start('c[collapsed=false]')}C`,
    ).sections;
    expect(a).toMatchObject({ name: 'a', collapsed: true, header: 'A' });
    expect(b).toMatchObject({ name: 'b', collapsed: true, header: 'B' });
    expect(c).toMatchObject({ name: 'c', collapsed: false, header: 'C' });
  });

  it('allow letters, digits, underscore, dot and hyphen in names', () => {
    expect(parse(start('a.B_c-9')).sections[0]?.name).toBe('a.B_c-9');
  });

  it('produce no line for a line with only marks', () => {
    const log = `a\n${start('x')}\n${end('x')}${start('y')}\n\n${end('y')}\nb`;
    expect(texts(log)).toEqual(['a', '', 'b']);
  });

  it('separate the text before a mark from the text after it', () => {
    const log = `one${start('x')}two${end('x')}three`;
    expect(texts(log)).toEqual(['one', 'two', 'three']);
    expect(sectionsOfLines(log)).toEqual([null, 'x', null]);
  });

  it('may end and start on one line', () => {
    const log = `${start('a')}A\n${end('a')}${start('b')}B\n${end('b')}`;
    expect(parse(log).sections).toMatchObject([
      { name: 'a', header: 'A', firstLine: 1, lastLine: 1 },
      { name: 'b', header: 'B', firstLine: 2, lastLine: 2 },
    ]);
  });

  it('have no header if a line feed or another mark follows immediately', () => {
    expect(parse(`${start('a')}${start('b')}B\n${start('c')}\nC`).sections).toMatchObject([
      { name: 'a', header: null, firstLine: 1 },
      { name: 'b', header: 'B', firstLine: 1 },
      { name: 'c', header: null, firstLine: 2 },
    ]);
  });

  it('without lines have no last line', () => {
    expect(parse(`one\n${start('x')}${end('x')}two`).sections).toMatchObject([
      { firstLine: 2, lastLine: null, header: null, duration: 10 },
    ]);
  });

  it('nest, and include the lines of nested sections', () => {
    const log = `${start('a')}A\n${start('b')}B\nb2\n${end('b')}a2\n${end('a')}out`;
    expect(numbersOf(log, 'a')).toEqual([1, 2, 3, 4]);
    expect(numbersOf(log, 'b')).toEqual([2, 3]);
    expect(sectionsOfLines(log)).toEqual(['a', 'b', 'b', 'a', null]);
    expect(parse(log).sections.map(({ parent }) => parent)).toEqual([null, 'a']);
  });

  it('end at the last line so far while open', () => {
    expect(parse(`${start('a')}A\nx\ny`).sections).toMatchObject([
      { finishedAt: null, duration: null, firstLine: 1, lastLine: 3 },
    ]);
  });

  it('end only with their own mark, as in GitLab, so they may overlap', () => {
    const log = `${start('a')}A\n${start('b')}B\n${end('a')}still b\n${end('b', 1700000020)}out`;
    expect(parse(log).sections).toMatchObject([
      { name: 'a', firstLine: 1, lastLine: 2, duration: 10 },
      { name: 'b', firstLine: 2, lastLine: 3, duration: 20 },
    ]);
    expect(sectionsOfLines(log)).toEqual(['a', 'b', 'b', null]);
  });

  it('that start again while open are one section, timed from the latest start', () => {
    const log = `${start('a', 100)}1\n${start('a', 110)}2\n${end('a', 117)}3\n${end('a')}4`;
    expect(parse(log).sections).toMatchObject([
      {
        header: '1',
        firstLine: 1,
        lastLine: 2,
        duration: 7,
        startedAt: '1970-01-01T00:01:50.000Z',
      },
    ]);
    expect(sectionsOfLines(log)).toEqual(['a', 'a', null, null]);
  });

  it('that start again within a nested section close before it', () => {
    const log = `${start('a')}A\n${start('b')}B\n${start('a')}A2\n${end('a')}b2\n${end('b')}out`;
    expect(parse(log).sections).toMatchObject([
      { name: 'a', parent: null, firstLine: 1, lastLine: 3 },
      { name: 'b', parent: 'a', firstLine: 2, lastLine: 4 },
    ]);
    expect(sectionsOfLines(log)).toEqual(['a', 'b', 'b', 'b', null]);
  });

  it('have one name in any case, with any of dot, underscore and hyphen', () => {
    const log = `${start('Install.Deps')}npm ci\n${end('install_deps')}${start('INSTALL-DEPS')}again\n${end('Install.deps')}out`;
    expect(parse(log).sections).toMatchObject([
      { name: 'Install.Deps', firstLine: 1, lastLine: 1 },
      { name: 'INSTALL-DEPS', firstLine: 2, lastLine: 2 },
    ]);
    expect(sectionsOfLines(log)).toEqual(['Install.Deps', 'INSTALL-DEPS', null]);
    expect(numbersOf(log, 'install-deps')).toEqual([1, 2]);
  });

  it('with the same name share their lines', () => {
    const log = `${start('a')}1\n${end('a')}2\n${start('a')}3\n4\n${end('a')}5\n`;
    expect(numbersOf(log, 'a')).toEqual([1, 3, 4]);
    const lines = parse(log).linesOf('a');
    expect(lines.length).toBe(3);
    expect(lines.slice(1, 3).map(({ text }) => text)).toEqual(['3', '4']);
    expect(lines.at(-1)?.text).toBe('4');
    expect([1, 2, 3, 9].map((number) => lines.countTo(number))).toEqual([1, 1, 2, 3]);
    expect(numbersOf(log, 'unknown')).toEqual([]);
  });

  it('ignore an end without a start, which does not split the line', () => {
    expect(texts(`Hello ${end('x')}world`)).toEqual(['Hello world']);
    expect(parse(end('x')).sections).toEqual([]);
  });

  it('have no negative duration and no date after the year 9999', () => {
    expect(parse(start('a', 20) + end('a', 10)).sections[0]?.duration).toBe(0);
    expect(parse(start('a', 999_999_999_999_999)).sections[0]?.startedAt).toBeNull();
  });

  it('shorten a very long header, but not the line', () => {
    const trace = parse(`${start('a')}${'x'.repeat(10_000)}`);
    expect(trace.sections[0]?.header).toHaveLength(4096);
    expect(trace.lines.at(0)?.text).toHaveLength(10_000);
  });

  it.each([
    ['no number for a time', 'section_start:now:a\r\x1b[0K'],
    ['no time', 'section_start::a\r\x1b[0K'],
    ['more digits than a time has', `section_start:${'1'.repeat(16)}:a\r\x1b[0K`],
    ['another name', 'section_begin:1:a\r\x1b[0K'],
    ['no name', 'section_start:1:\r\x1b[0K'],
    ['a name with other characters', 'section_start:1:a$b\r\x1b[0K'],
    ['too long a name', `section_start:1:${'n'.repeat(256)}\r\x1b[0K`],
    ['options without end', 'section_start:1:a[collapsed=true\r\x1b[0K'],
    ['markup for options', 'section_start:1:a[<b>=1]\r\x1b[0K'],
  ])(
    'are not opened by a mark with %s, which is text that its carriage return replaces',
    (_, mark) => {
      expect(parse(`${mark}text`).sections).toEqual([]);
      expect(texts(`${mark}text`)).toEqual(['text']);
      expect(texts(mark.slice(0, -5))).toEqual([mark.slice(0, -5)]);
    },
  );

  it.each([
    ['a carriage return', 'section_start:1:a\n'],
    ['an erase-line', 'section_start:1:a\r\n'],
    ['anything', 'section_start:1:a'],
  ])('are not opened by a mark without %s at its end', (_, log) => {
    expect(parse(`${log}`).sections).toEqual([]);
    expect(texts(log)).toEqual(['section_start:1:a']);
  });

  it('are found directly after an incomplete mark', () => {
    expect(parse(`section_section_start:1:${start('a')}A`).sections).toMatchObject([{ name: 'a' }]);
    expect(texts(`tests${start('a')}A`)).toEqual(['tests', 'A']);
  });

  it('are opened even if a tool converted carriage returns to line feeds', () => {
    for (const lineEnd of ['\n', '\r\n']) {
      const log = `section_start:1:a${lineEnd}\x1b[0KA\nb\nsection_end:2:a${lineEnd}\x1b[0Kc`;
      expect(parse(log).sections).toMatchObject([{ header: 'A', firstLine: 1, lastLine: 2 }]);
      expect(texts(log)).toEqual(['A', 'b', 'c']);
    }
  });

  it('keep text before a carriage return and a mark', () => {
    expect(texts(`${start('a')}A\n100%\r${end('a')}b`)).toEqual(['A', '100%', 'b']);
  });
});
