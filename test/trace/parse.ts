import type { ParsedLine, ParsedTrace } from '../../src/trace/parsed-trace.ts';
import { createTraceParser, type TraceParserOptions } from '../../src/trace/parser.ts';

/** Returns a log as bytes. */
export function bytesOf(log: string | Uint8Array): Uint8Array {
  return typeof log === 'string' ? new TextEncoder().encode(log) : log;
}

/** Concatenates pieces of a log, which are text or bytes. */
export function joined(...pieces: (string | readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    pieces.flatMap((piece) => [...(typeof piece === 'string' ? bytesOf(piece) : piece)]),
  );
}

/** Parses a whole log in one chunk. */
export function parse(log: string | Uint8Array, options?: TraceParserOptions): ParsedTrace {
  const parser = createTraceParser(options);
  parser.push(bytesOf(log));
  return parser.end();
}

/** Parses a log in chunks that end at the given offsets. */
export function parseInChunks(
  log: Uint8Array,
  cuts: readonly number[],
  options?: TraceParserOptions,
): ParsedTrace {
  const parser = createTraceParser(options);
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    parser.push(log.slice(at, cut));
    at = Math.max(at, cut);
  }
  parser.push(log.slice(at));
  return parser.end();
}

export function texts(log: string | Uint8Array, options?: TraceParserOptions): string[] {
  return Array.from(parse(log, options).lines, ({ text }) => text);
}

export function htmls(log: string | Uint8Array): string[] {
  return Array.from(parse(log).lines, ({ html }) => html);
}

/** Parses a whole log. Returns its lines with their HTML, for comparison. */
export const linesOf = (log: string | Uint8Array) => dumpLines(parse(log));

/** Copies lines with their HTML, which is a getter. */
const dumpLines = ({ lines }: ParsedTrace) =>
  Array.from(lines, (line) => ({ ...line, html: line.html }));

/** Converts a trace to plain data for comparison. */
export function dump(trace: ParsedTrace): unknown {
  const names = new Set(trace.sections.map(({ name }) => name));
  return {
    byteSize: trace.byteSize,
    truncated: trace.truncated,
    lines: dumpLines(trace),
    plain: plainText(trace.lines),
    html: htmlText(trace.lines),
    sections: trace.sections,
    linesOf: [...names].map((name) => [
      name,
      Array.from(trace.linesOf(name), ({ number }) => number),
    ]),
  };
}

/** Returns the start mark of a section. */
export const start = (name: string, seconds = 1700000000) =>
  `section_start:${seconds}:${name}\r\x1b[0K`;

/** Returns the end mark of a section. */
export const end = (name: string, seconds = 1700000010) =>
  `section_end:${seconds}:${name}\r\x1b[0K`;

/**
 * Returns a time header at a second, for a stream such as `01O`. `flag` is a space, or `+` for a
 * continuation.
 */
export const header = (second: number, stream = '01O', flag = ' ') =>
  `2024-05-22T12:12:${String(second).padStart(2, '0')}.000001Z ${stream}${flag}`;

const joinLines = (texts: Iterable<string>) => [...texts].join('\n');

export const plainText = (lines: Iterable<ParsedLine>) =>
  joinLines([...lines].map(({ text }) => text));

export const htmlText = (lines: Iterable<ParsedLine>) =>
  joinLines([...lines].map(({ html }) => html));

/** Returns a log of `size` bytes that repeats `unit`. */
export function repeated(unit: string | Uint8Array, size: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(size, bytesOf(unit)));
}
