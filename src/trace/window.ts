/**
 * Which lines of a long log are kept: those that begin within its last `maxBytes` bytes, `maxLines` of them at most. A
 * line that begins before is dropped whole, but where that would lose more than half of the window its end is kept.
 */
import { read } from './byte-queue.ts';
import { MAX_HEADER } from './line-text.ts';
import { countLines, forgetLines, type Lines, piecesOf, sourceOf } from './lines.ts';

/** How much is kept. */
export interface Window {
  readonly maxBytes: number;
  readonly maxLines: number;
}

/**
 * How many of the last lines can still vanish: the last one of each stream (256 numbers, two kinds), if it turns out to
 * be the beginning of a mark, and that of lines without header.
 */
const UNSURE_LINES = 513;

/** How much text, in bytes, they can take along: more than they have in unfinished marks. */
const UNSURE_TEXT = 1 << 19;

/** Forgets what is outside the window for good, while the log goes on; `total` is its size so far. */
export function slideWindow(lines: Lines, total: number, window: Window): void {
  const { maxBytes, maxLines } = window;
  const sure = countLines(lines) - UNSURE_LINES;
  let first = lines.first;
  while (first + 1 < sure) {
    const isOutside = sourceOf(lines, first + 1) <= total - maxBytes || first < sure - maxLines;
    if (!isOutside) break;
    first += 1;
  }
  forgetLines(lines, first, Math.max(maxBytes, MAX_HEADER) + UNSURE_TEXT);
}

/** Forgets exactly what is outside the window, now that all lines are there. Answers whether anything was lost. */
export function closeWindow(lines: Lines, total: number, window: Window): boolean {
  const { maxBytes, maxLines } = window;
  const start = total - maxBytes;
  const count = countLines(lines);
  let first = Math.max(lines.first, count - maxLines);
  while (first < count && sourceOf(lines, first) < start) {
    const end = first + 1 < count ? sourceOf(lines, first + 1) : total;
    const pieces = piecesOf(lines, first);
    if (end - start > maxBytes / 2 && pieces.length <= 2) {
      forgetLines(lines, first, Infinity);
      return keepEnd(lines, first, end - start) || first > 0;
    }
    first += 1;
  }
  forgetLines(lines, first, Infinity);
  return first > 0;
}

/** Shortens a line's text to its last `size` bytes or a few less, where a character begins. Answers whether it was longer. */
function keepEnd(lines: Lines, index: number, size: number): boolean {
  const [from = 0, end = 0] = piecesOf(lines, index);
  if (end - from <= size) return false;
  let start = end - size;
  const head = read(lines.text, start, start + 3);
  for (const byte of head) {
    if ((byte & 0xc0) !== 0x80) break;
    start += 1;
  }
  lines.pieces.set(index, [start, end]);
  return true;
}
