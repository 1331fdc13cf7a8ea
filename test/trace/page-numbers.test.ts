import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../helpers/runs.ts';
import { bytesOf, end, header, parse, parseInChunks, start } from './parse.ts';

const anchorsOf = (log: string) =>
  Array.from(parse(log).lines, ({ text, anchor }) => [text, anchor]);

describe('the number of a line on GitLab’s page', () => {
  it('counts only lines with text', () => {
    expect(anchorsOf('one\n\n  \n\x1b[0;m\r\n\ntwo\n')).toEqual([
      ['one', 1],
      ['', null],
      ['  ', 2],
      ['', null],
      ['', null],
      ['two', 3],
    ]);
  });

  it('does not count section marks, but each part of a line that they split', () => {
    const log = `${start('a')}A\n\n${end('a')}${start('b')}\n${end('b')}one${start('c')}two${end('c')}\nthree`;
    expect(anchorsOf(log)).toEqual([
      ['A', 1],
      ['', null],
      ['one', 2],
      ['two', 3],
      ['three', 4],
    ]);
  });

  it('does not count time headers, nor lines that continue another', () => {
    const log = `${header(1)}\n${header(2)}one \n${header(3, '01O', '+')}line\n${header(4)}\n${header(4, '01O', '+')}two\n`;
    expect(anchorsOf(log)).toEqual([
      ['', null],
      ['one line', 1],
      ['two', 2],
    ]);
  });

  it('does not count a mark that a continued line completes', () => {
    const log = `${header(1)}section_sta\n${header(1, '01O', '+')}rt:1:a\r\x1b[0KA\n${header(2)}b\n`;
    expect(anchorsOf(log)).toEqual([
      ['A', 1],
      ['b', 2],
    ]);
  });

  it('is missing for text before a carriage return, unless a line feed follows directly', () => {
    expect(anchorsOf('10%\r20%\r\n30%\r\x1b[0m\n40%\r\r\n50%\r')).toEqual([
      ['20%', 1],
      ['30%', null],
      ['40%', 2],
      ['50%', null],
    ]);
  });

  it('counts text that the page shows although it is erased or removed here', () => {
    const shown = ['spinner\x1b[2K', '\x07', '\x1b(B\x1b[m', '\x1b]0;title\x07', 'a\x1b[1G\x1b[K'];
    for (const line of shown)
      expect(anchorsOf(`${line}\n!`)).toEqual([
        ['', 1],
        ['!', 2],
      ]);
    expect(anchorsOf('\x1b]8;;\x1b\\\n!')).toEqual([
      ['', null],
      ['!', 1],
    ]);
  });

  it('counts a mark whose carriage return a tool removed, because the page shows it', () => {
    expect(anchorsOf('section_start:1:a\n\x1b[0KA\nsection_end:2:a\n\x1b[0Kb')).toEqual([
      ['A', 2],
      ['b', 4],
    ]);
  });

  it('counts from the beginning of a log of which only the end is kept', () => {
    const log = 'text\n\n'.repeat(500);
    const { lines } = parse(log, { maxBytes: 20 });
    expect(lines.slice(-2).map(({ number, anchor }) => [number, anchor])).toEqual([
      [999, 500],
      [1000, null],
    ]);
  });
});

const parts = ['word', 'word', '\n', '\n', '\r', '\r\n', '\x07', '\x1b[31m', '\x1b[K', '\x1b[1G'];
const marks = [start('a'), start('A'), start('b'), end('a'), end('b')];

/** Generates a log whose words are numbered, so that each word occurs once. */
const numberedLog = fc
  .array(fc.constantFrom(...parts, ...marks), { maxLength: 40 })
  .map((list) => list.map((part, index) => (part === 'word' ? ` w${index}.` : part)).join(''));

/**
 * Returns the text of the lines on GitLab's log page, without empty lines. It only handles section
 * marks, carriage returns and line feeds. A line also contains the text that a carriage return
 * cleared, because the gateway may keep that text in the same line: the page replaces it even by a
 * character that is not visible.
 */
function linesOfPage(log: string): string[] {
  const page: string[] = [];
  const open = new Set<string>();
  let line = '';
  let cleared = '';
  const flush = () => {
    if (line !== '') page.push(cleared + line);
    line = '';
    cleared = '';
  };
  const token =
    /section_(?<mark>start|end):\d+:(?<name>\w)\r\^\[0K|\^\[\d*\w|(?<lineEnd>\r*\n)|(?<clear>\r)|(?<text>.)/g;
  for (const { groups = {} } of log.replaceAll('\x1b', '^').matchAll(token)) {
    const { mark, name = '', lineEnd, clear, text } = groups;
    const key = name.toLowerCase();
    if (lineEnd !== undefined || mark === 'start' || (mark && open.has(key))) flush();
    if (mark === 'start') open.add(key);
    else if (mark) open.delete(key);
    if (clear !== undefined) {
      cleared += line;
      line = '';
    }
    line += text ?? '';
  }
  flush();
  return page;
}

describe('the numbers of any log', () => {
  it('are those of the lines of the page with the same words', () => {
    fc.assert(
      fc.property(numberedLog, fc.array(fc.nat(400), { maxLength: 4 }), (log, cuts) => {
        const page = linesOfPage(log);
        const bytes = bytesOf(log);
        const { lines } = parseInChunks(
          bytes,
          cuts.map((cut) => cut % (bytes.length + 1)),
        );
        for (const { text, anchor } of lines) {
          const word = text.match(/ w\d+\./g)?.at(-1);
          if (word === undefined) continue;
          const index = page.findIndex((line) => line.includes(word));
          expect(anchor).toBe(index < 0 ? null : index + 1);
        }
      }),
      { numRuns: runs(2000) },
    );
  });
});
