import { copyLines } from './lines.ts';
import {
  addText,
  createLogState,
  endLastLine,
  endUnfinishedLine,
  hasShortMarkStart,
  type LogState,
  saveLongHeader,
} from './log-state.ts';
import { type ParsedTrace, toParsedTrace } from './parsed-trace.ts';
import { scanBytes } from './scanner.ts';
import { forgetSections, sectionsSince } from './sections.ts';
import { closeWindow, slideWindow, type Window } from './window.ts';

export interface TraceParserOptions {
  /**
   * Only lines that begin within the last `maxBytes` of the log are kept. Of a very long line that
   * begins earlier, the end may be kept (see `closeWindow`). Line numbers and `byteSize` still
   * count from the beginning of the log. @default 16 MiB
   */
  readonly maxBytes?: number | undefined;
  /**
   * Maximum number of lines to keep. `maxBytes` alone does not limit their memory, because a line
   * of 4 bytes can need 100 bytes. @default 4,194,304
   */
  readonly maxLines?: number | undefined;
}

/**
 * Parses a job's log incrementally. The result does not depend on how the log is split into chunks.
 */
export interface TraceParser {
  /** Parses the next chunk. Does not keep a reference to it. Throws after `end`. */
  push(chunk: Uint8Array): void;
  /**
   * Ends the log and returns it. If it ends with an incomplete section mark, the mark becomes text.
   * An incomplete escape at the end is dropped.
   */
  end(): ParsedTrace;
  /**
   * Returns a copy of the log so far, which later calls of `push` do not change. An incomplete
   * escape, section mark, time header or character at its end is left out. But the first bytes of a
   * section mark are included as text if they are fewer than 8, such as `sec`.
   */
  snapshot(): ParsedTrace;
}

/**
 * Bytes are parsed in slices of this size. After each slice, lines that are too old to be kept are
 * dropped.
 */
const SLICE = 1 << 16;
const MEBIBYTE = 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

/**
 * Makes the last line of an unfinished log visible, although its line feed is missing. A line with
 * nothing to show is left out.
 */
function commitSoFar(state: LogState): void {
  const { carry } = state;
  if (state.atLineStart) return;
  if (hasShortMarkStart(state)) addText(state, carry, 0, carry.length);
  endUnfinishedLine(state);
}

function takeSnapshot(live: LogState, byteSize: number, window: Window): ParsedTrace {
  const lines = copyLines(live.lines);
  const copies = new Map(live.sections.list.map((section) => [section, { ...section }]));
  const headerOf = (live.line.headerOf && copies.get(live.line.headerOf)) ?? null;
  commitSoFar({ ...live, lines, page: { ...live.page }, line: { ...live.line, headerOf } });
  const truncated = closeWindow(lines, byteSize, window);
  const list = [...copies.values()];
  const kept = sectionsSince({ ...live.sections, list }, lines.first + 1);
  return toParsedTrace(lines, kept, { byteSize, truncated });
}

export function createTraceParser(options: TraceParserOptions = {}): TraceParser {
  const { maxBytes = 16 * MEBIBYTE, maxLines = 4 * MEBIBYTE } = options;
  const window: Window = { maxBytes, maxLines };
  const state = createLogState();
  const { lines, sections } = state;
  let byteSize = 0;
  const pushSlice = (slice: Uint8Array) => {
    scanBytes(state, slice, byteSize);
    byteSize += slice.length;
    saveLongHeader(state);
    slideWindow(lines, byteSize, window);
    forgetSections(sections, lines.first + 1);
  };
  return {
    push(chunk) {
      if (state.ended) throw new Error('The log has ended: no more bytes are accepted.');
      for (let at = 0; at < chunk.length; at += SLICE) pushSlice(chunk.subarray(at, at + SLICE));
    },
    end() {
      state.ended = true;
      scanBytes(state, NO_BYTES, byteSize);
      endLastLine(state);
      const truncated = closeWindow(lines, byteSize, window);
      const kept = sectionsSince(sections, lines.first + 1);
      return toParsedTrace(lines, kept, { byteSize, truncated });
    },
    snapshot: () => takeSnapshot(state, byteSize, window),
  };
}
