import {
  type ByteQueue,
  copyByteQueue,
  createByteQueue,
  forgetBytes,
  isContinuation,
  MAX_CONTINUATION,
  read,
  shrinkTo,
  write,
} from './byte-queue.ts';
import {
  append,
  type Column,
  change,
  changeAt,
  changeValue,
  copyColumn,
  copyTimeline,
  createColumn,
  createTimeline,
  forgetBefore,
  forgetChanges,
  rewind,
  type Timeline,
  truncate,
  valueAt,
} from './columns.ts';
import { PLAIN_STYLE } from './style.ts';

/**
 * The content of the time header that a runner can write before each line (see `TimeHeader` in
 * mark.ts).
 */
export interface Stamp {
  /** Microseconds since 1970. */
  readonly time: number;
  readonly isError: boolean;
}

interface OpenLine {
  /** Index of the line; -1 if the line has not been committed yet (see `commitLine`). */
  index: number;
  /**
   * Offset of the line's latest piece in the byte queue. A line has several pieces if other lines
   * were written in between.
   */
  start: number;
  /** Start and end of each earlier piece of the line. Null if there are none. */
  earlier: number[] | null;
  /** Offset of the line in the log. */
  source: number;
  stamp: Stamp | null;
}

/**
 * The visible lines of a log while it is read. One line at a time is open and receives text. It
 * gets its index when it is committed; the first line of the log has index 0. Lines `first` to
 * `sources.length - 1` are kept.
 */
export interface Lines {
  readonly text: ByteQueue;
  readonly styles: Timeline<number>;
  /** Name of the innermost open section, by line. */
  readonly sections: Timeline<string | null>;
  /** The low 32 bits of the offset of each line in the log. */
  readonly sources: Column<number>;
  /** Where each line's text ends in the byte queue: the low 32 bits of this offset. */
  readonly ends: Column<number>;
  /**
   * The index of a line minus its number on GitLab's log page, by line. NOT_ON_PAGE if the page
   * omits the line.
   */
  readonly shifts: Timeline<number>;
  /**
   * The time header of each line, if the log has time headers: twice the microseconds since 1970,
   * plus 1 for stderr. NaN for a line without a header.
   */
  readonly stamps: Column<number>;
  /**
   * The ranges of a line's text in the byte queue, by line: start, end, start, end, and so on. A
   * line without an entry has one range, which begins at the end of the previous line's text.
   */
  readonly pieces: Map<number, number[]>;
  first: number;
  /** Offset of line `first` in the log. */
  firstSource: number;
  /** Offset of the text of line `first` in the byte queue. */
  firstStart: number;
  open: OpenLine;
  /** Collects the indexes of committed lines that are opened again. Null if they are not needed. */
  reopened: Set<number> | null;
}

const uint32 = (size: number) => new Uint32Array(size);
const float64 = (size: number) => new Float64Array(size);

/** The value in `shifts` for a line that GitLab's page omits. */
const NOT_ON_PAGE = Infinity;

export function createLines(): Lines {
  return {
    text: createByteQueue(),
    styles: createTimeline(PLAIN_STYLE, uint32),
    sections: createTimeline<string | null>(null, (size) => new Array<string | null>(size)),
    sources: createColumn(uint32),
    shifts: createTimeline(-1, float64),
    ends: createColumn(uint32),
    stamps: createColumn(float64),
    pieces: new Map(),
    first: 0,
    firstSource: 0,
    firstStart: 0,
    open: { index: -1, start: 0, earlier: null, source: 0, stamp: null },
    reopened: null,
  };
}

/**
 * Copies lines. With `sharesBlocks`, the copy uses the original's blocks of data, and is valid
 * until the original changes. Text that is appended to such a copy does not change the original,
 * because it goes into space that the original does not use yet.
 */
export function copyLines(lines: Lines, sharesBlocks = false): Lines {
  const copyOf = ([index, pieces]: [number, number[]]): [number, number[]] => [index, [...pieces]];
  return {
    ...lines,
    text: copyByteQueue(lines.text, sharesBlocks),
    styles: copyTimeline(lines.styles, sharesBlocks),
    sections: copyTimeline(lines.sections, sharesBlocks),
    sources: copyColumn(lines.sources, sharesBlocks),
    ends: copyColumn(lines.ends, sharesBlocks),
    shifts: copyTimeline(lines.shifts, sharesBlocks),
    stamps: copyColumn(lines.stamps, sharesBlocks),
    pieces: new Map(sharesBlocks ? lines.pieces : Array.from(lines.pieces, copyOf)),
    open: { ...lines.open, earlier: lines.open.earlier && [...lines.open.earlier] },
  };
}

/** Returns the number of lines so far, including dropped lines. */
export function countLines(lines: Lines): number {
  return lines.sources.length;
}

/**
 * Restores a number from its low 32 bits. The number must be at least `base` and less than `base` +
 * 2^32.
 */
const restore = (low: number, base: number) => base + ((low - base) >>> 0);

/** Returns the offset of a kept line in the log. */
export function sourceOf(lines: Lines, index: number): number {
  return restore(valueAt(lines.sources, index), lines.firstSource);
}

export function endOf(lines: Lines, index: number): number {
  return index < lines.first
    ? lines.firstStart
    : restore(valueAt(lines.ends, index), lines.firstStart);
}

/** Returns the number of a kept line on GitLab's page; null if the page omits the line. */
export function anchorOf(lines: Lines, index: number): number | null {
  const shift = changeValue(lines.shifts, changeAt(lines.shifts, index));
  return shift === NOT_ON_PAGE ? null : index - shift;
}

/** Returns the start and end of each piece of a kept line's text in the byte queue. */
export function piecesOf(lines: Lines, index: number): number[] {
  const pieces = lines.pieces.get(index);
  if (pieces !== undefined) return pieces;
  const [start, end] = [endOf(lines, index - 1), endOf(lines, index)];
  return start < end ? [start, end] : [];
}

/** Returns the time header of a kept line; null if it has none. */
export function stampOf(lines: Lines, index: number): Stamp | null {
  if (lines.stamps.length === 0) return null;
  const stamp = valueAt(lines.stamps, index);
  return Number.isNaN(stamp) ? null : { time: Math.floor(stamp / 2), isError: stamp % 2 === 1 };
}

export function beginLine(lines: Lines, source: number, stamp: Stamp | null): void {
  const { open } = lines;
  open.index = -1;
  open.start = lines.text.length;
  open.earlier = null;
  open.source = source;
  open.stamp = stamp;
}

/** Returns whether the open line has text or was committed before. */
export function isVisible(lines: Lines): boolean {
  const { start, index } = lines.open;
  return lines.text.length > start || index >= 0;
}

/** Appends the bytes from index `from` to `to - 1` to the open line. */
export function writeText(
  lines: Lines,
  bytes: Uint8Array,
  from: number,
  to: number,
  style: number,
): void {
  const { text, styles } = lines;
  if (style !== styles.latest) change(styles, text.length, style);
  write(text, bytes, from, to);
}

/** Removes the text from `offset` of the byte queue on. */
function cutText(lines: Lines, offset: number): void {
  const length = Math.max(offset, lines.text.floor);
  rewind(lines.styles, length);
  shrinkTo(lines.text, length);
}

/**
 * Returns how many columns of a terminal a character takes, by its first byte. East Asian
 * characters (about U+3000 to U+D7FF) and emoji (from U+10000 on) take two.
 */
const columnsOf = (lead: number) => ((lead >= 0xe3 && lead <= 0xed) || lead >= 0xf0 ? 2 : 1);

/** Returns whether the latest piece of the open line has no text. */
export const isEmpty = ({ open, text }: Lines) => text.length === open.start;

/**
 * Removes the characters in the last `columns` columns of the open line. Characters of its earlier
 * pieces stay.
 */
export function removeColumns(lines: Lines, columns: number): void {
  const { text, open } = lines;
  const from = Math.max(open.start, text.length - columns * (1 + MAX_CONTINUATION));
  const bytes = read(text, from, text.length);
  let rest = columns;
  let at = bytes.length;
  while (rest > 0 && at > 0) {
    at -= 1;
    const byte = bytes[at] as number;
    if (!isContinuation(byte)) rest -= columnsOf(byte);
  }
  cutText(lines, text.length - (bytes.length - at));
}

export function clearLine(lines: Lines): void {
  cutText(lines, lines.open.start);
  lines.open.start = lines.text.length;
  lines.open.earlier = null;
}

/** Removes the last `count` bytes of the open line. They must belong to one piece. */
export function removeText(lines: Lines, count: number): void {
  const { open, text } = lines;
  if (text.length > open.start) {
    cutText(lines, text.length - count);
  } else if (open.earlier !== null && open.earlier.length > 0) {
    const last = open.earlier.length - 1;
    open.earlier[last] = (open.earlier[last] as number) - count;
  }
}

/**
 * Commits the open line, and returns its index. A line that was committed before and opened again
 * keeps its index.
 * `anchor` is the number of the line on GitLab's log page, or 0 if the page omits the line.
 */
export function commitLine(lines: Lines, anchor: number): number {
  const { open, text } = lines;
  if (open.index >= 0) return recommitLine(lines, open);
  const index = countLines(lines);
  const before = index === lines.first ? lines.firstStart : endOf(lines, index - 1);
  // Offsets must ascend, but `open.source` may be too small if the line continues an earlier one.
  // Its pending bytes (see `SourceLine` in log-state.ts) are parsed again, as if they stood
  // directly before the new bytes.
  const minSource = index > lines.first ? sourceOf(lines, index - 1) : 0;
  const source = Math.max(open.source, minSource);
  if (index === lines.first) lines.firstSource = source;
  append(lines.sources, source >>> 0);
  append(lines.ends, text.length >>> 0);
  const shift = anchor === 0 ? NOT_ON_PAGE : index - anchor;
  if (shift !== lines.shifts.latest) change(lines.shifts, index, shift);
  if (open.stamp !== null || lines.stamps.length > 0) appendStamp(lines, index, open.stamp);
  if (open.start !== before) lines.pieces.set(index, [open.start, text.length]);
  return index;
}

function appendStamp({ stamps }: Lines, index: number, stamp: Stamp | null): void {
  while (stamps.length < index) append(stamps, Number.NaN);
  append(stamps, stamp === null ? Number.NaN : stamp.time * 2 + Number(stamp.isError));
}

function recommitLine(lines: Lines, open: OpenLine): number {
  const { index, start, earlier } = open;
  if (index < lines.first) {
    cutText(lines, start);
  } else {
    const pieces = earlier ?? [];
    if (lines.text.length > start) pieces.push(start, lines.text.length);
    lines.pieces.set(index, pieces);
  }
  return index;
}

/**
 * Opens a committed line again, so that text can be appended to it. The new text continues the
 * line's last piece if all of these are true:
 * - the line is the last one
 * - the line has no entry in `pieces`
 * - its text is at the end of the byte queue
 *
 * Otherwise, the new text becomes another piece at the end of the byte queue.
 */
export function reopenLine(lines: Lines, index: number): void {
  const { open, text, sources, ends, stamps, pieces } = lines;
  lines.reopened?.add(index);
  const isLast = index === countLines(lines) - 1;
  if (isLast && !pieces.has(index) && endOf(lines, index) === text.length) {
    beginLine(lines, sourceOf(lines, index), stampOf(lines, index));
    open.start = endOf(lines, index - 1);
    rewind(lines.shifts, index);
    for (const column of [sources, ends, stamps]) {
      if (column.length > index) truncate(column, index);
    }
  } else {
    beginLine(lines, 0, null);
    open.index = index;
    if (index >= lines.first) open.earlier = piecesOf(lines, index);
  }
}

/**
 * Drops the lines before `first` with their text, and all text before the last `textBytes` bytes.
 */
export function forgetLines(lines: Lines, first: number, textBytes: number): void {
  while (lines.first < first) forgetFirst(lines);
  const floor = Math.max(lines.firstStart, lines.text.length - textBytes);
  if (floor > lines.text.floor) {
    forgetBytes(lines.text, floor);
    forgetChanges(lines.styles, floor);
  }
  forgetChanges(lines.sections, lines.first);
  forgetChanges(lines.shifts, lines.first);
  for (const column of [lines.sources, lines.ends]) forgetBefore(column, lines.first);
  if (lines.stamps.length > 0) forgetBefore(lines.stamps, lines.first);
}

function forgetFirst(lines: Lines): void {
  const index = lines.first;
  const hasNext = index + 1 < countLines(lines);
  const source = hasNext ? sourceOf(lines, index + 1) : lines.open.source;
  lines.firstStart = endOf(lines, index);
  lines.firstSource = source;
  lines.pieces.delete(index);
  lines.first = index + 1;
}
