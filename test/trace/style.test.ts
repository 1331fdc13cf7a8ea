import { describe, expect, it } from 'vitest';
import { traceStyleSheet } from '../../src/trace/style.ts';
import { htmls } from './parse.ts';

describe('colors', () => {
  it.each([
    ['31', 'term-fg-red'],
    ['37', 'term-fg-white'],
    ['44', 'term-bg-blue'],
    ['92', 'term-fg-l-green'],
    ['105', 'term-bg-l-magenta'],
    ['31;44', 'term-fg-red term-bg-blue'],
    ['32;1', 'term-fg-green term-bold'],
    ['1;3;4', 'term-bold term-italic term-underline'],
    ['2', 'term-faint'],
    ['8', 'term-conceal'],
    ['9', 'term-cross'],
    ['38;5;208', 'xterm-fg-208'],
    ['48;5;16', 'xterm-bg-16'],
    ['38;5;1', 'term-fg-red'],
    ['38;5;9', 'term-fg-l-red'],
    ['38;5;208;1', 'xterm-fg-208 term-bold'],
    ['38;2;255;135;0', 'xterm-fg-208'],
    ['48;2;8;8;8;31', 'term-fg-red xterm-bg-232'],
    ['38:5:208', 'xterm-fg-208'],
    ['38:2::255:135:0', 'xterm-fg-208'],
    ['38:2:255:135:0', 'xterm-fg-208'],
    ['4:3', 'term-underline'],
    ['4;58;2;0;128;255;1', 'term-bold term-underline'],
    ['58;5;9;4', 'term-underline'],
    ['4:3;58:2::255:0:0', 'term-underline'],
    ['58:5:1;3', 'term-italic'],
    ['38;2:1:255:135:0;1', 'xterm-fg-208 term-bold'],
    ['38:2:1;4', 'term-underline'],
    ['7', 'term-inverse'],
    ['31;7', 'term-bg-red term-inverse'],
    ['31;44;7', 'term-fg-blue term-bg-red term-inverse'],
  ])('SGR %s sets %s', (codes, classes) => {
    expect(htmls(`\x1b[${codes}mx`)).toEqual([`<span class="${classes}">x</span>`]);
  });

  it.each([
    ['0', '1;31'],
    ['', '1;31'],
    [';', '1;31'],
    ['39', '38;5;208'],
    ['49', '41'],
    ['99', '91'],
    ['109', '101'],
    ['21', '1'],
    ['22', '1;2'],
    ['23', '3'],
    ['24', '4'],
    ['4:0', '4'],
    ['27', '7'],
    ['28', '8'],
    ['29', '9'],
  ])('SGR "%s" ends SGR %s', (off, on) => {
    expect(htmls(`\x1b[${on}m\x1b[${off}mx`)).toEqual(['x']);
  });

  it.each([
    '5',
    '38',
    '38;5',
    '38;5;256',
    '38;2;1;2',
    '48;5',
    '58',
    '58;5',
    '58;2;1;4;7',
    '38;9;1',
    '38;;1',
    '48;3;1;4;7',
    '58;1;4',
    '38:2:1',
    '98',
    '6',
    '25',
    '999999999999',
    '58:2::1:2:3',
    '?1',
    '>4;1',
    '1 ',
  ])('SGR "%s" has no effect', (codes) => {
    expect(htmls(`\x1b[${codes}mx`)).toEqual(['x']);
  });

  it('end with a reset of the terminal', () => {
    for (const reset of ['\x1bc', '\x1b[!p']) {
      expect(htmls(`\x1b[1;31;44ma${reset}b\nc`)).toEqual([
        '<span class="term-fg-red term-bg-blue term-bold">a</span>b',
        'c',
      ]);
    }
    expect(htmls('\x1b[1ma\x1b[p\x1b[?p\x1b(cb')).toEqual(['<span class="term-bold">ab</span>']);
  });

  it('change within a line and continue on the next lines until reset', () => {
    expect(htmls('a\x1b[31mb\nc\x1b[1md\x1b[0me\nf')).toEqual([
      'a<span class="term-fg-red">b</span>',
      '<span class="term-fg-red">c</span><span class="term-fg-red term-bold">d</span>e',
      'f',
    ]);
  });

  it('make no span if nothing changes', () => {
    expect(htmls('\x1b[31ma\x1b[32m\x1b[31mb\x1b[0m')).toEqual([
      '<span class="term-fg-red">ab</span>',
    ]);
  });

  it('have one rule per class in the style sheet, without external resources', () => {
    const sheet = traceStyleSheet();
    for (const name of [
      'term-fg-red',
      'term-bg-l-white',
      'xterm-fg-16',
      'xterm-bg-255',
      'term-inverse',
      'term-bold',
    ]) {
      expect(sheet).toContain(`.${name} {`);
    }
    expect(sheet).toContain('.xterm-fg-208 { color: #ff8700; }');
    expect(sheet).toContain('.xterm-bg-232 { background-color: #080808; }');
    expect(sheet).not.toMatch(/url|import|<|NaN|undefined/);
    expect(sheet.match(/^\./gm)).toHaveLength(512 + 8);
  });
});

describe('HTML', () => {
  it('escapes everything that could be markup', () => {
    expect(htmls(`<script>alert("1" & '2')</script>`)).toEqual([
      '&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;',
    ]);
  });
});
