import fc from 'fast-check';
import { bytesOf, end, header, start } from './parse.ts';

/** Valid and invalid parts of logs that a hostile job could print in any order. */
const parts = [
  'a',
  'text with words and sessions ',
  's',
  'se',
  'section_',
  'section_start:',
  'é',
  '€',
  '🚀',
  '\u009b31m',
  '\u202e',
  '\ufeff',
  '\n',
  '\n',
  '\n',
  '\r',
  '\r\n',
  '\t',
  '\x00',
  '\x07',
  '\b',
  '\x7f',
  '\x18',
  '\x1b',
  '\x1b[',
  '\x1b[3',
  '\x1b[31m',
  '\x1b[0m',
  '\x1b[m',
  '\x1b[1;4;7m',
  '\x1b[38;5;208m',
  '\x1b[48;2;1;2;3m',
  '\x1b[38:2::9:9:9m',
  '\x1b[K',
  '\x1b[0K',
  '\x1b[1K',
  '\x1b[2K',
  '\x1b[2J',
  '\x1b[1G',
  '\x1b[G',
  '\x1b[2D',
  '\x1b[C',
  '\b\b\b',
  '\x1b[999D',
  '\x1b[A',
  '\x1bc',
  '\x1b[!p',
  '\x1b[58;2;1;4;7m',
  '\x1b[38;9;1m',
  '\x1b(B',
  '\x1b]0;t',
  '\x1b]8;;http://x/\x07',
  '\x1b\\',
  '\x1bP',
  `\x1b[${'9;'.repeat(150)}m`,
  '\x1b[31;"><script>m',
  start('a'),
  start('b[collapsed=true]'),
  start('a.b-c_d'),
  end('a'),
  end('b'),
  end('a.b-c_d'),
  start('A-B.C-D'),
  end('A'),
  'section_start:1:a\n\x1b[0K',
  'section_end:5:b\r\n\x1b[0K',
  'section_start:x:a\r\x1b[0K',
  'section_start:1:"><img src=x onerror=alert(1)>\r\x1b[0K',
  `section_start:1:${'n'.repeat(300)}\r\x1b[0K`,
  '[collapsed=true]',
  ':1:a',
  '\r\x1b[0K',
  `\n${header(1)}`,
  `\n${header(2, '01E')}`,
  `\n${header(3, '01O', '+')}`,
  `\n${header(4, '01E', '+')}`,
  `\n${header(5, '00O', '+')}`,
  '2024-05-22T12:',
  header(7),
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</pre></span>',
  '" onclick="x',
  "' style='x",
  '&lt;',
  '&#x3c;b>',
  '<!--',
  ']]>',
] as const;

const soup = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.oneof(fc.constantFrom(...parts), fc.string({ maxLength: 4 })), { maxLength: 60 }),
  )
  .map(([timed, list]) => bytesOf((timed ? header(0) : '') + list.join('')));

const noise = fc.uint8Array({ maxLength: 200 });

/**
 * Generates any output of a job: mixtures of escapes, section marks, time headers and markup,
 * random bytes, and both.
 */
export const hostileLog: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: soup },
  { weight: 1, arbitrary: noise },
  {
    weight: 2,
    arbitrary: fc
      .tuple(soup, noise, soup)
      .map((pieces) => Uint8Array.from(pieces.flatMap((piece) => [...piece]))),
  },
);

/** Logs with all parts in sequence: without time headers, with one, and in reverse order. */
export const worstLogs: readonly string[] = [
  parts.join(''),
  header(0) + parts.join(''),
  [...parts].reverse().join(''),
];
