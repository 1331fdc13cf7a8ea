import { changeAt, changeValue } from './columns.ts';
import { type Run, runsOf, textOf } from './line-text.ts';
import { anchorOf, countLines, type Lines, stampOf } from './lines.ts';
import { isoTime } from './mark.ts';
import { type Section, sectionKey } from './sections.ts';
import { classNames, PLAIN_STYLE } from './style.ts';

/** A visible line. `html` is computed when it is read, and has no nested elements. */
export interface ParsedLine {
  /** Counts all lines from the beginning of the log, including empty ones. The first is 1. */
  readonly number: number;
  /** The number on GitLab's page (`#L12`); null if the page omits the line. */
  readonly anchor: number | null;
  /** The text without escapes, marks and control characters. It may contain tabs. */
  readonly text: string;
  readonly html: string;
  /** When the line began, in ISO 8601 with six decimals. Null if the log has no time headers. */
  readonly timestamp: string | null;
  /** Null if the log has no time headers. */
  readonly stream: 'STDOUT' | 'STDERR' | null;
  /** Name of the innermost open section, if any. */
  readonly section: string | null;
}

/** A section. Its lines include those of nested sections. */
export interface ParsedSection {
  readonly name: string;
  /** The text that follows the start mark in its line; null if nothing follows the mark. */
  readonly header: string | null;
  /** ISO 8601; null if the mark's time is after the year 9999. */
  readonly startedAt: string | null;
  /** Null while open. */
  readonly finishedAt: string | null;
  /** In seconds, at least 0; null while open. */
  readonly duration: number | null;
  readonly collapsed: boolean;
  /**
   * Number of its first line (the header). It has a number even if the log ends before that line.
   */
  readonly firstLine: number;
  /** Number of its last line; while open, of the last line so far. Null if it has no lines. */
  readonly lastLine: number | null;
  /** Name of the innermost section that was open when this one started. */
  readonly parent: string | null;
}

/**
 * A list of lines. Line objects are created on access, since those of a long log would not fit into
 * memory.
 */
export interface LineList extends Iterable<ParsedLine> {
  readonly length: number;
  /** Returns a line. `position` works as in `Array.at`. */
  at(position: number): ParsedLine | undefined;
  /** Returns lines. `start` and `end` work as in `Array.slice`. */
  slice(start?: number, end?: number): ParsedLine[];
  /**
   * Yields the text in pieces, with line feeds between lines. `last` limits it to that many last
   * lines.
   */
  plain(last?: number): Iterable<string>;
  /**
   * Yields HTML in pieces, with line feeds between lines. It needs an element that preserves white
   * space, such as `pre`. `last` limits it to that many last lines.
   */
  html(last?: number): Iterable<string>;
  /** Counts the lines up to line `number`. The result is the position of the next line. */
  countTo(number: number): number;
}

/** Selects sections, in the order of their first lines. */
export interface SectionPage {
  /** Maximum number of sections to return. */
  readonly first: number;
  /** Only sections that begin after this line are counted. */
  readonly afterLine: number;
  /** Number of sections to skip after `afterLine`. */
  readonly skip: number;
}

/** A parsed log, or the end of a long one. */
export interface ParsedTrace {
  readonly byteSize: number;
  /** Whether the beginning of the log is missing. */
  readonly truncated: boolean;
  readonly lines: LineList;
  readonly sections: readonly ParsedSection[];
  readonly sectionCount: number;
  /** Returns some of the sections without creating the others. */
  sectionPage(page: SectionPage): ParsedSection[];
  /**
   * The lines of all sections with that name, including lines of nested sections. The name is
   * compared as GitLab does (see `sectionKey`).
   */
  linesOf(section: string): LineList;
}

/** Creates the public view of lines and sections. They must not change afterwards. */
export function toParsedTrace(
  lines: Lines,
  sections: readonly Section[],
  size: { readonly byteSize: number; readonly truncated: boolean },
): ParsedTrace {
  const count = countLines(lines);
  let parsed: readonly ParsedSection[] | null = null;
  return {
    ...size,
    lines: toList(lines, [[lines.first, count]]),
    get sections() {
      parsed ??= sections.map((section) => toSection(section, count));
      return parsed;
    },
    sectionCount: sections.length,
    sectionPage({ first, afterLine, skip }) {
      const begin = sections.findIndex(({ firstLine }) => firstLine > afterLine);
      if (begin < 0) return [];
      const from = begin + skip;
      return sections.slice(from, from + first).map((section) => toSection(section, count));
    },
    linesOf(name) {
      const key = sectionKey(name);
      const named = sections.filter((section) => section.key === key);
      return toList(lines, rangesOf(named, lines.first, count));
    },
  };
}

const END_OF_YEAR_9999 = 253_402_300_799;

/**
 * A class, because V8 creates an object literal with a getter slowly and allocates all that it
 * references in the old generation.
 */
export class Line implements ParsedLine {
  readonly number: number;
  readonly anchor: number | null;
  readonly text: string;
  readonly timestamp: string | null;
  readonly stream: 'STDOUT' | 'STDERR' | null;
  readonly section: string | null;
  readonly #lines: Lines;

  constructor(lines: Lines, index: number) {
    const stamp = stampOf(lines, index);
    this.number = index + 1;
    this.anchor = anchorOf(lines, index);
    this.text = textOf(lines, index);
    this.timestamp = stamp && isoTime(stamp.time);
    this.stream = stamp && (stamp.isError ? 'STDERR' : 'STDOUT');
    this.section = changeValue(lines.sections, changeAt(lines.sections, index));
    this.#lines = lines;
  }

  get html(): string {
    return Array.from(runsOf(this.#lines, this.number - 1), spanOf).join('');
  }
}

/**
 * Approximate length of a piece, in UTF-16 units. V8 garbage-collects strings of this size early.
 */
const PIECE = 1 << 13;

const textOfRun = ({ text }: Run) => text;

/** Formats lines as pieces of text, without creating line objects. */
function* formatLines(
  lines: Lines,
  indexes: Iterable<number>,
  write: (run: Run) => string,
): Generator<string> {
  let piece: string[] = [];
  let size = 0;
  let separator = '';
  for (const index of indexes) {
    piece.push(separator);
    separator = '\n';
    for (const run of runsOf(lines, index)) {
      const text = write(run);
      piece.push(text);
      size += text.length + 1;
      if (size < PIECE) continue;
      yield piece.join('');
      piece = [];
      size = 0;
    }
  }
  yield piece.join('');
}

/** Start and end of disjoint ranges of line indexes, in order. */
type Ranges = readonly (readonly [number, number])[];

function toList(lines: Lines, ranges: Ranges): LineList {
  const sizes = ranges.map(([start, end]) => end - start);
  const length = sizes.reduce((sum, size) => sum + size, 0);
  function* indexesFrom(start: number, end: number): Generator<number> {
    let passed = 0;
    for (const [from, to] of ranges) {
      const last = Math.min(to, from + end - passed);
      for (let index = from + Math.max(0, start - passed); index < last; index += 1) yield index;
      passed += to - from;
      if (passed >= end) return;
    }
  }
  function* linesFrom(start: number, end: number): Generator<ParsedLine> {
    for (const index of indexesFrom(start, end)) yield new Line(lines, index);
  }
  const slice = (start = 0, end = length) => {
    const position = (given: number) =>
      given < 0 ? Math.max(0, length + given) : Math.min(given, length);
    return [...linesFrom(position(start), position(end))];
  };
  return {
    length,
    at: (position) => slice(position, position === -1 ? length : position + 1)[0],
    slice,
    plain: (last = length) => formatLines(lines, indexesFrom(length - last, length), textOfRun),
    html: (last = length) => formatLines(lines, indexesFrom(length - last, length), spanOf),
    countTo: (number) =>
      ranges.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, number) - from), 0),
    [Symbol.iterator]: () => linesFrom(0, length),
  };
}

const toTime = (seconds: number) =>
  seconds <= END_OF_YEAR_9999 ? new Date(seconds * 1000).toISOString() : null;

function toSection(section: Section, lineCount: number): ParsedSection {
  const { name, header, startedAt, finishedAt, collapsed, parent } = section;
  const lastLine = section.lastLine ?? lineCount;
  return {
    name,
    header,
    startedAt: toTime(startedAt),
    finishedAt: finishedAt === null ? null : toTime(finishedAt),
    duration: finishedAt === null ? null : Math.max(0, finishedAt - startedAt),
    collapsed,
    firstLine: section.firstLine,
    lastLine: lastLine < section.firstLine ? null : lastLine,
    parent,
  };
}

/** The kept lines of sections, without duplicates. The sections must be ordered by first line. */
function rangesOf(sections: readonly Section[], first: number, count: number): Ranges {
  const ranges: [number, number][] = [];
  for (const { firstLine, lastLine } of sections) {
    const previous = ranges.at(-1);
    const start = Math.max(firstLine - 1, previous?.[1] ?? first);
    const end = lastLine ?? count;
    if (start >= end) continue;
    if (previous !== undefined && start === previous[1]) previous[1] = end;
    else ranges.push([start, end]);
  }
  return ranges;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? '');

/**
 * Formats a run as escaped text, in a `<span class="…">` element with classes of `traceStyleSheet`
 * unless it is plain. The HTML is safe whatever the job printed.
 */
function spanOf({ style, text }: Run): string {
  const html = escaped(text);
  return style === PLAIN_STYLE ? html : `<span class="${classNames(style)}">${html}</span>`;
}
