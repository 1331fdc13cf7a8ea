import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SearchRequest, searchLines } from '../../src/trace/search.ts';
import { runs } from '../helpers/runs.ts';
import { hostileLog } from './hostile.ts';
import { end, parse, start } from './parse.ts';

const pause = async () => {};

/** Searches a log. Returns the numbers of the lines and matches of each excerpt. */
async function search(log: string, request: Partial<SearchRequest> & { section?: string }) {
  const { section, ...given } = request;
  const { lines, linesOf } = parse(log);
  const defaults = { anyOf: [], ignoreCase: true, context: 0, first: 100, fromEnd: false };
  const searched = section === undefined ? lines : linesOf(section);
  const { matchCount, excerpts } = await searchLines(searched, { ...defaults, ...given }, pause);
  return {
    matchCount,
    excerpts: excerpts.map((excerpt) => ({
      lines: excerpt.lines.map(({ number }) => number),
      matched: excerpt.matchedNumbers,
      section: excerpt.section,
    })),
  };
}

const matchesOf = async (log: string, anyOf: string[], ignoreCase = true) =>
  (await search(log, { anyOf, ignoreCase })).excerpts.flatMap(({ matched }) => matched);

describe('a search in a log', () => {
  it('joins excerpts that touch or overlap', async () => {
    const log = 'x\na\nx\nx\na\na\nx\nx\nx\na\n';
    const { excerpts } = await search(log, { anyOf: ['a'], context: 1 });
    expect(excerpts).toEqual([
      { lines: [1, 2, 3, 4, 5, 6, 7], matched: [2, 5, 6], section: null },
      { lines: [9, 10], matched: [10], section: null },
    ]);
  });

  it('returns the first or the last matches, and counts all', async () => {
    const log = 'a\n'.repeat(9);
    expect(await search(log, { anyOf: ['a'], first: 2 })).toEqual({
      matchCount: 9,
      excerpts: [{ lines: [1, 2], matched: [1, 2], section: null }],
    });
    expect(await search(log, { anyOf: ['a'], first: 2, fromEnd: true, context: 1 })).toEqual({
      matchCount: 9,
      excerpts: [{ lines: [7, 8, 9], matched: [8, 9], section: null }],
    });
    expect(await search('', { anyOf: ['a'] })).toEqual({ matchCount: 0, excerpts: [] });
  });

  it('in a section returns only lines of that section', async () => {
    const one = `${start('t')}a\n${end('t')}`;
    const log = `a\n${one}a\n${one}`;
    expect(await search(log, { anyOf: ['a'], context: 5, section: 't' })).toEqual({
      matchCount: 2,
      excerpts: [
        { lines: [2], matched: [2], section: 't' },
        { lines: [4], matched: [4], section: 't' },
      ],
    });
  });

  it('finds text across colors, but no marks and escapes', async () => {
    const log = `${start('error')}ok\n\u001b[31mer\u001b[32mror\u001b[0m\n`;
    expect(await matchesOf(log, ['error'])).toEqual([2]);
    expect(await matchesOf(log, ['section', '[31m'])).toEqual([]);
  });

  it.each([
    ['ERROR', 'an Error', true],
    ['straẞe', 'STRAßE', true],
    ['strasse', 'straße', false],
    ['ΣΑΣ', 'σας', true],
    ['istanbul', 'İstanbul', false],
    ['İSTANBUL', 'İstanbul', true],
    ['i', 'ı', false],
    ['k', '\u212a', false],
    ['é', 'É', true],
    ['😀', 'x 😀', true],
  ])('for %s ignores case letter by letter in %s: %s', async (text, line, isFound) => {
    expect(await matchesOf(line, [text])).toEqual(isFound ? [1] : []);
    expect(await matchesOf(line, [text], false)).toEqual(line.includes(text) ? [1] : []);
  });

  it('finds the lines that contain a text, in any log', async () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 });
    const anyLog = fc.oneof(
      hostileLog.map((log) => Buffer.from(log).toString()),
      fc.array(fc.string({ unit: fc.constantFrom('a', 'A', 'b') })).map((all) => all.join('\n')),
    );
    await fc.assert(
      fc.asyncProperty(
        anyLog,
        fc.array(letters, { minLength: 1, maxLength: 3 }),
        fc.nat(3),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (log, anyOf, context, first, fromEnd) => {
          const lines = [...parse(log).lines];
          const all = lines.filter(({ text }) => anyOf.some((part) => text.includes(part)));
          const numbers = all.map(({ number }) => number);
          const shown = fromEnd ? numbers.slice(-first) : numbers.slice(0, first);
          const around = lines.filter(({ number }) =>
            shown.some((match) => Math.abs(match - number) <= context),
          );
          const request = { anyOf, context, first, fromEnd, ignoreCase: false };
          const { matchCount, excerpts } = await search(log, request);
          expect(matchCount).toBe(all.length);
          expect(excerpts.flatMap(({ matched }) => matched)).toEqual(shown);
          expect(excerpts.flatMap((excerpt) => excerpt.lines)).toEqual(
            around.map(({ number }) => number),
          );
          for (const [at, excerpt] of excerpts.entries()) {
            const before = excerpts[at - 1]?.lines.at(-1) ?? -1;
            expect(excerpt.lines[0]).toBeGreaterThan(before + 1);
          }
        },
      ),
      { numRuns: runs(500) },
    );
  });

  it('ends if its caller has left', async () => {
    const leave = async () => {
      throw new Error('left');
    };
    const request = { anyOf: ['a'], ignoreCase: true, context: 0, first: 1, fromEnd: false };
    await expect(searchLines(parse('a\n').lines, request, leave)).rejects.toThrow('left');
  });
});
