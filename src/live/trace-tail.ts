import type { Gitlab, JobRef } from '../gitlab/client.ts';
import { type ByteQueue, forgetBytes, read, shrinkTo, write } from '../trace/byte-queue.ts';
import { createGrowingLines, type GrowingLines } from '../trace/growing-lines.ts';
import { pauseIfSliceIsOver } from '../util/event-loop.ts';
import { readStart } from '../util/streams.ts';

export type TraceLog = ReturnType<typeof createTraceLog>;

/**
 * Returns the index of the first byte that differs. If there is none, returns the length of the
 * shorter buffer.
 */
function firstDifference(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  if (a.subarray(0, length).equals(b.subarray(0, length))) return length;
  let at = 0;
  while (a[at] === b[at]) at += 1;
  return at;
}

let lastNumber = 0;

/** At most one parsed line per 32 bytes of `maxBytes()` is kept. */
const BYTES_PER_LINE = 32;

/**
 * Maximum number of cuts to remember. A cut is a removal or replacement of bytes. A subscriber that
 * missed more cuts may receive bytes again.
 */
const MAX_CUTS = 100;

/**
 * Creates a buffer for the last `maxBytes()` bytes of a growing log. It starts empty at offset
 * `from`. Its members `start` and `end` are offsets in the whole log. All subscribers share the
 * buffer. Each of them has its own offset, so nothing is queued for a slow one.
 */
export function createTraceLog(from: number, maxBytes: () => number) {
  const startAt = (at: number): ByteQueue => ({ blocks: [], base: at, floor: at, length: at });
  let queue = startAt(from);
  const number = ++lastNumber;
  let cuts = 0;
  /**
   * Offsets of the last cuts, oldest first. If there were more than MAX_CUTS, the first element
   * stands for several of the oldest cuts: it is the lowest of their offsets.
   */
  const cutAt: number[] = [];
  let lines: GrowingLines | undefined;
  const createLines = () =>
    createGrowingLines(() => {
      const bytes = maxBytes();
      return { maxBytes: bytes, maxLines: Math.ceil(bytes / BYTES_PER_LINE) };
    });

  /** Removes all bytes from offset `at` on. */
  const cut = (at: number) => {
    if (at >= queue.length) return;
    cuts += 1;
    if (lines && lines.size > at) lines = createLines();
    cutAt.push(at);
    const [oldest = at, next = at] = cutAt;
    if (cutAt.length > MAX_CUTS) cutAt.splice(0, 2, Math.min(oldest, next));
    if (at < queue.floor) queue = startAt(at);
    else shrinkTo(queue, at);
  };
  return {
    /** Identifies the log within the process. */
    number,
    get start() {
      return queue.floor;
    },
    get end() {
      return queue.length;
    },
    /**
     * The lines that were parsed so far; undefined if lines are not needed. Becomes a new, empty
     * object if parsed bytes are removed or replaced. `readLines` parses the rest of the log.
     */
    get lines() {
      return lines;
    },
    /** Starts or stops the parsing of lines. */
    setParsed(isParsed: boolean) {
      if (!isParsed) lines = undefined;
      else lines ??= createLines();
    },
    /**
     * Number of times that bytes at the end of the log were removed or replaced. Excludes the
     * removal of old bytes at the start of the buffer.
     */
    get cuts() {
      return cuts;
    },
    /** Returns the kept bytes `start` to `end - 1`. Do not modify them. */
    read: (start: number, end: number) => read(queue, start, Math.min(end, queue.length)),
    /**
     * Stores bytes that GitLab sent for offset `at`, which is at most `end`. If they differ from
     * the known bytes, they replace the known bytes from the first difference on.
     */
    put(at: number, bytes: Buffer) {
      const known = Math.max(at, queue.floor);
      const received = bytes.subarray(Math.max(0, known - at));
      const equal = firstDifference(read(queue, known, queue.length), received);
      if (equal < received.length) cut(known + equal);
      const isParsed = lines?.size === queue.length;
      write(queue, received, equal, received.length);
      if (isParsed) lines?.push(received.subarray(equal));
      forgetBytes(queue, queue.length - maxBytes());
    },
    cut,
    /**
     * Returns the lowest offset from which bytes were removed or replaced since `cuts` had the
     * value `known`. Infinity if none were. The result may be too low if there were 100 or more
     * cuts since then.
     */
    lowestCutSince(known: number) {
      const recent = cutAt.slice(Math.max(0, cutAt.length - (cuts - known)));
      return Math.min(Number.POSITIVE_INFINITY, ...recent);
    },
  };
}

/*
 * Reads the new part of a log. GitLab 19.0 and later support byte_offset (upstream.md §7). Older
 * servers ignore it and send the whole log, which is compared with the known bytes. Logs are read
 * as streams, so a long log needs no memory except for the part that is kept.
 */

/**
 * Number of known bytes that are read again, because GitLab may rewrite the last bytes of a live
 * log.
 */
const OVERLAP = 1024;

/** Returns the first offset to read for a subscriber that has the log up to `afterByte`. */
export function firstByteFor(gitlab: Gitlab, afterByte: number): number {
  return gitlab.server.byteOffset ? Math.max(0, afterByte - OVERLAP) : 0;
}

/** Whether `bytes`, which begin at offset `at`, equal the known bytes where both overlap. */
function matches(log: TraceLog, at: number, bytes: Buffer): boolean {
  const from = Math.max(at, log.start);
  const to = Math.min(at + bytes.length, log.end);
  return from >= to || log.read(from, to).equals(bytes.subarray(from - at, to - at));
}

/**
 * Detects whether GitLab supports byte_offset and byte_limit. Requests one byte: a server without
 * support sends more. An empty response shows nothing.
 */
async function detectByteOffset(gitlab: Gitlab, ref: JobRef): Promise<void> {
  const { body } = await gitlab.openJobTrace(ref, { byteOffset: 0, byteLimit: 1 });
  const { bytes, isCut } = await readStart(body, 1);
  if (bytes.length > 0) gitlab.server.byteOffset = !isCut;
}

/**
 * Reads the log from an offset on. Returns false if the whole log must be read, because the
 * response contradicts the known bytes or does not reach their end.
 */
async function readTail(
  gitlab: Gitlab,
  ref: JobRef,
  log: TraceLog,
  offset: number,
): Promise<boolean> {
  const { end } = log;
  const { body } = await gitlab.openJobTrace(ref, { byteOffset: offset });
  let at = offset;
  for await (const piece of body) {
    const bytes = piece as Buffer;
    if (!matches(log, at, bytes)) return false;
    log.put(at, bytes);
    at += bytes.length;
  }
  // An empty response may mean that the log was erased and is shorter than the offset.
  return at >= end && at > offset;
}

/** Reads the whole log and updates the known bytes. Returns the log's size. */
async function readWhole(gitlab: Gitlab, ref: JobRef, log: TraceLog): Promise<number> {
  const { body } = await gitlab.openJobTrace(ref);
  let at = 0;
  for await (const piece of body) {
    const bytes = piece as Buffer;
    log.put(at, bytes);
    at += bytes.length;
  }
  log.cut(at);
  return at;
}

/** Reads the bytes before the kept part from GitLab, and parses them. */
async function readBeginning(gitlab: Gitlab, ref: JobRef, log: TraceLog): Promise<void> {
  const { body } = await gitlab.openJobTrace(ref);
  let at = 0;
  for await (const piece of body) {
    const bytes = piece as Buffer;
    const known = log.lines?.size ?? 0;
    log.lines?.push(bytes.subarray(Math.max(0, known - at), Math.max(0, log.start - at)));
    at += bytes.length;
    await pauseIfSliceIsOver();
    if (at >= log.start) break;
  }
}

const PART = 1 << 16;

/**
 * Parses the bytes of the log that are not parsed yet. Parsing begins with the first byte of the
 * log, because lines are numbered from there. If that byte is no longer kept, the beginning is read
 * from GitLab. Returns false if GitLab's log is shorter than the known part, otherwise true. Does
 * nothing if lines are not needed.
 */
export async function readLines(gitlab: Gitlab, ref: JobRef, log: TraceLog): Promise<boolean> {
  const { lines } = log;
  if (!lines) return true;
  if (lines.size < log.start) await readBeginning(gitlab, ref, log);
  while (lines.size >= log.start && lines.size < log.end) {
    lines.push(log.read(lines.size, lines.size + PART));
    await pauseIfSliceIsOver();
  }
  return lines.size === log.end;
}

/** Updates the known part of a log. `isLive`: the job may still write to it. */
export async function readTrace(
  gitlab: Gitlab,
  ref: JobRef,
  { log, isLive }: { log: TraceLog; isLive: boolean },
): Promise<void> {
  const { server } = gitlab;
  if (server.byteOffset === undefined && log.end > 1) await detectByteOffset(gitlab, ref);
  const offset = server.byteOffset ? Math.max(log.start, log.end - OVERLAP) : 0;
  if (offset > 0 && (await readTail(gitlab, ref, log, offset))) return;
  const { cuts } = log;
  const size = await readWhole(gitlab, ref, log);
  // `readTail` did not find the known bytes at the offset, but the whole log contains them
  // unchanged (`cuts` has not increased). So the server ignored the offset.
  if (offset > 0 && isLive && size > 0 && log.cuts === cuts) server.byteOffset = false;
  // A subscriber may need bytes that are no longer kept. `readMissing` (trace.ts) reads them from
  // GitLab with byte_offset, so find out whether the server supports it.
  if (server.byteOffset === undefined && log.start > 0) await detectByteOffset(gitlab, ref);
}
