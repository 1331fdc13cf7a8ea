import type { Gitlab, JobRef } from '../gitlab/client.ts';
import { type ByteQueue, forgetBytes, read, shrinkTo, write } from '../trace/byte-queue.ts';

export type TraceLog = ReturnType<typeof createTraceLog>;

/** Returns the index of the first difference, or the shorter length if there is none. */
function firstDifference(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  if (a.subarray(0, length).equals(b.subarray(0, length))) return length;
  let at = 0;
  while (a[at] === b[at]) at += 1;
  return at;
}

/**
 * Creates the kept end of a growing log, shared by its subscribers: bytes `start` to `end - 1`, as
 * offsets in the whole log. Each subscriber has its own offset, so nothing is queued for a slow one.
 * It starts empty at offset `from`, and keeps its last `maxBytes()` bytes.
 */
export function createTraceLog(from: number, maxBytes: () => number) {
  const startAt = (at: number): ByteQueue => ({ blocks: [], base: at, floor: at, length: at });
  let queue = startAt(from);
  const cutAt: number[] = [];

  /** Drops all bytes from `at` on. */
  const cut = (at: number) => {
    if (at >= queue.length) return;
    cutAt.push(at);
    if (at < queue.floor) queue = startAt(at);
    else shrinkTo(queue, at);
  };
  return {
    get start() {
      return queue.floor;
    },
    get end() {
      return queue.length;
    },
    /** How often bytes were dropped or replaced. */
    get cuts() {
      return cutAt.length;
    },
    /** Returns the kept bytes from `start` to before `end`. Must not be modified. */
    read: (start: number, end: number) => read(queue, start, Math.min(end, queue.length)),
    /**
     * Stores bytes that GitLab sent for offset `at`, which is at most `end`. From the first byte
     * that differs on, they replace the known ones.
     */
    put(at: number, bytes: Buffer) {
      const known = Math.max(at, queue.floor);
      const received = bytes.subarray(Math.max(0, known - at));
      const equal = firstDifference(read(queue, known, queue.length), received);
      if (equal < received.length) cut(known + equal);
      write(queue, received, equal, received.length);
      forgetBytes(queue, queue.length - maxBytes());
    },
    cut,
    /** The lowest offset of all later cuts; Infinity if there are none. */
    lowestCutSince: (cuts: number) => Math.min(Number.POSITIVE_INFINITY, ...cutAt.slice(cuts)),
  };
}

/*
 * Reads the new part of a log. GitLab 19.0 and later support byte_offset (upstream.md §7); older
 * servers ignore it and send the whole log, which is then compared. Logs are read as streams, so a long
 * log needs no memory beyond the part that is kept.
 */

/** Known bytes that are read again, because the last bytes of a live log may be rewritten. */
const OVERLAP = 1024;

/** Returns the first offset to read for a subscriber that has the log up to `afterByte`. */
export function firstByteFor(gitlab: Gitlab, afterByte: number): number {
  return gitlab.server.byteOffset ? Math.max(0, afterByte - OVERLAP) : 0;
}

/** Whether bytes at offset `at` equal the known bytes where they overlap. */
function matches(log: TraceLog, at: number, bytes: Buffer): boolean {
  const from = Math.max(at, log.start);
  const to = Math.min(at + bytes.length, log.end);
  return from >= to || log.read(from, to).equals(bytes.subarray(from - at, to - at));
}

/** Detects support for byte_offset and byte_limit: a server without it sends more than requested. */
async function detectByteOffset(gitlab: Gitlab, ref: JobRef): Promise<void> {
  const { body } = await gitlab.openJobTrace(ref, { byteOffset: 0, byteLimit: 1 });
  let size = 0;
  for await (const piece of body) {
    size += (piece as Buffer).length;
    if (size > 1) break;
  }
  if (size > 0) gitlab.server.byteOffset = size === 1;
}

/** Reads the log from an offset on; false if the response contradicts the known bytes. */
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

/** Reads the whole log and updates the known bytes; returns the log's size. */
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

/** Updates the known part of a log. `isLive` says that the job may still write to it. */
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
  // Nothing was rewritten, so the server ignored the offset.
  if (offset > 0 && isLive && size > 0 && log.cuts === cuts) server.byteOffset = false;
  // Subscribers read the part that is not kept from the server, if it supports offsets.
  if (server.byteOffset === undefined && log.start > 0) await detectByteOffset(gitlab, ref);
}
