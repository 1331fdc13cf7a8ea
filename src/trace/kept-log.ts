/** A job's log as it is kept for one answer: read as it comes, and bounded in memory. */

import { StringDecoder } from 'node:string_decoder';
import type { ParsedTrace } from './parsed-trace.ts';
import { createTraceParser, type TraceParser } from './parser.ts';

/** A log, or the end of it. */
export interface KeptLog {
  /** Of the whole log, in bytes. */
  readonly byteSize: number;
  /** Whether the log was longer than what is kept. */
  readonly truncated: boolean;
  /** How many of the bytes are kept. */
  readonly keptBytes: number;
  /**
   * The kept bytes as text, escapes and marks and all, in pieces that are made when asked for; of a truncated
   * log from a whole character on. `lastLines` are split at line feeds; one at the very end closes the last line.
   */
  raw(lastLines?: number): Iterable<string>;
  /** The kept lines and sections; parsed when first asked for, unless the log was too long to wait. */
  readonly parsed: ParsedTrace;
}

/** The most bytes that become text at once. */
const PIECE = 1 << 14;
const LINE_FEED = 0x0a;

/** The last bytes of what is pushed, in the pieces they came in: a log is long, and a copy would double it. */
function createTail(maxBytes: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    chunks: chunks as readonly Buffer[],
    push(chunk: Buffer) {
      if (chunk.length === 0) return;
      chunks.push(chunk);
      size += chunk.length;
      while (chunks[0] && size > maxBytes) {
        const surplus = Math.min(size - maxBytes, chunks[0].length);
        if (surplus === chunks[0].length) chunks.shift();
        else chunks[0] = chunks[0].subarray(surplus);
        size -= surplus;
      }
    },
  };
}

/** Where the first whole character begins: bytes 10xxxxxx continue one that was cut off. */
function firstCharacter(chunks: readonly Buffer[]): number {
  // It may begin several small chunks in.
  const bytes = Buffer.concat(chunks.slice(0, 4));
  let at = 0;
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
  return at;
}

/** Where the last `count` lines begin; 0 where there are no more. */
function lastLinesAt(chunks: readonly Buffer[], count: number): number {
  let left = count;
  let start = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  for (const chunk of chunks.toReversed()) {
    start -= chunk.length;
    const closes = chunk === chunks.at(-1) && chunk.at(-1) === LINE_FEED;
    let at = closes ? chunk.length - 1 : chunk.length;
    while (at > 0) {
      at = chunk.lastIndexOf(LINE_FEED, at - 1);
      if (at < 0) break;
      left -= 1;
      if (left === 0) return start + at + 1;
    }
  }
  return 0;
}

/** The text of the bytes from an offset on. */
function* textFrom(chunks: readonly Buffer[], offset: number): Generator<string> {
  const decoder = new StringDecoder('utf8');
  let start = 0;
  for (const chunk of chunks) {
    for (let at = Math.max(0, offset - start); at < chunk.length; at += PIECE) {
      yield decoder.write(chunk.subarray(at, at + PIECE));
    }
    start += chunk.length;
  }
  yield decoder.end();
}

function parseAll(chunks: readonly Buffer[], parser: TraceParser): ParsedTrace {
  for (const chunk of chunks) parser.push(chunk);
  return parser.end();
}

/**
 * Reads a log to its end and keeps the last `maxBytes` of it, where failures are. Line numbers count from the true
 * beginning, so the lines of a longer log are read on the way; those of a shorter one only when somebody looks.
 */
export async function keepLog(log: AsyncIterable<Buffer>, maxBytes: number): Promise<KeptLog> {
  const tail = createTail(maxBytes);
  let byteSize = 0;
  let parser: TraceParser | undefined;
  for await (const chunk of log) {
    if (!parser && byteSize + chunk.length > maxBytes) {
      parser = createTraceParser({ maxBytes });
      for (const earlier of tail.chunks) parser.push(earlier);
    }
    parser?.push(chunk);
    tail.push(chunk);
    byteSize += chunk.length;
  }
  const { chunks } = tail;
  const truncated = byteSize > maxBytes;
  let parsed = parser?.end();
  return {
    byteSize,
    truncated,
    keptBytes: Math.min(byteSize, maxBytes),
    raw(lastLines) {
      const wanted = lastLines === undefined ? 0 : lastLinesAt(chunks, lastLines);
      return textFrom(chunks, wanted === 0 && truncated ? firstCharacter(chunks) : wanted);
    },
    get parsed() {
      parsed ??= parseAll(chunks, createTraceParser({ maxBytes }));
      return parsed;
    },
  };
}
