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
  blocks: Buffer[];
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
  return { ...queue, blocks: queue.blocks.map((block) => Buffer.from(block)) };
}

/** The block that holds the queue's end, with room for at least one byte. */
function blockWithRoom(queue: ByteQueue): Buffer {
  const at = queue.length - queue.base;
  const index = Math.floor(at / BLOCK);
  const old = queue.blocks[index];
  if (old !== undefined && at % BLOCK < old.length) return old;
  const grown = old === undefined ? FIRST_SIZE : Math.min(BLOCK, old.length * 4);
  const block = Buffer.allocUnsafeSlow(index === 0 && queue.base === 0 ? grown : BLOCK);
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
  const pieces: Buffer[] = [];
  for (let at = start; at < end; at += BLOCK - (at % BLOCK)) {
    const block = queue.blocks[Math.floor(at / BLOCK)] as Buffer;
    const offset = at % BLOCK;
    pieces.push(block.subarray(offset, Math.min(BLOCK, offset + end - at)));
  }
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}

/** The same bytes as text; invalid UTF-8 becomes U+FFFD, as the WHATWG Encoding Standard replaces it. */
export function readUtf8(queue: ByteQueue, from: number, to: number): string {
  const start = Math.max(from, queue.floor) - queue.base;
  const end = to - queue.base;
  const index = Math.floor(start / BLOCK);
  if (end > (index + 1) * BLOCK) return read(queue, from, to).toString('utf8');
  return start < end
    ? (queue.blocks[index] as Buffer).toString('utf8', start % BLOCK, end - index * BLOCK)
    : '';
}
