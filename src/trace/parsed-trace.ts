import { changeAt, changeValue } from './columns.ts';
import { countLines, type Lines, type Run, runsOf, sourceOf, stampOf, textOf } from './lines.ts';
import { isoTime } from './mark.ts';
import type { Section } from './sections.ts';
import { classNames, PLAIN_STYLE } from './style.ts';

/** Lines as HTML that does nothing whatever the job printed: text and `<span class="…">` with classes of ours. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? '');

/** The HTML of one run. */
export function spanOf({ style, text }: Run): string {
  const html = escaped(text);
  return style === PLAIN_STYLE ? html : `<span class="${classNames(style)}">${html}</span>`;
}

/** The HTML of a line's runs: spans side by side, never one in another. The classes are those of `traceStyleSheet`. */
export function htmlOf(runs: Iterable<Run>): string {
  return Array.from(runs, spanOf).join('');
}

/** A job's log as lines and sections, for reading. Texts are made when they are asked for. */

/** A visible line. */
export interface ParsedLine {
  /** From 1 on, counted from the log's true beginning. */
  readonly number: number;
  /** Without escapes, marks and control characters other than tabs. */
  readonly text: string;
  /** The same with its colours, see `htmlOf`. */
  readonly html: string;
  /** ISO 8601 with six decimals, when the line began; null where the log says no times. */
  readonly timestamp: string | null;
  /** Null where the log does not tell streams apart. */
  readonly stream: 'STDOUT' | 'STDERR' | null;
  /** Name of the innermost open section; null outside of all. */
  readonly section: string | null;
  /** Offset in the log, in bytes, at which it begins. */
  readonly startByte: number;
}

/** A section, which takes in the lines of the sections within. */
export interface ParsedSection {
  readonly name: string;
  /** Text of the line that its mark is on; null where nothing follows the mark. */
  readonly header: string | null;
  /** ISO 8601; null where the mark's number is no time before the year 10000. */
  readonly startedAt: string | null;
  /** Null while open. */
  readonly finishedAt: string | null;
  /** Seconds, at least 0; null while open. */
  readonly duration: number | null;
  readonly collapsed: boolean;
  /** The log asks viewers not to show the duration. */
  readonly hideDuration: boolean;
  /** Number of its first line (its header), or what that would be. */
  readonly firstLine: number;
  /** Number of its last line, which while open is the last so far; null where it has no line. */
  readonly lastLine: number | null;
  /** Name of the section that was innermost when this one began. */
  readonly parent: string | null;
}

/** Lines in order of their number, made when asked for: a long log has too many to have them all as objects. */
export interface LineList extends Iterable<ParsedLine> {
  readonly length: number;
  /** The line at a position from 0 on; from the end where negative, as of an array. */
  at(position: number): ParsedLine | undefined;
  /** Lines by position, as of an array. */
  slice(start?: number, end?: number): ParsedLine[];
  /** Their text, parted by line feeds, in pieces that are made when asked for; of the last lines only, if so many are named. */
  plain(last?: number): Iterable<string>;
  /** The same as HTML, for an element that keeps white space, such as `pre`. */
  html(last?: number): Iterable<string>;
  /** How many of these lines have a number up to `number`: the position of the line after it. */
  countTo(number: number): number;
}

/** A log, or the end of it that was kept. */
export interface ParsedTrace {
  /** Of the whole log. */
  readonly byteSize: number;
  /** Something of the log's beginning is missing here. */
  readonly truncated: boolean;
  readonly lines: LineList;
  readonly sections: readonly ParsedSection[];
  /** The lines of all sections of that name, the sections within included; empty where there is none. */
  linesOf(section: string): LineList;
}

/** The last second of the year 9999. */
const LAST_SECOND = 253_402_300_799;

function toLine(lines: Lines, index: number): ParsedLine {
  const stamp = stampOf(lines, index);
  const change = changeAt(lines.sections, index);
  return {
    number: index + 1,
    get text() {
      return textOf(lines, index);
    },
    get html() {
      return htmlOf(runsOf(lines, index));
    },
    timestamp: stamp && isoTime(stamp.time),
    stream: stamp && (stamp.isError ? 'STDERR' : 'STDOUT'),
    section: changeValue(lines.sections, change),
    startByte: sourceOf(lines, index),
  };
}

/** About how long a piece of text is, in UTF-16 units: short enough to die young, where V8 keeps long ones apart. */
const PIECE = 1 << 13;

const textOfRun = ({ text }: Run) => text;

/** Lines as text. Not by way of `toLine`: V8 puts the getters of an object literal among what is old, and all they hold. */
function* inPieces(
  lines: Lines,
  indexes: Iterable<number>,
  write: (run: Run) => string,
): Generator<string> {
  let piece: string[] = [];
  let size = 0;
  let parting = '';
  for (const index of indexes) {
    piece.push(parting);
    parting = '\n';
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

/** Lines by index: start and end of each range, in order, apart from each other. */
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
    for (const index of indexesFrom(start, end)) yield toLine(lines, index);
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
    plain: (last = length) => inPieces(lines, indexesFrom(length - last, length), textOfRun),
    html: (last = length) => inPieces(lines, indexesFrom(length - last, length), spanOf),
    countTo: (number) =>
      ranges.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, number) - from), 0),
    [Symbol.iterator]: () => linesFrom(0, length),
  };
}

const toTime = (seconds: number) =>
  seconds <= LAST_SECOND ? new Date(seconds * 1000).toISOString() : null;

function toSection(section: Section, lineCount: number): ParsedSection {
  const { name, header, startedAt, finishedAt, collapsed, hideDuration, parent } = section;
  const lastLine = section.lastLine ?? lineCount;
  return {
    name,
    header,
    startedAt: toTime(startedAt),
    finishedAt: finishedAt === null ? null : toTime(finishedAt),
    duration: finishedAt === null ? null : Math.max(0, finishedAt - startedAt),
    collapsed,
    hideDuration,
    firstLine: section.firstLine,
    lastLine: lastLine < section.firstLine ? null : lastLine,
    parent,
  };
}

/** The kept lines of sections that come in order of their first lines, without repetition. */
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

/** The reader's view of lines and sections that will not change any more. */
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
    linesOf(name) {
      const named = sections.filter((section) => section.name === name);
      return toList(lines, rangesOf(named, lines.first, count));
    },
  };
}
