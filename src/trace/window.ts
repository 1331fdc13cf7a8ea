import { cutBytes, MAX_CONTINUATION, read } from './byte-queue.ts';
import { MAX_HEADER } from './line-text.ts';
import { countLines, forgetLines, type Lines, piecesOf, sourceOf } from './lines.ts';

/**
 * Limits the kept part of a long log to the lines that begin within its last `maxBytes` bytes, and
 * to `maxLines` lines. Of a very long line that begins earlier, the end is kept (see
 * `closeWindow`).
 */
export interface Window {
  readonly maxBytes: number;
  readonly maxLines: number;
}

/**
 * Maximum number of lines at the end that may still be removed. A line is removed if it turns out
 * to be the beginning of a section mark. There is at most one such line in each of the 512 streams
 * of lines with time headers (see `TimeHeader` in mark.ts), and one without a time header.
 */
const UNSETTLED_LINES = 513;

/**
 * Maximum bytes of the lines that may still be removed. This is enough for 513 incomplete section
 * marks, which have fewer than 600 bytes each.
 */
const UNSETTLED_TEXT = 1 << 19;

/**
 * Drops the lines that can never be inside the window again. `total` is the size of the log so far.
 * Keeps `unsettledText` bytes in addition, because the window moves back if lines at the end are
 * removed.
 */
export function slideWindow(
  lines: Lines,
  total: number,
  window: Window,
  unsettledText = UNSETTLED_TEXT,
): void {
  const { maxBytes, maxLines } = window;
  const settled = countLines(lines) - UNSETTLED_LINES;
  let first = lines.first;
  while (first + 1 < settled) {
    const isOutside = sourceOf(lines, first + 1) <= total - maxBytes || first < settled - maxLines;
    if (!isOutside) break;
    first += 1;
  }
  forgetLines(lines, first, Math.max(maxBytes, MAX_HEADER) + unsettledText);
}

/**
 * Drops all lines outside the window of a log that does not grow anymore. Returns whether a line or
 * the beginning of a line was dropped, now or by `slideWindow`.
 */
export function closeWindow(lines: Lines, total: number, window: Window): boolean {
  const { maxBytes, maxLines } = window;
  const start = total - maxBytes;
  const count = countLines(lines);
  let first = Math.max(lines.first, count - maxLines);
  while (first < count && sourceOf(lines, first) < start) {
    const end = first + 1 < count ? sourceOf(lines, first + 1) : total;
    const pieces = piecesOf(lines, first);
    // A line that begins before the window is not dropped if its end fills more than half of the
    // window. A line in several pieces (see `OpenLine` in lines.ts) is always dropped.
    if (end - start > maxBytes / 2 && pieces.length <= 2) {
      forgetLines(lines, first, Infinity);
      return keepEnd(lines, first, end - start) || first > 0;
    }
    first += 1;
  }
  forgetLines(lines, first, Infinity);
  return first > 0;
}

/**
 * Shortens a line to the whole characters in its last `size` bytes. Returns whether the line was
 * longer.
 */
function keepEnd(lines: Lines, index: number, size: number): boolean {
  const [from = 0, end = 0] = piecesOf(lines, index);
  if (end - from <= size) return false;
  const start = end - size;
  const cut = cutBytes(read(lines.text, start, start + MAX_CONTINUATION));
  lines.pieces.set(index, [start + cut, end]);
  return true;
}
