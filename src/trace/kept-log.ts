import { isUtf8 } from 'node:buffer';
import { cutBytes, wholeCharacters } from './byte-queue.ts';
import { LF } from './escape.ts';
import type { ParsedTrace } from './parsed-trace.ts';
import { createTraceParser, type TraceParser } from './parser.ts';

/** The log of a job that was read to its end. Of a long log, only the last part is kept. */
export interface KeptLog {
  /** Size of the whole log in bytes. */
  readonly byteSize: number;
  readonly truncated: boolean;
  readonly keptBytes: number;
  /**
   * Yields the kept bytes, including escapes and section marks, as valid UTF-8: U+FFFD replaces
   * invalid bytes. Each piece consists of whole characters. With `lastLines`, yields only that many
   * lines from the end.
   */
  raw(lastLines?: number): Iterable<Buffer>;
  /**
   * Returns the kept lines and sections. A truncated log was already parsed while it was read. Any
   * other log is parsed by the first call.
   */
  parsed(): Promise<ParsedTrace>;
}

/**
 * Chunks of fewer bytes are joined, because even a Buffer of one byte needs 100 bytes of memory.
 */
const SMALL_CHUNK = 1 << 13;
const BLOCK = 1 << 16;

/** Joins small chunks. Yields large chunks unchanged, because a copy would double the memory. */
export async function* joinSmall(log: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const block = Buffer.allocUnsafeSlow(BLOCK);
  let used = 0;
  const takeBlock = () => {
    const joined = Buffer.from(block.subarray(0, used));
    used = 0;
    return joined;
  };
  for await (const chunk of log) {
    const isSmall = chunk.length < SMALL_CHUNK;
    if (!isSmall || used + chunk.length > BLOCK) yield takeBlock();
    if (isSmall) {
      block.set(chunk, used);
      used += chunk.length;
    } else yield chunk;
  }
  yield takeBlock();
}

/** Keeps the last `maxBytes` of the chunks that are pushed. */
export function createTail(maxBytes: number) {
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

/**
 * Returns the number of bytes before the first whole character: 0 to 3. Joins four chunks, because
 * each of them may have only one byte.
 */
const firstCharacter = (chunks: readonly Buffer[]) => cutBytes(Buffer.concat(chunks.slice(0, 4)));

/** Returns the offset at which the last `count` lines begin; 0 if there are not that many lines. */
function lastLinesAt(chunks: readonly Buffer[], count: number): number {
  let left = count;
  let start = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  for (const chunk of chunks.toReversed()) {
    start -= chunk.length;
    // A line feed at the very end of the log does not begin another line.
    const closes = chunk === chunks.at(-1) && chunk.at(-1) === LF;
    let at = closes ? chunk.length - 1 : chunk.length;
    while (at > 0) {
      at = chunk.lastIndexOf(LF, at - 1);
      if (at < 0) break;
      left -= 1;
      if (left === 0) return start + at + 1;
    }
  }
  return 0;
}

/** Yields the bytes from an offset on, in pieces of at most 64 KiB. */
function* piecesOf(chunks: readonly Buffer[], offset = 0): Generator<Buffer> {
  let start = 0;
  for (const chunk of chunks) {
    for (let at = Math.max(0, offset - start); at < chunk.length; at += BLOCK) {
      yield chunk.subarray(at, at + BLOCK);
    }
    start += chunk.length;
  }
}

const toUtf8 = (bytes: Buffer): Buffer => (isUtf8(bytes) ? bytes : Buffer.from(bytes.toString()));

function* utf8From(chunks: readonly Buffer[], offset: number): Generator<Buffer> {
  /** The first bytes of a character that the next piece continues. */
  let rest: Buffer = Buffer.alloc(0);
  for (const piece of piecesOf(chunks, offset)) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    const length = wholeCharacters(bytes, true);
    rest = bytes.subarray(length);
    yield toUtf8(bytes.subarray(0, length));
  }
  yield toUtf8(rest);
}

interface KeepLogOptions {
  maxBytes: number;
  /** Awaited between parts of the work, so that other tasks of the process can run. */
  pause(): Promise<void>;
}

/** Parses chunks, with a pause after each part of at most 64 KiB. */
export async function parseAll(
  parser: TraceParser,
  chunks: readonly Buffer[],
  pause: KeepLogOptions['pause'],
): Promise<void> {
  for (const piece of piecesOf(chunks)) {
    parser.push(piece);
    await pause();
  }
}

/**
 * Reads a log to its end and keeps its last `maxBytes`, because the end shows why a job failed.
 * Calls `pause` between parts of the work.
 */
export async function keepLog(
  log: AsyncIterable<Buffer>,
  { maxBytes, pause }: KeepLogOptions,
): Promise<KeptLog> {
  const tail = createTail(maxBytes);
  let byteSize = 0;
  let parser: TraceParser | undefined;
  for await (const chunk of joinSmall(log)) {
    // A longer log is parsed while it is read, because line numbers count from its beginning.
    if (!parser && byteSize + chunk.length > maxBytes) {
      parser = createTraceParser({ maxBytes });
      await parseAll(parser, tail.chunks, pause);
    }
    if (parser) await parseAll(parser, [chunk], pause);
    else await pause();
    tail.push(chunk);
    byteSize += chunk.length;
  }
  const { chunks } = tail;
  const truncated = byteSize > maxBytes;
  const parseOnDemand = async (): Promise<ParsedTrace> => {
    const onDemand = createTraceParser({ maxBytes });
    await parseAll(onDemand, chunks, pause);
    return onDemand.end();
  };
  let parsed = parser && Promise.resolve(parser.end());
  return {
    byteSize,
    truncated,
    keptBytes: Math.min(byteSize, maxBytes),
    raw(lastLines) {
      const wanted = lastLines === undefined ? 0 : lastLinesAt(chunks, lastLines);
      return utf8From(chunks, wanted === 0 && truncated ? firstCharacter(chunks) : wanted);
    },
    parsed() {
      parsed ??= parseOnDemand();
      return parsed;
    },
  };
}
