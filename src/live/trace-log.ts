import {
  type ByteQueue,
  createByteQueue,
  raiseFloor,
  read,
  takeBack,
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
    else takeBack(queue, at);
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
      raiseFloor(queue, queue.length - maxBytes());
    },
    cut,
    lowestCutSince: (cuts) => Math.min(Number.POSITIVE_INFINITY, ...cutAt.slice(cuts)),
  };
}
