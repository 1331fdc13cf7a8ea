import { describe, expect, it } from 'vitest';
import { createTraceParser } from '../../src/trace/parser.ts';
import { bytesOf, header, joined, parse, plainText, texts } from './parse.ts';

describe('lines', () => {
  it('do not exist in an empty log', () => {
    const trace = parse('');
    expect(trace.lines.length).toBe(0);
    expect(trace).toMatchObject({ byteSize: 0, truncated: false, sections: [] });
  });

  it('have numbers from 1 on', () => {
    const lines = [...parse('one\ntwo\n\nfour').lines];
    expect(lines.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  });

  it('include empty ones, but none after the last line feed', () => {
    expect(texts('a\n\n\nb\n')).toEqual(['a', '', '', 'b']);
  });

  it('include a line with only escapes, but not at the end of the log', () => {
    expect(texts('a\n\x1b[0;m\nb\n\x1b[0;m')).toEqual(['a', '', 'b']);
  });

  it('are joined with line feeds in plain text, without one at the end', () => {
    expect(plainText(parse('a\r\nb\n\nc\n').lines)).toBe('a\nb\n\nc');
  });

  it('are read by position from both ends, like an array', () => {
    const { lines } = parse('a\nb\nc\nd');
    const names = (from?: number, to?: number) => lines.slice(from, to).map(({ text }) => text);
    expect(names()).toEqual(['a', 'b', 'c', 'd']);
    expect(names(1, 3)).toEqual(['b', 'c']);
    expect(names(-2)).toEqual(['c', 'd']);
    expect(names(-9, -3)).toEqual(['a']);
    expect(names(3, 1)).toEqual([]);
    expect(lines.at(0)?.text).toBe('a');
    expect(lines.at(-1)?.text).toBe('d');
    expect(lines.at(4)).toBeUndefined();
    expect(lines.at(-5)).toBeUndefined();
    expect([0, 1, 4, 9].map((number) => lines.countTo(number))).toEqual([0, 1, 4, 4]);
  });

  it('rejects bytes after the end', () => {
    const parser = createTraceParser();
    parser.end();
    expect(() => parser.push(bytesOf('a'))).toThrow('no more bytes are accepted');
  });
});

describe('carriage returns', () => {
  it('replace the line with the following text', () => {
    expect(texts('10%\r20%\r100%\ndone')).toEqual(['100%', 'done']);
  });

  it('replace a longer text completely with a shorter one', () => {
    expect(texts('downloading\rok\n')).toEqual(['ok']);
  });

  it('are part of the line end before a line feed, in any number', () => {
    expect(texts('a\r\nb\r\r\nc\r\n')).toEqual(['a', 'b', 'c']);
  });

  it('keep the line if no text follows', () => {
    expect(texts('100%\r')).toEqual(['100%']);
    expect(texts('100%\r\x1b[0m\n')).toEqual(['100%']);
  });

  it('replace colored text, and the color continues', () => {
    expect([...parse('\x1b[31mred\rstill').lines].map(({ html }) => html)).toEqual([
      '<span class="term-fg-red">still</span>',
    ]);
  });
});

describe('erase-line', () => {
  it.each([
    ['to the end, after a carriage return', 'old\r\x1b[0Knew', 'new'],
    ['to the end, in its short form', 'old\r\x1b[Knew', 'new'],
    ['to the end, where nothing follows', 'old\x1b[0K new', 'old new'],
    ['to the start', 'old\x1b[1Knew', 'new'],
    ['to the start, from the start', 'old\r\x1b[1K\n', 'old'],
    ['whole', 'old\x1b[2Knew', 'new'],
    ['with the screen below', 'old\r\x1b[Jnew', 'new'],
    ['with the whole screen', 'old\x1b[2Jnew', 'new'],
    ['in an unknown way', 'old\x1b[7K new', 'old new'],
  ])('erases %s', (_, log, text) => {
    expect(texts(log)).toEqual([text]);
  });

  it('leaves an empty line if no text follows', () => {
    expect(texts('a\nold\r\x1b[K\nb')).toEqual(['a', '', 'b']);
  });
});

describe('the cursor', () => {
  it.each([
    ['column 1', '10%\x1b[1G20%\x1b[1G100%', '100%'],
    ['column 1 without a number', '10%\x1b[G20%', '20%'],
    ['column 0', '10%\x1b[0G\x1b[K20%', '20%'],
    ['column 1 in another form', '10%\x1b[`20%', '20%'],
    ['the left by more columns than a terminal has', 'some text\x1b[1000Dnew', 'new'],
    ['the left by exactly the length of the line', '⠙ build\x1b[7Dnew', 'new'],
    ['the left by the column of the only letter', '⠙\x1b[D⠹\x1b[0D⠸\x1b[1D⠼', '⠼'],
  ])('at the start of the line replaces it: %s', (_, log, text) => {
    expect(texts(log)).toEqual([text]);
  });

  it.each([
    ['one column', 'ab\x1b[1Dc', 'ac'],
    ['several columns', 'abc\x1b[2Dd', 'ad'],
    ['backspaces', '- a\b/ b\b', '- / b'],
    ['backspaces to the start', '10%\b\b\b20%\b\b\b100%', '100%'],
    ['more backspaces than text', 'ab\b\b\b\bc', 'c'],
    ['backspaces and escapes', 'abc\b\x1b[Dd', 'ad'],
    ['a spinner after text', 'Solving: -\b\\\b|\b/\bdone', 'Solving: done'],
    ['a spinner that is wide', 'Loading 🌍\b\b🌎\b\b🌏', 'Loading 🌏'],
    ['a letter of two bytes', 'é\bè', 'è'],
    ['bold letters of a typewriter', 'N\bNA\bAM\bME\bE', 'NAME'],
    ['and to the right again', 'abc\b\b\x1b[Cd\b\x1b[5Ce', 'abde'],
  ])('to the left of the end replaces what follows it: %s', (_, log, text) => {
    expect(texts(log)).toEqual([text]);
  });

  it.each([
    ['at its end', 'abc\x1b[K', 'abc'],
    ['after backspaces', 'abc\b\b\x1b[K', 'a'],
    ['after a movement to the left', 'abc\x1b[2D\x1b[0Kd', 'ad'],
    ['after backspaces, whole', 'abc\b\x1b[2Kd', 'd'],
    ['after backspaces, to the start', 'abc\b\x1b[1K', 'abc'],
  ])('decides what is erased: %s', (_, log, text) => {
    expect(texts(log)).toEqual([text]);
  });

  it('does not remove text if none follows', () => {
    expect(texts('abc\b\b\ndone\x1b[2D')).toEqual(['abc', 'done']);
  });

  it('stays in its line when other streams write in between', () => {
    const [one, other, more] = [header(1), header(2, '00O'), header(3, '01O', '+')];
    expect(texts(`${one}ab -\n${more}\b/\n`)).toEqual(['ab /']);
    expect(texts(`${one}ab -\n${other}x\n${more}\b/\n`)).toEqual(['ab -/', 'x']);
  });

  it.each([
    ['column 2', 'ab\x1b[2Gc', 'abc'],
    ['the right', 'ab\x1b[1Cc', 'abc'],
    ['an invalid column', 'ab\x1b[1;1Gc\x1b[?1Gd', 'abcd'],
  ])('elsewhere in the line is ignored: %s', (_, log, text) => {
    expect(texts(log)).toEqual([text]);
  });

  it.each(['\x1b[A', '\x1b[2B', '\x1b[1F', '\x1b[E', '\x1b[H', '\x1b[3;1H', '\x1b[2d'])(
    'in another line erases nothing of this one: %s',
    (move) => {
      expect(texts(`ab${move}\x1b[2K\x1b[1G\x1b[0Kcd\nef\x1b[1G\x1b[0Kgh`)).toEqual(['abcd', 'gh']);
      expect(texts(`ab${move}\r\x1b[Kcd`)).toEqual(['cd']);
    },
  );

  it('keeps the line if no text follows', () => {
    expect(texts('100%\x1b[1G\n')).toEqual(['100%']);
  });

  it('is kept by a continued line', () => {
    expect(texts(`${header(1)}10%\x1b[1G\n${header(2, '01O', '+')}20%\n`)).toEqual(['20%']);
  });

  it('shows the last frame of a spinner, and an empty line if it was erased', () => {
    const back = '\x1b[1G\x1b[0K';
    expect(texts(`${back}⠙${back}⠹${back}warning\n${back}⠼${back}\ndone`)).toEqual([
      'warning',
      '',
      'done',
    ]);
  });
});

describe('bytes other than text', () => {
  it.each([
    ['cursor movements', 'a\x1b[2Ab\x1b[10;20Hc'],
    ['private modes', 'a\x1b[?25lb\x1b[?25hc'],
    ['two-byte escapes', 'a\x1b7b\x1b=c'],
    ['character sets', 'a\x1b(Bb\x1b)0c'],
    ['titles ended by BEL', 'a\x1b]0;title\x07bc'],
    ['hyperlinks', 'a\x1b]8;;https://example.com/m\x1b\\b\x1b]8;;\x1b\\c'],
    ['device strings', 'a\x1bPq#0;2;0;0;0\x1b\\bc'],
    ['strings that another escape breaks off', 'a\x1b]0;title\x1b[31mbc'],
    ['strings that are cancelled', 'a\x1b]0;title\x18bc'],
    ['escapes that another one breaks off', 'a\x1b[31\x1b[32mbc'],
    ['an escape before another', 'a\x1b\x1b[1mbc'],
    ['bells, NUL and DEL', 'a\x07\x00b\x7f\x0b\x0cc'],
    ['C1 controls', 'a\u0090b\u009bc'],
    ['an escape without end', 'abc\x1b[31'],
    ['control sequences longer than any real one', `ab\x1b[${'1;'.repeat(3000)}mc`],
  ])('are dropped: %s', (_, log) => {
    expect(texts(log)).toEqual(['abc']);
  });

  it('are dropped up to the end of the line in an unterminated string', () => {
    expect(texts('a\x1b]0;title\nb\x1b[\nc\x1b\nd')).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are dropped up to the end of the line in an unterminated overlong sequence', () => {
    expect(texts(`a\x1b[${'1'.repeat(400)}\nb`)).toEqual(['a', 'b']);
  });

  it('are kept if they are tabs', () => {
    expect(texts('a\tb')).toEqual(['a\tb']);
  });
});

describe('UTF-8', () => {
  it('keeps characters of all lengths', () => {
    expect(texts('é € 🚀')).toEqual(['é € 🚀']);
  });

  it('replaces invalid bytes with U+FFFD', () => {
    expect(texts(joined('a', [0xff, 0xc3], 'b', [0xe2, 0x82]))).toEqual(['a\ufffd\ufffdb\ufffd']);
  });

  it('reads a character that a change of color splits as two invalid ones, in text and HTML', () => {
    const [line] = parse(joined([0xc3], '\x1b[31m', [0xa9])).lines;
    expect(line?.text).toBe('\ufffd\ufffd');
    expect(line?.html).toBe('\ufffd<span class="term-fg-red">\ufffd</span>');
  });
});

describe('a snapshot of an unfinished log', () => {
  const soFar = (...chunks: (string | Uint8Array)[]) => {
    const parser = createTraceParser();
    for (const chunk of chunks) parser.push(bytesOf(chunk));
    return parser.snapshot();
  };

  it.each([
    ['an escape', 'ab\x1b[3'],
    ['a mark', 'absection_start:17000'],
    ['a mark that lacks its last byte', 'absection_end:1:x\r\x1b[0'],
    ['a character', joined('ab', [0xf0, 0x9f])],
  ])('omits the beginning of %s', (_, log) => {
    expect(Array.from(soFar(log).lines, ({ text }) => text)).toEqual(['ab']);
  });

  it('includes text that ends with the first letters of a mark', () => {
    expect(soFar('3 tests').lines.at(0)?.text).toBe('3 tests');
  });

  it('includes an unfinished line, but not the header of the next', () => {
    expect(soFar('2024-05-22T12:12:46.962646Z 01O a\n2024-05-').lines.length).toBe(1);
  });

  it('does not change later, and does not affect the parser', () => {
    const parser = createTraceParser();
    parser.push(bytesOf('one\nsection_start:1:a\r\x1b[0KHea'));
    const before = parser.snapshot();
    parser.push(bytesOf('der\rNew\x1b[31m header\nsection_end:3:a\r\x1b[0K'));
    const after = parser.snapshot();
    expect(plainText(before.lines)).toBe('one\nHea');
    expect(before.sections).toMatchObject([{ header: 'Hea', finishedAt: null, lastLine: 2 }]);
    expect(plainText(after.lines)).toBe('one\nNew header');
    expect(after.sections).toMatchObject([{ header: 'New header', duration: 2 }]);
    expect(plainText(parser.end().lines)).toBe('one\nNew header');
  });
});
