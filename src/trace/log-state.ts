/*
 * The state of the log parser, and the functions that change it at the start and end of a line, and
 * for text, marks and escapes. The functions follow GitLab's own viewer (`Gitlab::Ci::Ansi2json`),
 * with the exceptions in `docs/decisions/004-own-log-parser.md`.
 */

import { MAX_CONTINUATION, read, wholeCharacters } from './byte-queue.ts';
import { change } from './columns.ts';
import { AT_END, AT_START, type Cursor, erasedColumns, moveCursor, moveLeft } from './cursor.ts';
import { CR, ESC, finalOf, numberOf, opensString, type Skipping } from './escape.ts';
import { headerText, MAX_HEADER } from './line-text.ts';
import {
  beginLine,
  clearLine,
  commitLine,
  countLines,
  createLines,
  isEmpty,
  isVisible,
  type Lines,
  removeColumns,
  removeText,
  reopenLine,
  type Stamp,
  writeText,
} from './lines.ts';
import type { Mark, TimeHeader } from './mark.ts';
import {
  addEscapeToPage,
  addTextToPage,
  beginPageLine,
  clearPageLine,
  createPageNumbers,
  numberOnPage,
  type PageNumbers,
  skipOnPage,
} from './page-numbers.ts';
import {
  closeSection,
  createSections,
  openSection,
  type Section,
  type Sections,
  sectionKey,
} from './sections.ts';
import { applySgr, PLAIN_STYLE } from './style.ts';

/** The key in `streams` for lines without a time header. */
const NO_STREAM = -1;

const NO_BYTES = new Uint8Array(0);

/** A line of the raw log, up to a line feed. It may produce several visible lines or none. */
interface SourceLine {
  /**
   * Index of the visible line to which text is appended if a later line continues this line (see
   * `TimeHeader` in mark.ts). -1 if the text begins another visible line.
   */
  index: number;
  stamp: Stamp | null;
  cursor: Cursor;
  /** Whether the line contains a section mark. A line that contains only marks is not visible. */
  hasMark: boolean;
  skipping: Skipping;
  /** The section whose header is the next visible line; null if there is none. */
  headerOf: Section | null;
  /**
   * The last bytes of the line, if they may begin an escape or section mark. A later line that
   * continues this line may complete the escape or mark.
   */
  pending: Uint8Array;
  /** Number of used bytes in `pending`. The array is reused for later lines. */
  pendingBytes: number;
  /**
   * Number of pending bytes that were also added to the text. They are removed again when the line
   * is continued.
   */
  pendingText: number;
}

/** The state of the parser at one point of the log. */
export interface LogState {
  readonly lines: Lines;
  readonly sections: Sections;
  readonly page: PageNumbers;
  style: number;
  line: SourceLine;
  /**
   * The last line of each stream, by the `stream` of its time header. Lines without time headers
   * have the key NO_STREAM.
   */
  readonly streams: Map<number, SourceLine>;
  /** Whether the lines of the log have time headers; null before the first line. */
  timed: boolean | null;
  atLineStart: boolean;
  /**
   * Bytes that must be parsed again, together with the next bytes: an incomplete token at the end
   * of the input, or the pending bytes of a line that is continued.
   */
  carry: Uint8Array;
  ended: boolean;
}

const newSourceLine = (): SourceLine => ({
  index: -1,
  stamp: null,
  cursor: AT_END,
  hasMark: false,
  skipping: 'nothing',
  headerOf: null,
  pending: NO_BYTES,
  pendingBytes: 0,
  pendingText: 0,
});

function resetLine(line: SourceLine): void {
  line.index = -1;
  line.cursor = AT_END;
  line.hasMark = false;
  line.skipping = 'nothing';
  line.headerOf = null;
  line.pendingBytes = 0;
  line.pendingText = 0;
}

export function createLogState(): LogState {
  return {
    lines: createLines(),
    sections: createSections(),
    page: createPageNumbers(),
    style: PLAIN_STYLE,
    line: newSourceLine(),
    streams: new Map(),
    timed: null,
    atLineStart: true,
    carry: NO_BYTES,
    ended: false,
  };
}

/**
 * Begins a line at offset `source` of the log. If the time header says that the line continues the
 * previous line of its stream, reopens that line instead. `header` is null if there is no time
 * header.
 */
export function beginSourceLine(state: LogState, source: number, header: TimeHeader | null): void {
  const { lines, streams, page } = state;
  state.atLineStart = false;
  const stream = header?.stream ?? NO_STREAM;
  const line = streams.get(stream) ?? newSourceLine();
  if (line !== state.line) streams.set(stream, line);
  if (header?.continues !== true) {
    resetLine(line);
    beginPageLine(page);
  }
  line.stamp = header;
  state.line = line;
  if (line.index < 0) {
    beginLine(lines, source, header);
  } else {
    reopenLine(lines, line.index);
    if (line.pendingText > 0) removePendingText(state);
    if (line.headerOf !== null && !isVisible(lines)) line.headerOf.header = null;
  }
  if (line.pendingBytes > 0) state.carry = line.pending.slice(0, line.pendingBytes);
  line.pendingBytes = 0;
  line.pendingText = 0;
}

/**
 * Removes the pending text of a line that is continued. The text is parsed again, together with the
 * bytes that follow.
 */
function removePendingText({ line, lines, page }: LogState): void {
  removeText(lines, line.pendingText);
  line.cursor = AT_END;
  if (isEmpty(lines)) clearPageLine(page);
}

/**
 * Stores the bytes from index `from` to `to - 1` as pending: they are an incomplete escape or
 * section mark at the end of a line, and a later line may complete it.
 */
export function addUnfinished(state: LogState, bytes: Uint8Array, from: number, to: number): void {
  const { line } = state;
  if (from === to) return;
  line.pendingBytes = to - from;
  if (line.pending.length < to - from) line.pending = new Uint8Array(2 * (to - from));
  for (let at = from; at < to; at += 1) line.pending[at - from] = bytes[at] as number;
  if (bytes[from] === ESC) return;
  let end = from;
  // An incomplete mark stays text if no later line continues this line.
  while (end < to && bytes[end] !== CR) end += 1;
  line.pendingText = end - from;
  addText(state, bytes, from, end);
  if (end < to) returnCarriage(state);
}

/**
 * Ends a line at its line feed. A line with neither text nor section marks becomes an empty visible
 * line. A line with only section marks does not become visible.
 */
export function endSourceLine(state: LogState): void {
  const { line, lines } = state;
  if (isVisible(lines) || !line.hasMark) commitOpenLine(state);
  else line.index = -1;
  state.atLineStart = true;
}

/**
 * Ends the last line of the log, which has no line feed. It becomes a visible line only if it has
 * text.
 */
export function endLastLine(state: LogState): void {
  skipOnPage(state.page);
  if (!state.atLineStart && isVisible(state.lines)) commitOpenLine(state);
  state.atLineStart = true;
}

/**
 * Minimum length, in bytes, at which an incomplete section mark at the end of an unfinished log is
 * hidden. A shorter beginning of a mark is shown as text.
 */
export const SHORTEST_MARK_START = 'section_'.length;
const LETTER_S = 0x73;

/**
 * Returns whether the log so far ends with the beginning of a section mark that counts as text for
 * now, because it is short.
 */
export const hasShortMarkStart = ({ carry }: LogState) =>
  carry.length > 0 && carry.length < SHORTEST_MARK_START && carry[0] === LETTER_S;

/** Ends the last line of an unfinished log. Removes an incomplete character at its end. */
export function endUnfinishedLine(state: LogState): void {
  const { open, text } = state.lines;
  const tail = read(text, Math.max(open.start, text.length - MAX_CONTINUATION), text.length);
  removeText(state.lines, tail.length - wholeCharacters(tail, true));
  endLastLine(state);
}

export function returnCarriage({ line, page }: LogState): void {
  line.cursor = AT_START;
  page.afterReturn = true;
}

/**
 * Handles a backspace by moving the cursor to the left. GitLab's log page shows the backspace
 * character itself, so the backspace counts as text for the line numbers of that page.
 */
export function moveBack({ line, page }: LogState): void {
  line.cursor = moveLeft(line.cursor, 1);
  addTextToPage(page);
}

/**
 * Writes text at the cursor, in place of all text after the cursor. If the cursor is in another
 * line, appends the text to the open line.
 */
export function addText(state: LogState, bytes: Uint8Array, from: number, to: number): void {
  const { cursor } = state.line;
  if (cursor !== 'elsewhere') erase(state, cursor);
  addTextToPage(state.page);
  writeText(state.lines, bytes, from, to, state.style);
}

/** Removes the last columns of the open line. Afterwards, the cursor is at the end of the line. */
function erase({ line, lines }: LogState, columns: number): void {
  if (columns === 0) return;
  line.cursor = AT_END;
  if (columns < Infinity) {
    removeColumns(lines, columns);
  } else {
    if (line.headerOf !== null) line.headerOf.header = null;
    clearLine(lines);
  }
}

const isLongerThanHeader = ({ open, text }: Lines) => text.length - open.start > MAX_HEADER;

/**
 * Stores the header of a section whose first line is open and long, before the beginning of that
 * line is dropped.
 */
export function saveLongHeader({ line, lines }: LogState): void {
  const { headerOf } = line;
  const isNew = lines.open.index < 0 && headerOf?.header === null;
  if (isNew && isLongerThanHeader(lines)) headerOf.header = headerText(lines);
}

/**
 * Ends the open line and assigns its index (see `commitLine`). If it is the header of a section
 * (`headerOf`), its text is stored in the section.
 */
function commitOpenLine({ line, lines, page }: LogState): void {
  const { headerOf } = line;
  const isKnown = headerOf === null || (headerOf.header !== null && isLongerThanHeader(lines));
  if (!isKnown && lines.open.index < 0) headerOf.header = headerText(lines);
  line.index = commitLine(lines, numberOnPage(page));
}

/**
 * Opens or closes a section at offset `source` of the log. Text before the mark becomes a line of
 * its own. Ignores the end mark of a section that is not open.
 */
export function applyMark(state: LogState, mark: Mark, source: number): void {
  const { line, sections, page } = state;
  line.hasMark = true;
  if (mark.hasLineFeed) addTextToPage(page);
  else skipOnPage(page);
  const closing = mark.kind === 'end' ? sections.open.get(sectionKey(mark.name)) : null;
  if (closing !== undefined) {
    const index = splitLine(state, source);
    if (closing !== null) closeSection(sections, closing, mark.unixSeconds, index);
    else line.headerOf = openSection(sections, mark, index + 1);
    change(state.lines.sections, index, sections.innermost?.section.name ?? null);
  }
  if (closing !== undefined || mark.hasLineFeed) beginPageLine(page);
}

/**
 * Ends the open line, if it is visible, and begins a new line. Returns the index of the new line.
 */
function splitLine(state: LogState, source: number): number {
  const { line, lines } = state;
  if (isVisible(lines)) {
    commitOpenLine(state);
    beginLine(lines, source, line.stamp);
  }
  line.index = -1;
  line.cursor = AT_END;
  line.headerOf = null;
  return countLines(lines);
}

/**
 * Final bytes of `ESC c` and `ESC [ ! p`, which reset a terminal. The parser resets only the style.
 */
const RESET = 0x63;
const SOFT_RESET = 0x70;
const EXCLAMATION_MARK = 0x21;
const SGR = 0x6d;

/** Applies an escape that is not a control sequence. Most of these are ignored. */
export function applyShortEscape(state: LogState, second: number): void {
  addEscapeToPage(state.page, second);
  if (opensString(second)) state.line.skipping = 'string';
  else if (second === RESET) state.style = PLAIN_STYLE;
}

/**
 * Applies the control sequence from `at` to `end`. It may set the style, erase text or move the
 * cursor.
 */
export function applySequence(state: LogState, bytes: Uint8Array, at: number, end: number): void {
  const { line, page } = state;
  skipOnPage(page);
  const final = finalOf(bytes, at, end);
  if (final === SGR) {
    state.style = applySgr(state.style, bytes, at + 2, end - 1);
  } else if (final === SOFT_RESET) {
    if (bytes[end - 2] === EXCLAMATION_MARK) state.style = PLAIN_STYLE;
  } else if (final !== 0) {
    const number = numberOf(bytes, at, end);
    const columns = erasedColumns(line.cursor, final, number);
    if (columns > 0) erase(state, columns);
    else line.cursor = moveCursor(line.cursor, final, number);
  }
}
