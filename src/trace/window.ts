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
 * How much more text than the window's is kept, in bytes, while the log goes on: the beginning of a mark can be taken
 * back from it.
 */
const SPARE = 1024;

/** Forgets what is outside the window for good, while the log goes on; `total` is its size so far. */
export function slideWindow(lines: Lines, total: number, window: Window): void {
  const { maxBytes, maxLines } = window;
  const last = countLines(lines) - 1;
  let first = lines.first;
  while (
    first < last &&
    (sourceOf(lines, first + 1) <= total - maxBytes || first < last - maxLines)
  ) {
    first += 1;
  }
  forgetLines(lines, first, Math.max(maxBytes, MAX_HEADER) + SPARE);
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
