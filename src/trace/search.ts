import { LF } from './escape.ts';
import type { LineList, ParsedLine } from './parsed-trace.ts';

/** What to search for, and how much of the log to return. */
export interface SearchRequest {
  /** A line matches if it contains one of these texts. They must not be empty. */
  readonly anyOf: readonly string[];
  readonly ignoreCase: boolean;
  /** Number of lines to return before and after each match. */
  readonly context: number;
  /** Maximum number of matching lines to return. */
  readonly first: number;
  /** Whether to return the last matches of the log instead of the first. */
  readonly fromEnd: boolean;
}

/** Consecutive lines of a log around one or more matches. */
export interface Excerpt {
  readonly lines: ParsedLine[];
  readonly matchedNumbers: number[];
  /** The innermost section that contains the first match; null if there is none. */
  readonly section: string | null;
}

export interface SearchResult {
  /** Number of all matching lines, including those that are not returned. */
  readonly matchCount: number;
  /** In the order of the log. */
  readonly excerpts: Excerpt[];
}

const ASCII_END = 0x80;

function foldedUnit(unit: number): number {
  const letter = String.fromCharCode(unit);
  const upper = letter.toUpperCase();
  const lower = (upper.length === 1 ? upper : letter).toLowerCase();
  const folded = lower.charCodeAt(0);
  // A letter outside ASCII must not become an ASCII letter: the Kelvin sign would become `k`.
  const isSimple = lower.length === 1 && (unit < ASCII_END || folded >= ASCII_END);
  return isSimple ? folded : unit;
}

let foldTable: Uint16Array | undefined;

/**
 * Returns a table that maps each UTF-16 unit to its case-folded unit. A text keeps its length,
 * because one unit becomes one unit. A letter without such a counterpart, such as `ß` (upper case
 * `SS`), is not changed.
 */
function caseFolding(): Uint16Array {
  foldTable ??= Uint16Array.from({ length: 1 << 16 }, (_, unit) => foldedUnit(unit));
  return foldTable;
}

/** A text that is searched for, with the state of the Knuth–Morris–Pratt algorithm. */
interface Pattern {
  readonly units: readonly number[];
  /**
   * For each prefix of the pattern, the length of its border: the longest shorter text with which
   * the prefix both begins and ends. The border of `abcab` is `ab`, so its length is 2.
   */
  readonly borders: number[];
  /** Number of the pattern's first units that match the end of the line so far. */
  matched: number;
}

/**
 * Reads the next UTF-16 unit of a line. Returns whether the part of the line that has been read
 * ends with the whole text of `pattern`.
 */
function step(pattern: Pattern, unit: number): boolean {
  const { units, borders } = pattern;
  let { matched } = pattern;
  while (matched > 0 && units[matched] !== unit) matched = borders[matched - 1] as number;
  if (units[matched] === unit) matched += 1;
  pattern.matched = matched;
  return matched === units.length;
}

function createPattern(units: readonly number[]): Pattern {
  const pattern: Pattern = { units, borders: [0], matched: 0 };
  for (const unit of units.slice(1)) {
    step(pattern, unit);
    pattern.borders.push(pattern.matched);
  }
  pattern.matched = 0;
  return pattern;
}

/**
 * Creates a matcher, which calls `onMatch` for each line that contains one of the texts. A line may
 * be split over several calls of `push`. The time is proportional to the length of the log and to
 * the number of texts, for any content.
 */
function createMatcher({ anyOf, ignoreCase }: SearchRequest, onMatch: (position: number) => void) {
  const folding = ignoreCase ? caseFolding() : undefined;
  const unitAt = (text: string, at: number) => {
    const unit = text.charCodeAt(at);
    return folding ? (folding[unit] as number) : unit;
  };
  const patterns = anyOf.map((text) =>
    createPattern(Array.from({ length: text.length }, (_, at) => unitAt(text, at))),
  );
  let position = 0;
  let isMatch = false;
  const endLine = () => {
    if (isMatch) onMatch(position);
    position += 1;
    isMatch = false;
    for (const pattern of patterns) pattern.matched = 0;
  };
  const read = (unit: number) => {
    for (const pattern of patterns) if (step(pattern, unit)) isMatch = true;
  };
  return {
    push(piece: string) {
      for (let at = 0; at < piece.length; at += 1) {
        const unit = unitAt(piece, at);
        if (unit === LF) endLine();
        else if (!isMatch) read(unit);
      }
    },
    endLine,
  };
}

/**
 * Returns the lines around a position of the list. Stops where line numbers are not consecutive.
 */
function linesAround(lines: LineList, position: number, context: number): ParsedLine[] {
  const start = Math.max(0, position - context);
  const around = lines.slice(start, position + context + 1);
  const middle = position - start;
  const number = around[middle]?.number ?? 0;
  return around.filter((line, at) => line.number - number === at - middle);
}

function toExcerpts(
  lines: LineList,
  positions: readonly number[],
  { context }: SearchRequest,
): Excerpt[] {
  const excerpts: Excerpt[] = [];
  for (const position of positions) {
    const around = linesAround(lines, position, context);
    const match = lines.at(position) as ParsedLine;
    const previous = excerpts.at(-1);
    const end = previous?.lines.at(-1)?.number ?? 0;
    const isNew = previous === undefined || (around[0]?.number ?? 0) > end + 1;
    if (isNew) {
      excerpts.push({ lines: around, matchedNumbers: [match.number], section: match.section });
    } else {
      previous.lines.push(...around.filter(({ number }) => number > end));
      previous.matchedNumbers.push(match.number);
    }
  }
  return excerpts;
}

/**
 * Searches lines. Excerpts that touch or overlap are joined. `pause` is called between parts of the
 * work. If `pause` rejects, the search rejects with the same error.
 */
export async function searchLines(
  lines: LineList,
  request: SearchRequest,
  pause: () => Promise<void>,
): Promise<SearchResult> {
  const { first, fromEnd } = request;
  const positions: number[] = [];
  let matchCount = 0;
  const matcher = createMatcher(request, (position) => {
    matchCount += 1;
    if (fromEnd || matchCount <= first) positions.push(position);
    if (positions.length > first) positions.shift();
  });
  for (const piece of lines.plain()) {
    matcher.push(piece);
    await pause();
  }
  matcher.endLine();
  return { matchCount, excerpts: toExcerpts(lines, positions, request) };
}
