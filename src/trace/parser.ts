/** The way into this folder: a job's log in, its lines and sections out. */
import { read, wholeCharacters } from './byte-queue.ts';
import { closeWindow, copyLines, slideWindow, unwrite, type Window } from './lines.ts';
import { addText, createReading, endLastLine, type Reading, takeLongHeader } from './log-state.ts';
import { type ParsedTrace, toParsedTrace } from './parsed-trace.ts';
import { scanBytes } from './scanner.ts';
import { forgetSections, sectionsSince } from './sections.ts';

/** How much of a long log is kept. */
export interface TraceParserOptions {
  /**
   * Only lines of the last so many bytes are kept, the oldest being dropped on the way; line numbers and `byteSize` still
   * count from the true beginning. @default 16 MiB
   */
  readonly maxBytes?: number | undefined;
  /** And at most so many lines: 4 bytes of a log can cost 100 in memory. @default 4 194 304 */
  readonly maxLines?: number | undefined;
}

/** Takes a log piece by piece; wherever it is cut, the result is the same. */
export interface TraceParser {
  /** The next bytes, which are not kept. Not after `end`. */
  push(chunk: Uint8Array): void;
  /** The whole log. An unfinished mark at its end is text, an unfinished escape is nothing. */
  end(): ParsedTrace;
  /**
   * The log so far, which later pushes do not change. An escape, mark, time header or character that is cut at its end is
   * left out. Costs a copy of what is kept.
   */
  snapshot(): ParsedTrace;
}

/** Bytes read between two looks at what can be dropped. */
const SLICE = 1 << 16;

const DEFAULT_WINDOW: Window = { maxBytes: 16 * 1024 * 1024, maxLines: 4 * 1024 * 1024 };

/** Text that ends so might become a mark, but is shorter than this, so it counts as text for the time being. */
const SHORTEST_MARK_START = 'section_'.length;

const NO_BYTES = new Uint8Array(0);

/** Commits the open line of a log that goes on, if there is something to see. */
function commitSoFar(reading: Reading): void {
  const { carry, lines } = reading;
  if (reading.atLineStart) return;
  if (carry.length > 0 && carry.length < SHORTEST_MARK_START && carry[0] === 0x73) {
    addText(reading, carry, 0, carry.length);
  }
  const { length } = lines.text;
  const tail = read(lines.text, Math.max(lines.open.start, length - 3), length);
  unwrite(lines, tail.length - wholeCharacters(tail, true));
  endLastLine(reading);
}

function takeSnapshot(live: Reading, byteSize: number, window: Window): ParsedTrace {
  const lines = copyLines(live.lines);
  const copies = new Map(live.sections.list.map((section) => [section, { ...section }]));
  const heads = (live.line.heads && copies.get(live.line.heads)) ?? null;
  commitSoFar({ ...live, lines, line: { ...live.line, heads } });
  const truncated = closeWindow(lines, byteSize, window);
  const list = [...copies.values()];
  const kept = sectionsSince({ ...live.sections, list }, lines.first + 1);
  return toParsedTrace(lines, kept, { byteSize, truncated });
}

/** A parser for one log. */
export function createTraceParser(options: TraceParserOptions = {}): TraceParser {
  const window: Window = {
    maxBytes: options.maxBytes ?? DEFAULT_WINDOW.maxBytes,
    maxLines: options.maxLines ?? DEFAULT_WINDOW.maxLines,
  };
  const reading = createReading();
  const { lines, sections } = reading;
  let byteSize = 0;
  const pushSlice = (slice: Uint8Array) => {
    scanBytes(reading, slice, byteSize);
    byteSize += slice.length;
    takeLongHeader(reading);
    slideWindow(lines, byteSize, window);
    forgetSections(sections, lines.first + 1);
  };
  return {
    push(chunk) {
      if (reading.ended) throw new Error('A log that was ended takes no more bytes.');
      for (let at = 0; at < chunk.length; at += SLICE) pushSlice(chunk.subarray(at, at + SLICE));
    },
    end() {
      reading.ended = true;
      scanBytes(reading, NO_BYTES, byteSize);
      endLastLine(reading);
      const truncated = closeWindow(lines, byteSize, window);
      return toParsedTrace(lines, sectionsSince(sections, lines.first + 1), {
        byteSize,
        truncated,
      });
    },
    snapshot: () => takeSnapshot(reading, byteSize, window),
  };
}

/** A whole log at once. */
export function parseTrace(bytes: Uint8Array, options?: TraceParserOptions): ParsedTrace {
  const parser = createTraceParser(options);
  parser.push(bytes);
  return parser.end();
}
