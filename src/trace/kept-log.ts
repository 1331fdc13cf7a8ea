/** A job's log as it is kept for one answer: read as it comes, and bounded in memory. */

import type { ParsedTrace } from './parsed-trace.ts';
import { createTraceParser, type TraceParser } from './parser.ts';

/** A log, or the end of it. */
export interface KeptLog {
  /** Of the whole log, in bytes. */
  readonly byteSize: number;
  /** Whether the log was longer than what is kept. */
  readonly truncated: boolean;
  /** The kept bytes as they came; of a truncated log from a whole character on. */
  readonly raw: Buffer;
  /** The kept lines and sections; parsed when first asked for, unless the log was too long to wait. */
  readonly parsed: ParsedTrace;
}

/** The last bytes of what is pushed, in as few pieces as came. */
function createTail(maxBytes: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    push(chunk: Buffer) {
      chunks.push(chunk);
      size += chunk.length;
      while (chunks[0] && size - chunks[0].length >= maxBytes) size -= chunks.shift()?.length ?? 0;
    },
    chunks: chunks as readonly Buffer[],
    bytes: () => Buffer.concat(chunks).subarray(Math.max(0, size - maxBytes)),
  };
}

/** Where the first whole character begins: bytes 10xxxxxx continue one that was cut off. */
function firstCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
  return at;
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
  const bytes = tail.bytes();
  const truncated = byteSize > maxBytes;
  const onTheWay = parser?.end();
  let parsed: ParsedTrace | undefined = onTheWay;
  return {
    byteSize,
    truncated,
    raw: truncated ? bytes.subarray(firstCharacter(bytes)) : bytes,
    get parsed() {
      if (!parsed) {
        const late = createTraceParser({ maxBytes });
        late.push(bytes);
        parsed = late.end();
      }
      return parsed;
    },
  };
}
