import type { Gitlab, JobRef } from '../gitlab/client.ts';
import {
  type ByteQueue,
  createByteQueue,
  forgetBytes,
  read,
  shrinkTo,
  write,
} from '../trace/byte-queue.ts';

/**
 * The end of a log as it grows, for all who tail it: bytes `start` to `end - 1`, by their offset from
 * the log's beginning. Viewers keep their own place in it, so nothing queues up for a slow one.
 */
export interface TraceLog {
  readonly start: number;
  readonly end: number;
  /** The bytes from one offset to before the other, as far as they are here. Only for reading. */
  read(from: number, to: number): Buffer;
  /**
   * Takes bytes that GitLab sent for offset `at`, which leave no gap. What differs from the bytes
   * here replaces them and all that follow.
   */
  put(at: number, bytes: Buffer): void;
  /** Drops everything from that offset on: the log is shorter now. */
  cut(at: number): void;
  /** How often something was dropped or replaced. */
  readonly cuts: number;
  /** The lowest offset of the cuts since then; Infinity for none. */
  lowestCutSince(cuts: number): number;
}

/** Where two buffers differ first; the shorter one's length if they do not. */
function firstDifference(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  if (a.subarray(0, length).equals(b.subarray(0, length))) return length;
  let at = 0;
  while (a[at] === b[at]) at += 1;
  return at;
}

/** A log without bytes that begins at an offset; `maxBytes` says how many of its last ones it may keep. */
export function createTraceLog(from: number, maxBytes: () => number): TraceLog {
  const startAt = (offset: number): ByteQueue => ({
    ...createByteQueue(),
    base: offset,
    floor: offset,
    length: offset,
  });
  let queue = startAt(from);
  const cutAt: number[] = [];

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
    get cuts() {
      return cutAt.length;
    },
    read: (from_, to) => read(queue, from_, Math.min(to, queue.length)),
    put(at, bytes) {
      const known = Math.max(at, queue.floor);
      const fresh = bytes.subarray(Math.max(0, known - at));
      const same = firstDifference(read(queue, known, queue.length), fresh);
      if (same < fresh.length) cut(known + same);
      write(queue, fresh, same, fresh.length);
      forgetBytes(queue, queue.length - maxBytes());
    },
    cut,
    lowestCutSince: (cuts) => Math.min(Number.POSITIVE_INFINITY, ...cutAt.slice(cuts)),
  };
}

/*
 * Reads what is new of a log. Since GitLab 19.0 a log can be asked for from an offset on (byte_offset,
 * upstream.md §7); older servers ignore that and send all of it, which is then compared. Either
 * way it is read as a stream, so that a long log takes no memory beyond what is kept of it.
 */

/** How much of what is known is read again, since the last bytes of a live log may be rewritten. */
const OVERLAP = 1024;

/** Where to begin to read a log, for somebody who has it up to that byte. */
export function firstByteFor(gitlab: Gitlab, afterByte: number): number {
  return gitlab.server.byteOffset ? Math.max(0, afterByte - OVERLAP) : 0;
}

/** Whether bytes for offset `at` are those that are known already, as far as they are. */
function agrees(log: TraceLog, at: number, bytes: Buffer): boolean {
  const from = Math.max(at, log.start);
  const to = Math.min(at + bytes.length, log.end);
  return from >= to || log.read(from, to).equals(bytes.subarray(from - at, to - at));
}

/** Learns whether the server honours byte_offset and byte_limit: one that does not sends more than asked for. */
async function learnByteOffset(gitlab: Gitlab, ref: JobRef): Promise<void> {
  const { body } = await gitlab.openJobTrace(ref, { byteOffset: 0, byteLimit: 1 });
  let size = 0;
  for await (const piece of body) {
    size += (piece as Buffer).length;
    if (size > 1) break;
  }
  if (size > 0) gitlab.server.byteOffset = size === 1;
}

/** Reads the log from an offset on; false if what came does not go with what is known. */
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
    if (!agrees(log, at, bytes)) return false;
    log.put(at, bytes);
    at += bytes.length;
  }
  // Nothing at all may as well come from beyond the end of a log that was erased.
  return at >= end && at > offset;
}

/** Reads all of the log, and cuts what is known where it differs; answers the log's size. */
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

/** Brings what is known of a log up to date. `isLive` says that the job still writes it. */
export async function readTrace(
  gitlab: Gitlab,
  ref: JobRef,
  { log, isLive }: { log: TraceLog; isLive: boolean },
): Promise<void> {
  const { server } = gitlab;
  if (server.byteOffset === undefined && log.end > 1) await learnByteOffset(gitlab, ref);
  const offset = server.byteOffset ? Math.max(log.start, log.end - OVERLAP) : 0;
  if (offset > 0 && (await readTail(gitlab, ref, log, offset))) return;
  const { cuts } = log;
  const size = await readWhole(gitlab, ref, log);
  // Nothing was rewritten, so it was the offset that the server passed over.
  if (offset > 0 && isLive && size > 0 && log.cuts === cuts) server.byteOffset = false;
  // What is not kept is there for its viewers where the server gives parts.
  if (server.byteOffset === undefined && log.start > 0) await learnByteOffset(gitlab, ref);
}
