/*
 * The state of the log parser and its transitions for line starts and ends, text, marks and
 * escapes. Follows GitLab's own viewer (`Gitlab::Ci::Ansi2json`), except where
 * `docs/decisions/004-own-log-parser.md` says otherwise.
 */

import { change } from './columns.ts';
import { CR, ESC, finalOf, type Skipping } from './escape.ts';
import {
  beginLine,
  clearLine,
  commitLine,
  countLines,
  createLines,
  headerText,
  isVisible,
  type Lines,
  MAX_HEADER,
  removeText,
  reopenLine,
  type Stamp,
  writeText,
} from './lines.ts';
import type { Mark, TimeHeader } from './mark.ts';
import {
  closeSection,
  createSections,
  openSection,
  type Section,
  type Sections,
} from './sections.ts';
import { applySgr, PLAIN_STYLE } from './style.ts';

/** Key of the lines without a time header. */
const NO_STREAM = -1;

const NO_BYTES = new Uint8Array(0);

/** A line of the raw log, up to a line feed. Produces any number of visible lines. */
interface SourceLine {
  /** Index of the last visible line it produced, or -1. */
  index: number;
  stamp: Stamp | null;
  /** The following text replaces the line. */
  hasCarriageReturn: boolean;
  /** Whether the line contains a section mark; a line of only marks is not visible. */
  hasMark: boolean;
  skipping: Skipping;
  /** The section whose header is the next visible line. */
  headerOf: Section | null;
  /** Its last bytes, if they may begin an escape or mark that a continued line completes. */
  pending: Uint8Array;
  /**
   * How many of the pending bytes the text includes for now; they may turn out to begin a section mark.
   */
  pendingText: number;
}

/** The state of the parser at one point of the log. */
export interface LogState {
  readonly lines: Lines;
  readonly sections: Sections;
  style: number;
  line: SourceLine;
  /** The last line of each stream, by the stream's number; NO_STREAM without time headers. */
  readonly streams: Map<number, SourceLine>;
  /** Whether lines have time headers; null before the first line. */
  timed: boolean | null;
  atLineStart: boolean;
  /** Bytes to be read again together with the next ones. */
  carry: Uint8Array;
  ended: boolean;
}

const newSourceLine = (): SourceLine => ({
  index: -1,
  stamp: null,
  hasCarriageReturn: false,
  hasMark: false,
  skipping: 'nothing',
  headerOf: null,
  pending: NO_BYTES,
  pendingText: 0,
});

function resetLine(line: SourceLine): void {
  line.index = -1;
  line.hasCarriageReturn = false;
  line.hasMark = false;
  line.skipping = 'nothing';
  line.headerOf = null;
  line.pending = NO_BYTES;
  line.pendingText = 0;
}

export function createLogState(): LogState {
  return {
    lines: createLines(),
    sections: createSections(),
    style: PLAIN_STYLE,
    line: newSourceLine(),
    streams: new Map(),
    timed: null,
    atLineStart: true,
    carry: NO_BYTES,
    ended: false,
  };
}

/** Begins a line at offset `source` of the log; `header` is null without a time header. */
export function beginSourceLine(state: LogState, source: number, header: TimeHeader | null): void {
  const { lines, streams } = state;
  state.atLineStart = false;
  const stream = header?.stream ?? NO_STREAM;
  const line = streams.get(stream) ?? newSourceLine();
  streams.set(stream, line);
  if (header?.continues !== true) resetLine(line);
  const stamp = header && { time: header.time, isError: header.isError };
  line.stamp = stamp;
  state.line = line;
  if (line.index < 0) {
    beginLine(lines, source, stamp);
  } else {
    reopenLine(lines, line.index);
    removeText(lines, line.pendingText);
    if (line.pendingText > 0) line.hasCarriageReturn = false;
    if (line.headerOf !== null && !isVisible(lines)) line.headerOf.header = null;
  }
  state.carry = line.pending;
  line.pending = NO_BYTES;
  line.pendingText = 0;
}

/** Stores the incomplete escape or mark at the end of a line: `bytes[from]` to `bytes[to - 1]`. */
export function addUnfinished(state: LogState, bytes: Uint8Array, from: number, to: number): void {
  const { line } = state;
  if (from === to) return;
  line.pending = bytes.slice(from, to);
  if (bytes[from] === ESC) return;
  const carriageReturn = line.pending.indexOf(CR);
  line.pendingText = carriageReturn < 0 ? to - from : carriageReturn;
  addText(state, line.pending, 0, line.pendingText);
  if (carriageReturn >= 0) line.hasCarriageReturn = true;
}

/** Ends a line. Without text and marks it is an empty line. */
export function endSourceLine(state: LogState): void {
  const { line, lines } = state;
  if (isVisible(lines) || !line.hasMark) commitOpenLine(state);
  else line.index = -1;
  state.atLineStart = true;
}

/** Ends the last line, which has no line feed. Without text it produces no line. */
export function endLastLine(state: LogState): void {
  if (!state.atLineStart && isVisible(state.lines)) commitOpenLine(state);
  state.atLineStart = true;
}

/** Appends text to the open line, or replaces it after a carriage return. */
export function addText(state: LogState, bytes: Uint8Array, from: number, to: number): void {
  if (state.line.hasCarriageReturn) eraseLine(state);
  writeText(state.lines, bytes, from, to, state.style);
}

function eraseLine({ line, lines }: LogState): void {
  line.hasCarriageReturn = false;
  if (line.headerOf !== null) line.headerOf.header = null;
  clearLine(lines);
}

const isLongerThanHeader = ({ open, text }: Lines) => text.length - open.start > MAX_HEADER;

/** Stores the section header of a long open line before its beginning is forgotten. */
export function saveLongHeader({ line, lines }: LogState): void {
  const { headerOf } = line;
  const isNew = lines.open.index < 0 && headerOf?.header === null;
  if (isNew && isLongerThanHeader(lines)) headerOf.header = headerText(lines);
}

/** Commits the open line. A piece that is added to an earlier line does not change a header. */
function commitOpenLine({ line, lines }: LogState): void {
  const { headerOf } = line;
  const isKnown = headerOf === null || (headerOf.header !== null && isLongerThanHeader(lines));
  if (!isKnown && lines.open.index < 0) headerOf.header = headerText(lines);
  line.index = commitLine(lines);
}

/** Opens or closes a section at offset `source`. Text before the mark becomes a separate line. */
export function applyMark(state: LogState, mark: Mark, source: number): void {
  const { line, lines, sections } = state;
  line.hasMark = true;
  const closing = mark.kind === 'end' ? sections.open.get(mark.name) : null;
  if (closing === undefined) return;
  if (isVisible(lines)) {
    commitOpenLine(state);
    beginLine(lines, source, line.stamp);
  }
  line.index = -1;
  line.hasCarriageReturn = false;
  line.headerOf = null;
  const count = countLines(lines);
  if (closing === null) line.headerOf = openSection(sections, mark, count + 1);
  else closeSection(sections, closing, mark.unixSeconds, count);
  change(lines.sections, count, sections.innermost?.section.name ?? null);
}

/** Applies the escape from `at` to `end`: SGR (`m`) and erase-line (`K`). Ignores others. */
export function applyEscape(state: LogState, bytes: Uint8Array, at: number, end: number): void {
  const final = finalOf(bytes, at, end);
  if (final === 0x6d) state.style = applySgr(state.style, bytes, at + 2, end - 1);
  if (final !== 0x4b || end - at > 4) return;
  const parameter = end - at === 3 ? 0 : (bytes[at + 2] as number) - 0x30;
  // 0 erases after the cursor, 1 before it. The cursor is at the end of the line, or after a carriage
  // return at its start.
  const erases = state.line.hasCarriageReturn ? parameter === 0 : parameter === 1;
  if (erases || parameter === 2) eraseLine(state);
}
