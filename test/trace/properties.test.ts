import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTraceParser } from '../../src/trace/parser.ts';
import { traceStyleSheet } from '../../src/trace/style.ts';
import { runs } from '../helpers/runs.ts';
import { hostileLog, worstLogs } from './hostile.ts';
import { bytesOf, dump, htmlText, parse, parseInChunks, plainText } from './parse.ts';

const RUNS = { numRuns: runs(2000) };

const window = fc.option(
  fc.record({
    maxBytes: fc.integer({ min: 1, max: 400 }),
    maxLines: fc.integer({ min: 1, max: 20 }),
  }),
  { nil: undefined },
);

const classes = new Set(traceStyleSheet().match(/(?<=^\.)[\w-]+/gm));

/** Extracts the text of HTML; throws for anything but text, five entities and flat spans with known classes. */
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
        // Every mark contains a carriage return, text never does.
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
        for (const section of sections) {
          expect(section.lastLine ?? section.firstLine).toBeGreaterThanOrEqual(section.firstLine);
          if (lines.length > 0) expect(section.lastLine ?? 0).toBeLessThanOrEqual(last);
        }
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
