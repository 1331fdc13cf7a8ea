/**
 * The text of a log as bytes, written at the end, taken back from the end (a carriage return) and forgotten at the
 * start. Bytes keep their offset from the very beginning for as long as they live.
 */
import { Buffer } from 'node:buffer';

const BLOCK = 1 << 16;
const FIRST_SIZE = 1 << 10;
/** Below this a plain loop is quicker than a view and a native copy. */
const SHORT = 24;

/** Bytes `floor` to `length - 1` can be read. Owned by the functions below. */
export interface ByteQueue {
  blocks: Uint8Array[];
  /** Offset of the first block's first byte. */
  base: number;
  floor: number;
  length: number;
}

/** An empty queue. */
export function createByteQueue(): ByteQueue {
  return { blocks: [], base: 0, floor: 0, length: 0 };
}

/** A copy that shares nothing with the original. */
export function copyByteQueue(queue: ByteQueue): ByteQueue {
  return { ...queue, blocks: queue.blocks.map((block) => block.slice()) };
}

/** The block that holds the queue's end, with room for at least one byte. */
function blockWithRoom(queue: ByteQueue): Uint8Array {
  const at = queue.length - queue.base;
  const index = Math.floor(at / BLOCK);
  const old = queue.blocks[index];
  if (old !== undefined && at % BLOCK < old.length) return old;
  const grown = old === undefined ? FIRST_SIZE : Math.min(BLOCK, old.length * 4);
  const block = new Uint8Array(index === 0 && queue.base === 0 ? grown : BLOCK);
  if (old !== undefined) block.set(old);
  queue.blocks[index] = block;
  return block;
}

/** Writes `bytes[from]` to `bytes[to - 1]` at the end. */
export function write(queue: ByteQueue, bytes: Uint8Array, from: number, to: number): void {
  let at = from;
  while (at < to) {
    const block = blockWithRoom(queue);
    const start = (queue.length - queue.base) % BLOCK;
    const count = Math.min(to - at, block.length - start);
    if (count < SHORT) {
      for (let k = 0; k < count; k += 1) block[start + k] = bytes[at + k] as number;
    } else {
      block.set(bytes.subarray(at, at + count), start);
    }
    at += count;
    queue.length += count;
  }
}

/** Takes back everything from offset `length` on, which is not below `floor`. */
export function takeBack(queue: ByteQueue, length: number): void {
  queue.length = length;
  const used = Math.ceil((length - queue.base) / BLOCK);
  queue.blocks.length = Math.min(queue.blocks.length, Math.max(1, used));
}

/** Forgets everything before `offset`. */
export function raiseFloor(queue: ByteQueue, offset: number): void {
  if (offset <= queue.floor) return;
  queue.floor = offset;
  const whole = Math.floor((offset - queue.base) / BLOCK);
  if (whole === 0) return;
  queue.blocks.splice(0, whole);
  queue.base += whole * BLOCK;
}

/** The bytes from offset `from` to before `to`; what was forgotten is left out. Only for reading: may be a view. */
export function read(queue: ByteQueue, from: number, to: number): Buffer {
  const start = Math.max(from, queue.floor) - queue.base;
  const end = to - queue.base;
  if (start >= end) return Buffer.alloc(0);
  const first = Math.floor(start / BLOCK);
  const last = Math.floor((end - 1) / BLOCK);
  const pieces: Uint8Array[] = [];
  for (let index = first; index <= last; index += 1) {
    const offset = index * BLOCK;
    const block = queue.blocks[index] as Uint8Array;
    pieces.push(block.subarray(Math.max(0, start - offset), Math.min(BLOCK, end - offset)));
  }
  const only = pieces.length === 1 ? pieces[0] : undefined;
  if (only === undefined) return Buffer.concat(pieces);
  return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
}
