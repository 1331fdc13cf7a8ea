import { describe, expect, it } from 'vitest';
import { end, header, parse, start, texts } from './parse.ts';

describe('time headers', () => {
  it('set the time and stream of lines and are not text', () => {
    const log = '2024-05-22T12:12:46.962646Z 00O one\n2024-05-22T12:12:47.000000Z 01E two\n';
    expect(
      Array.from(parse(log).lines, ({ text, timestamp, stream }) => [text, timestamp, stream]),
    ).toEqual([
      ['one', '2024-05-22T12:12:46.962646Z', 'STDOUT'],
      ['two', '2024-05-22T12:12:47.000000Z', 'STDERR'],
    ]);
  });

  it('may have different days, and earlier ones again', () => {
    const days = ['2024-02-29', '2024-03-01', '2025-03-01', '2024-02-29', '2024-04-01'];
    const times = days.map((day) => `${day}T23:59:59.999999Z`);
    const { lines } = parse(times.map((time) => `${time} 00O text\n`).join(''));
    expect(Array.from(lines, ({ timestamp }) => timestamp)).toEqual(times);
  });

  it('are recognized only if the first line has one', () => {
    const log = `plain\n${header(1)}text`;
    expect(texts(log)).toEqual(['plain', `${header(1)}text`]);
    expect(parse(log).lines.at(1)).toMatchObject({ timestamp: null, stream: null });
  });

  it('may be missing on later lines', () => {
    const lines = [...parse(`${header(1)}a\nb\n\n${header(2)}c`).lines];
    expect(lines.map(({ text }) => text)).toEqual(['a', 'b', '', 'c']);
    expect(lines.map(({ stream }) => stream)).toEqual(['STDOUT', null, null, 'STDOUT']);
  });

  it('may be missing after a first one that belongs to a mark', () => {
    const lines = [...parse(`${header(1)}${start('a')}\nplain\n${header(2)}text`).lines];
    expect(lines.map(({ text, stream }) => [text, stream])).toEqual([
      ['plain', null],
      ['text', 'STDOUT'],
    ]);
  });

  it.each([
    ['a month', '2024-13-22T12:12:46.962646Z 01O '],
    ['a leap day', '2023-02-29T12:12:46.962646Z 01O '],
    ['a day', '2024-04-31T12:12:46.962646Z 01O '],
    ['an hour', '2024-05-22T24:12:46.962646Z 01O '],
    ['a stream', '2024-05-22T12:12:46.962646Z 01X '],
    ['a stream number', '2024-05-22T12:12:46.962646Z 0gO '],
    ['a flag', '2024-05-22T12:12:46.962646Z 01O-'],
    ['a year after 1970', '0001-05-22T12:12:46.962646Z 01O '],
    ['all its bytes', '2024-05-22T12:12:46.962646Z'],
  ])('are text without %s', (_, text) => {
    expect(texts(`${text}\n`)).toEqual([text]);
    expect(texts(text)).toEqual([text]);
  });

  it('may be on empty lines', () => {
    expect(texts(`${header(1)}\n${header(2)}\n${header(3)}x`)).toEqual(['', '', 'x']);
  });
});

describe('continued lines', () => {
  it('are one line, with the time of its beginning', () => {
    const log = `${header(1)}hel\n${header(2, '01O', '+')}lo \n${header(3, '01O', '+')}world\n${header(4)}next`;
    expect(
      Array.from(parse(log).lines, ({ text, timestamp }) => [text, timestamp?.slice(17, 19)]),
    ).toEqual([
      ['hello world', '01'],
      ['next', '04'],
    ]);
  });

  it('belong to their own stream, even if another one printed in between', () => {
    const log = [
      `${header(1, '01O')}hel`,
      `${header(2, '01E')}warn`,
      `${header(3, '01O', '+')}lo`,
      `${header(4, '01E', '+')}ing`,
      `${header(5, '01O')}next`,
      `${header(6, '01E', '+')}!`,
    ].join('\n');
    expect(
      Array.from(parse(log).lines, ({ number, text, stream }) => [number, text, stream]),
    ).toEqual([
      [1, 'hello', 'STDOUT'],
      [2, 'warning!', 'STDERR'],
      [3, 'next', 'STDOUT'],
    ]);
  });

  it('are separate for each stream number', () => {
    const log = `${header(1, '00O')}a\n${header(1, '01O')}b\n${header(1, '00O', '+')}c`;
    expect(texts(log)).toEqual(['ac', 'b']);
  });

  it('begin a line if there is nothing to continue', () => {
    expect(texts(`${header(1)}a\n${header(2, '02O', '+')}b`)).toEqual(['a', 'b']);
    expect(texts(`${header(1, '01O', '+')}a`)).toEqual(['a']);
  });

  it('replace the line after a carriage return, since the line feed belongs to the header', () => {
    const log = `${header(1)}10%\r\n${header(2, '01O', '+')}20%\r\n${header(3, '01O', '+')}100%\n${header(4)}done`;
    expect(texts(log)).toEqual(['100%', 'done']);
  });

  it('replace a line even after other lines', () => {
    const log = `${header(1)}10%\r\n${header(2, '01E')}x\n${header(3, '01O', '+')}20%\r\n${header(4, '01E')}y\n${header(5, '01O', '+')}\x1b[2K100%`;
    expect(texts(log)).toEqual(['100%', 'x', 'y']);
  });

  it('keep their colors', () => {
    const log = `${header(1)}\x1b[31mred\n${header(2, '01E')}\x1b[0mx\n${header(3, '01O', '+')}\x1b[32mgreen`;
    expect([...parse(log).lines].map(({ html }) => html)).toEqual([
      '<span class="term-fg-red">red</span><span class="term-fg-green">green</span>',
      'x',
    ]);
  });

  it.each([
    ['right after', ''],
    ['after a line of another stream', `${header(9, '00O')}other\n`],
  ])('complete an incomplete escape, mark, string and character, %s', (_, between) => {
    const whole = `a\x1b[31mb${start('build', 5)}\x1b]0;title\x07Head é${end('build', 7)}tail`;
    const bytes = Buffer.from(whole);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const log = Buffer.concat([
        Buffer.from(header(1)),
        bytes.subarray(0, cut),
        Buffer.from(`\n${between}${header(2, '01O', '+')}`),
        bytes.subarray(cut),
      ]);
      const trace = parse(log);
      const lines = [...trace.lines].map(({ text }) => text).filter((text) => text !== 'other');
      const inCharacter = between !== '' && bytes[cut] === 0xa9;
      expect(lines, `cut at ${cut}`).toEqual([
        'ab',
        inCharacter ? 'Head \ufffd\ufffd' : 'Head é',
        'tail',
      ]);
      expect(trace.sections, `cut at ${cut}`).toMatchObject([{ name: 'build', duration: 2 }]);
    }
  });

  it('turn an incomplete mark into text', () => {
    expect(texts(`${header(1)}a section_st\n${header(2, '01O', '+')}ill`)).toEqual([
      'a section_still',
    ]);
    expect(texts(`${header(1)}a section_st\n${header(2)}x`)).toEqual(['a section_st', 'x']);
  });

  it('allow a mark with its own header, which is not a line', () => {
    const log = `${header(1)}${start('a')}\n${header(2, '01O', '+')}Head\n${header(3)}x\n${header(4)}${end('a')}\n`;
    expect(texts(log)).toEqual(['Head', 'x']);
    expect(parse(log).sections).toMatchObject([{ header: 'Head', firstLine: 1, lastLine: 2 }]);
  });

  it('extend a section header', () => {
    const log = `${header(1)}${start('a')}Hea\n${header(2, '01O', '+')}der\n`;
    expect(parse(log).sections).toMatchObject([{ header: 'Header' }]);
  });
});
