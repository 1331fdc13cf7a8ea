import { AT_END } from './cursor.ts';
import { copyLines, countLines, isVisible, type Lines, sourceOf } from './lines.ts';
import {
  addText,
  createLogState,
  endLastLine,
  endUnfinishedLine,
  hasShortMarkStart,
  type LogState,
  SHORTEST_MARK_START,
} from './log-state.ts';
import { Line, type ParsedLine } from './parsed-trace.ts';
import { scanBytes } from './scanner.ts';
import { slideWindow, type Window } from './window.ts';

/**
 * The lines of a growing log. A reader that already has the log up to an offset requests only the
 * lines that changed after this offset.
 */
export interface GrowingLines {
  /** Number of bytes parsed so far. */
  readonly size: number;
  /** Number of lines so far, including an incomplete last line. */
  readonly count: number;
  readonly openSections: number;
  /** Parses the next bytes. */
  push(bytes: Uint8Array): void;
  /**
   * Ends the log. An incomplete section mark at its end becomes text. `push` must not be called
   * afterwards.
   */
  finish(): void;
  /**
   * Returns the largest offset up to `to` for which `changed(from, offset)` returns about 1,000
   * lines at most.
   */
  limit(from: number, to: number): number;
  /**
   * Returns copies of the kept lines that changed after offset `from`, up to offset `to`, ordered
   * by line number. An incomplete line of more than 64 KiB is left out until it is complete.
   */
  changed(from: number, to: number): ParsedLine[];
}

/**
 * Bytes are parsed in slices of this size. After each slice, lines that are too old to be kept are
 * dropped.
 */
const SLICE = 1 << 16;
const NO_BYTES = new Uint8Array(0);
/**
 * Number of bytes before the offset at which a subscription starts. The first event also contains
 * the lines that changed in these bytes. An earlier subscription may have sent the end of these
 * lines wrong: the first bytes of a section mark, such as `sect`, are shown as text until more
 * bytes arrive.
 */
export const UNSETTLED_BYTES = SHORTEST_MARK_START;
const MAX_CHANGED = 1_000;
/**
 * Maximum bytes of an incomplete line that is returned each time it grows. A longer line is
 * returned when it is complete.
 */
const MAX_INCOMPLETE = 1 << 16;

/**
 * Returns whether the end of the log, which is shown as text for now, may be the beginning of a
 * section mark.
 */
const endsWithMarkStart = (state: LogState) =>
  hasShortMarkStart(state) && state.line.cursor === AT_END;

/**
 * Returns the index of the incomplete line; undefined if there is none or it has nothing to show.
 */
function openLine(state: LogState): number | undefined {
  const { atLineStart, lines } = state;
  if (atLineStart) return undefined;
  if (lines.open.index >= 0) return lines.open.index;
  return isVisible(lines) || endsWithMarkStart(state) ? countLines(lines) : undefined;
}

/**
 * Returns the lines, including the incomplete line. An incomplete character at its end is left out.
 * The result is a copy if there is an incomplete line.
 */
function withOpenLine(state: LogState): Lines {
  if (state.atLineStart) return state.lines;
  const { carry, page, line } = state;
  const lines = copyLines(state.lines, true);
  const copy = { ...state, lines, page: { ...page }, line: { ...line, headerOf: null } };
  if (endsWithMarkStart(state)) addText(copy, carry, 0, carry.length);
  endUnfinishedLine(copy);
  return lines;
}

/**
 * Copies a line together with its HTML. A line otherwise computes its HTML later, from `Lines`,
 * which then may have changed.
 */
const copyOf = (line: ParsedLine): ParsedLine => ({ ...line, html: line.html });

/**
 * Creates a parser of a growing log. It keeps the last lines, as many as `window` permits at the
 * moment.
 */
export function createGrowingLines(window: () => Window): GrowingLines {
  const state = createLogState();
  const { lines, sections } = state;
  /** Indexes of the lines that may be changed by the bytes that are being parsed. */
  const touched = new Set<number>();
  lines.reopened = touched;
  /**
   * The offset at which a line last changed, by the line's index. A line without an entry last
   * changed at the offset where the next line begins.
   */
  const recorded = new Map<number, number>();
  let size = 0;
  /** Lines that begin before this offset in the log are not kept, except the last line. */
  let keptFrom = 0;
  let shown: Lines | undefined;
  const showLines = () => {
    shown ??= withOpenLine(state);
    return shown;
  };

  const touch = (index: number | undefined) => {
    if (index !== undefined) touched.add(index);
  };
  /**
   * Runs a step of the parser, which reads up to offset `end`. Records which lines the step
   * changes.
   */
  const parse = (end: number, run: () => void) => {
    const before = countLines(lines);
    touch(openLine(state));
    run();
    shown = undefined;
    const open = openLine(state);
    touch(open);
    const complete = countLines(lines);
    if (complete !== before) touch(complete - 1);
    const count = Math.max(complete, (open ?? -1) + 1);
    for (const index of touched) {
      recorded.delete(index);
      if (index < count) recorded.set(index, end);
    }
    touched.clear();
  };
  const forget = () => {
    const { maxBytes, maxLines } = window();
    keptFrom = Math.max(keptFrom, size - maxBytes);
    slideWindow(lines, size, { maxBytes, maxLines }, 0);
    sections.list = [];
    for (const [index, at] of recorded) {
      // Entries are in the order of their offsets.
      if (at > keptFrom) break;
      recorded.delete(index);
    }
  };

  /**
   * Returns the offset where the line after `index` begins; Infinity if `index` is the last line.
   */
  const endOf = (all: Lines, index: number) =>
    index + 1 < countLines(all) ? sourceOf(all, index + 1) : Infinity;
  /** Returns the index of the first kept line that ends after an offset. */
  const firstAfter = (all: Lines, from: number) => {
    let low = all.first;
    let high = countLines(all);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (endOf(all, middle) > from) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  /**
   * Returns whether a line exists and is kept: it begins inside the window, or is the last line.
   */
  const isKept = (all: Lines, index: number) => {
    const last = countLines(all) - 1;
    return index >= all.first && (index < last ? sourceOf(all, index) >= keptFrom : index === last);
  };
  const hiddenLine = () =>
    lines.text.length - lines.open.start > MAX_INCOMPLETE ? openLine(state) : undefined;

  return {
    get size() {
      return size;
    },
    get count() {
      return countLines(showLines());
    },
    get openSections() {
      return sections.open.size;
    },
    push(bytes) {
      for (let at = 0; at < bytes.length; at += SLICE) {
        const slice = bytes.subarray(at, at + SLICE);
        parse(size + slice.length, () => scanBytes(state, slice, size));
        size += slice.length;
        forget();
      }
    },
    finish() {
      if (state.ended) return;
      const isUnchanged = state.atLineStart && state.carry.length === 0;
      state.ended = true;
      if (isUnchanged) return;
      parse(Infinity, () => {
        scanBytes(state, NO_BYTES, size);
        endLastLine(state);
      });
    },
    limit(from, to) {
      const all = showLines();
      const last = firstAfter(all, from) + MAX_CHANGED - 1;
      return last < countLines(all) ? Math.min(to, endOf(all, last)) : to;
    },
    changed(from, to) {
      const all = showLines();
      const count = countLines(all);
      const first = firstAfter(all, from);
      const hidden = hiddenLine();
      const isShown = (index: number) => index !== hidden && isKept(all, index);
      const indexes: number[] = [];
      for (const [index, at] of recorded) if (at > from && at <= to) indexes.push(index);
      for (let index = first; index < count && endOf(all, index) <= to; index += 1) {
        if (!recorded.has(index)) indexes.push(index);
      }
      return indexes
        .filter(isShown)
        .sort((a, b) => a - b)
        .map((index) => copyOf(new Line(all, index)));
    },
  };
}
