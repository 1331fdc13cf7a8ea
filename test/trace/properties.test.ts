import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ParsedSection } from '../../src/trace/parsed-trace.ts';
import { createTraceParser } from '../../src/trace/parser.ts';
import { traceStyleSheet } from '../../src/trace/style.ts';
import { runs } from '../helpers/runs.ts';
import { hostileLog, worstLogs } from './hostile.ts';
import { bytesOf, dump, end, htmlText, parse, parseInChunks, plainText, start } from './parse.ts';

const RUNS = { numRuns: runs(2000) };

const window = fc.option(
  fc.record({
    maxBytes: fc.integer({ min: 1, max: 400 }),
    maxLines: fc.integer({ min: 1, max: 20 }),
  }),
  { nil: undefined },
);

const classes = new Set(traceStyleSheet().match(/(?<=^\.)[\w-]+/gm));

/**
 * Returns the text of HTML. Throws for anything except text, five entities, and spans with known
 * classes that are not nested.
 */
function textOfHtml(html: string): string {
  const token = /([^<>&"']+)|(<span class="([\w -]+)">)|(<\/span>)|(&(?:amp|lt|gt|quot|#39);)/y;
  const entities: Record<string, string> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
  };
  let text = '';
  let open = false;
  while (token.lastIndex < html.length) {
    const at = token.lastIndex;
    const match = token.exec(html);
    if (match === null)
      throw new Error(`Unexpected HTML at ${at}: ${JSON.stringify(html.slice(at, at + 40))}`);
    const [, plain, opening, names, closing, entity] = match;
    text += plain ?? entities[entity ?? ''] ?? '';
    if ((opening !== undefined && open) || (closing !== undefined && !open))
      throw new Error('Spans do not match.');
    open = opening !== undefined || (open && closing === undefined);
    for (const name of names?.split(' ') ?? [])
      if (!classes.has(name)) throw new Error(`Unknown class ${name}`);
  }
  if (open) throw new Error('A span is not closed.');
  return text;
}

const isSameName = (a: string, b: string) =>
  a.toLowerCase().replaceAll(/[._]/g, '-') === b.toLowerCase().replaceAll(/[._]/g, '-');

const names = ['a', 'A', 'b.c', 'b_C', 'b-c', 'd'] as const;

/**
 * Generates a log of text lines and of section marks in any order: nested, overlapping, repeated or
 * never closed.
 */
const sectionLog = fc
  .array(
    fc.oneof(
      fc.constantFrom(...names).map((name) => start(name, 1)),
      fc.constantFrom(...names).map((name) => end(name, 1)),
      fc.constant('text\n'),
    ),
    { maxLength: 40 },
  )
  .map((list) => list.join(''));

/**
 * Generates a movement to the start of the line, an erasure, and a text after them. `\x1b[2K`
 * erases the whole line, so it may also be before the movement.
 */
const frame = fc
  .tuple(
    fc.constantFrom('\r', '\x1b[G', '\x1b[1G', '\x1b[0G', '\x1b[99D'),
    fc.constantFrom('\x1b[K', '\x1b[0K', '\x1b[2K', '\x1b[J'),
    fc.string({ unit: fc.constantFrom('a', 'b', ' '), minLength: 1, maxLength: 9 }),
    fc.boolean(),
  )
  .map(([move, erase, text, erasesFirst]) => ({
    move: erasesFirst && erase === '\x1b[2K' ? erase + move : move + erase,
    text,
  }));

/**
 * Returns the line that a terminal with one line shows. Each character replaces the cell at the
 * cursor.
 */
function terminalLine(log: string): string {
  let cells: string[] = [];
  let column = 0;
  for (const [token] of log.replaceAll('\x1b', '^').matchAll(/\^\[\d*\w|\r|./g)) {
    if (token === '^[2K') cells = cells.map(() => ' ');
    else if (token.startsWith('^[') && /[KJ]$/.test(token)) cells = cells.slice(0, column);
    else if (token === '\r' || token.startsWith('^[')) column = 0;
    else {
      cells[column] = token;
      column += 1;
    }
  }
  return cells.join('').trimEnd();
}

/**
 * SGR parameters that must not set an attribute such as bold. Some contain the numbers 1 to 9 as
 * parts of a color, where they are not codes.
 */
const parameters = ['38;5;1', '58;2;1;3;4', '58:5:1', '48:2::1:3:4', '38;2;4;3;9', '59', '6', '53'];

describe('any log', () => {
  it('has the same text and HTML in pieces as line by line', () => {
    fc.assert(
      fc.property(hostileLog, fc.nat(12), (log, last) => {
        const { lines } = parse(log);
        const end = last === 0 ? [] : lines.slice(-last);
        expect([...lines.plain()].join('')).toBe(plainText(lines));
        expect([...lines.html()].join('')).toBe(htmlText(lines));
        expect([...lines.plain(last)].join('')).toBe(plainText(end));
        expect([...lines.html(last)].join('')).toBe(htmlText(end));
      }),
      RUNS,
    );
  });

  it('has the same result whatever its chunks', () => {
    fc.assert(
      fc.property(
        hostileLog,
        fc.array(fc.nat(1000), { maxLength: 12 }),
        window,
        (log, cuts, options) => {
          const inside = cuts.map((cut) => cut % (log.length + 1));
          expect(dump(parseInChunks(log, inside, options))).toEqual(dump(parse(log, options)));
        },
      ),
      RUNS,
    );
  });

  it('has the same result byte by byte', () => {
    for (const log of worstLogs.map(bytesOf)) {
      const everywhere = Array.from({ length: log.length }, (_, at) => at);
      expect(dump(parseInChunks(log, everywhere))).toEqual(dump(parse(log)));
    }
    fc.assert(
      fc.property(hostileLog, window, (log, options) => {
        const everywhere = Array.from({ length: log.length }, (_, at) => at);
        expect(dump(parseInChunks(log, everywhere, options))).toEqual(dump(parse(log, options)));
      }),
      { numRuns: runs(500) },
    );
  });

  it('is not affected by snapshots, and does not affect them', () => {
    fc.assert(
      fc.property(hostileLog, fc.nat(1000), window, (log, cut, options) => {
        const parser = createTraceParser(options);
        parser.push(log.subarray(0, cut % (log.length + 1)));
        const snapshot = parser.snapshot();
        const before = dump(snapshot);
        parser.push(log.subarray(cut % (log.length + 1)));
        expect(dump(parser.end())).toEqual(dump(parse(log, options)));
        expect(dump(snapshot)).toEqual(before);
      }),
      RUNS,
    );
  });

  it('has no escapes or other control characters in its text', () => {
    fc.assert(
      fc.property(hostileLog, (log) => {
        const plain = plainText(parse(log).lines);
        const controls = Array.from(plain).filter((letter) => /\p{Cc}/u.test(letter));
        expect(controls.filter((letter) => letter !== '\t' && letter !== '\n')).toEqual([]);
      }),
      RUNS,
    );
  });

  it('has no marks in its text', () => {
    fc.assert(
      fc.property(hostileLog, (log) => {
        // Every section mark contains a carriage return, and text never does.
        for (const { text } of parse(log).lines) expect(text).not.toMatch(/[\r\n]/);
      }),
      RUNS,
    );
  });

  it('has HTML of only text and documented spans, with the same text', () => {
    fc.assert(
      fc.property(hostileLog, window, (log, options) => {
        const { lines } = parse(log, options);
        for (const { text, html } of lines) expect(textOfHtml(html)).toBe(text);
        expect(textOfHtml(htmlText(lines))).toBe(plainText(lines));
      }),
      RUNS,
    );
  });

  it('has consecutive line numbers, and sections within them', () => {
    fc.assert(
      fc.property(hostileLog, window, (log, options) => {
        const { lines, sections, byteSize } = parse(log, options);
        const all = [...lines];
        const last = all.at(-1)?.number ?? 0;
        expect(byteSize).toBe(log.length);
        all.forEach((line, index) => {
          expect(line.number).toBe((all[0]?.number ?? 0) + index);
        });
        const anchors = all.flatMap(({ anchor }) => anchor ?? []);
        expect(anchors).toEqual(anchors.toSorted((a, b) => a - b));
        for (const section of sections) {
          expect(section.lastLine ?? section.firstLine).toBeGreaterThanOrEqual(section.firstLine);
          if (lines.length > 0) expect(section.lastLine ?? 0).toBeLessThanOrEqual(last);
        }
      }),
      RUNS,
    );
  });

  it('has sections whose parents were open when they began, and one open section per name', () => {
    fc.assert(
      fc.property(sectionLog, (log) => {
        const { sections } = parse(log);
        const isOpenAt = (section: ParsedSection, line: number) =>
          section.finishedAt === null || (section.lastLine ?? section.firstLine - 1) >= line - 1;
        sections.forEach((section, index) => {
          const earlier = sections.slice(0, index);
          expect(section.firstLine).toBeGreaterThanOrEqual(earlier.at(-1)?.firstLine ?? 1);
          if (section.parent !== null) {
            const parents = earlier.filter(({ name }) => name === section.parent);
            expect(parents.some((parent) => isOpenAt(parent, section.firstLine))).toBe(true);
          }
          const namesake = earlier.findLast(({ name }) => isSameName(name, section.name));
          expect(namesake?.finishedAt).not.toBe(null);
          expect(namesake?.lastLine ?? 0).toBeLessThan(section.firstLine);
        });
      }),
      RUNS,
    );
  });

  it('has the lines that the marks open and close, by the names of GitLab', () => {
    fc.assert(
      fc.property(sectionLog, (log) => {
        const open: string[] = [];
        const expected: [string, string | null][] = [];
        for (const [, kind, name = '', text] of log.matchAll(
          /section_(start|end):1:([\w.-]+)\r..0K|(text)\n/g,
        )) {
          const at = open.findIndex((other) => isSameName(other, name));
          if (text !== undefined) expected.push([text, open.at(-1) ?? null]);
          else if (kind === 'end' && at >= 0) open.splice(at, 1);
          else if (kind === 'start' && at < 0) open.push(name);
        }
        expect(Array.from(parse(log).lines, ({ text, section }) => [text, section])).toEqual(
          expected,
        );
      }),
      RUNS,
    );
  });

  it('shows what a terminal shows if each frame erases the one before', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
        const log = frames.map(({ move, text }) => move + text).join('');
        const [line] = parse(log).lines;
        expect(line?.text.trimEnd() ?? '').toBe(terminalLine(log));
      }),
      RUNS,
    );
  });

  it('never shows the parameters of a style, and never applies those of a color', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parameters), { maxLength: 8 }), (list) => {
        const [line] = parse(`\x1b[0m\x1b[${list.join(';')}mx`).lines;
        expect(line?.text).toBe('x');
        const attributes = line?.html.match(/term-(bold|faint|italic|underline|cross)/g) ?? [];
        expect(attributes.length).toBe(0);
      }),
      RUNS,
    );
  });

  it('has the same last lines whether its beginning is kept or not', () => {
    fc.assert(
      fc.property(hostileLog, window, (log, options) => {
        const kept = [...parse(log, options).lines];
        const whole = [...parse(log).lines].slice(-kept.length || Number.MAX_SAFE_INTEGER);
        const strip = (line: object) => ({ ...line });
        expect(kept.slice(1).map(strip)).toEqual(whole.slice(1).map(strip));
        expect(kept[0]?.number).toBe(whole[0]?.number);
        expect(whole[0]?.text.endsWith(kept[0]?.text.replace(/^\ufffd+/, '') ?? '') ?? true).toBe(
          true,
        );
      }),
      RUNS,
    );
  });
});
