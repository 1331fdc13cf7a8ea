import { changeAt, changeValue } from './columns.ts';
import { type Run, runsOf, textOf } from './line-text.ts';
import { anchorOf, countLines, type Lines, stampOf } from './lines.ts';
import { isoTime } from './mark.ts';
import { type Section, sectionKey } from './sections.ts';
import { classNames, PLAIN_STYLE } from './style.ts';

/**
 * A visible line of a log. `html` has no nested elements. It may be computed each time it is read.
 */
export interface ParsedLine {
  /** The line's number, counted from 1 at the beginning of the log. Empty lines count, too. */
  readonly number: number;
  /** The line's number on GitLab's log page (`#L12`); null if the page omits the line. */
  readonly anchor: number | null;
  /** The text without escapes, section marks and control characters. It may contain tabs. */
  readonly text: string;
  readonly html: string;
  /** The line's start, in ISO 8601 with six decimals. Null if the line has no time header. */
  readonly timestamp: string | null;
  /** Null if the line has no time header. */
  readonly stream: 'STDOUT' | 'STDERR' | null;
  /** Name of the innermost section that was open; null if there was none. */
  readonly section: string | null;
}

/** A section of a log. Its lines include the lines of nested sections. */
export interface ParsedSection {
  readonly name: string;
  /** The text after the start mark, in the line of the mark. Null if there is none. */
  readonly header: string | null;
  /** ISO 8601; null if the mark's time is after the year 9999. */
  readonly startedAt: string | null;
  /** ISO 8601; null while the section is open, or if the end mark's time is after the year 9999. */
  readonly finishedAt: string | null;
  /** In seconds, at least 0; null while the section is open. */
  readonly duration: number | null;
  readonly collapsed: boolean;
  /**
   * Number of the section's first line, which contains the header if there is one. If the log ends
   * before that line, it is the number that the line would have.
   */
  readonly firstLine: number;
  /**
   * Number of the section's last line. While the section is open, number of the log's last line.
   * Null if the section has no lines.
   */
  readonly lastLine: number | null;
  /**
   * Name of the innermost section that was open when this section started; null if there was none.
   */
  readonly parent: string | null;
}

/**
 * A list of lines. A line object is created when it is read, because the objects of all lines of a
 * long log would not fit into memory.
 */
export interface LineList extends Iterable<ParsedLine> {
  readonly length: number;
  /** Returns a line. `position` works as in `Array.at`. */
  at(position: number): ParsedLine | undefined;
  /** Returns lines. `start` and `end` work as in `Array.slice`. */
  slice(start?: number, end?: number): ParsedLine[];
  /**
   * Yields the text in pieces, with line feeds between lines. With `last`, yields only that many
   * lines from the end.
   */
  plain(last?: number): Iterable<string>;
  /**
   * Yields HTML in pieces, with line feeds between lines. A page must put it into an element that
   * preserves white space, such as `pre`. With `last`, yields only that many lines from the end.
   */
  html(last?: number): Iterable<string>;
  /**
   * Returns how many lines of the list have numbers up to `number`. The result is also the position
   * of the next line.
   */
  countTo(number: number): number;
}

/** Selects sections. They are in the order of their first lines. */
export interface SectionPage {
  /** Maximum number of sections to return. */
  readonly first: number;
  /** Number of a line: only sections that begin after this line are selected. */
  readonly afterLine: number;
  /** Number of sections to skip, of those that begin after `afterLine`. */
  readonly skip: number;
}

/** A parsed log; of a long log, only the end. */
export interface ParsedTrace {
  readonly byteSize: number;
  /** Whether the beginning of the log is missing. */
  readonly truncated: boolean;
  readonly lines: LineList;
  readonly sections: readonly ParsedSection[];
  readonly sectionCount: number;
  /** Returns a page of the sections, without creating the objects of the other sections. */
  sectionPage(page: SectionPage): ParsedSection[];
  /**
   * Returns the lines of all sections with this name, including lines of nested sections. Names are
   * compared as GitLab does (see `sectionKey`).
   */
  linesOf(section: string): LineList;
}

/** Creates the public view of a log. `lines` and `sections` must not change afterwards. */
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
 * A visible line. It is a class, because V8 creates an object literal with a getter slowly. V8
 * would also allocate everything that the literal references in the old generation.
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

/** Approximate UTF-16 units in a piece of text. V8 soon frees unused strings of this size. */
const PIECE = 1 << 13;

const textOfRun = ({ text }: Run) => text;

/** Formats lines with `write`, in pieces, without creating line objects. */
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

/** Ranges of line indexes, each with start and end. They are ordered, and do not overlap. */
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

/**
 * Returns the ranges of the kept lines of sections. A line of several sections is included once.
 * The sections must be ordered by first line.
 */
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
 * Formats a run (text of one style) as HTML. Text with a style is put into a `<span>` with classes
 * of `traceStyleSheet`. The text is escaped, so the HTML is safe for any output of a job.
 */
function spanOf({ style, text }: Run): string {
  const html = escaped(text);
  return style === PLAIN_STYLE ? html : `<span class="${classNames(style)}">${html}</span>`;
}
