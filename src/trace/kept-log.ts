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
  /** The kept bytes as text, escapes and marks and all; of a truncated log from a whole character on. */
  rawText(): string;
  /** The kept lines and sections; parsed when first asked for, unless the log was too long to wait. */
  readonly parsed: ParsedTrace;
}

/** The last bytes of what is pushed, in the pieces they came in: a log is long, and a copy would double it. */
function createTail(maxBytes: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    chunks: chunks as readonly Buffer[],
    push(chunk: Buffer) {
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
function firstCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
  return at;
}

function textOf(chunks: readonly Buffer[], truncated: boolean): string {
  // A character that was cut in two may begin several small chunks in.
  const start = Buffer.concat(chunks.slice(0, 4));
  const decoder = new StringDecoder('utf8');
  const whole = [start.subarray(truncated ? firstCharacter(start) : 0), ...chunks.slice(4)];
  return whole.map((chunk) => decoder.write(chunk)).join('') + decoder.end();
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
  const truncated = byteSize > maxBytes;
  let parsed = parser?.end();
  return {
    byteSize,
    truncated,
    rawText: () => textOf(tail.chunks, truncated),
    get parsed() {
      parsed ??= parseAll(tail.chunks, createTraceParser({ maxBytes }));
      return parsed;
    },
  };
}
