import { Buffer } from 'node:buffer';

/**
 * Returns the length of a UTF-8 character in bytes, by its first byte. Returns 1 for ASCII and for
 * a byte that cannot begin a character.
 */
function characterLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
}

/**
 * Returns whether the byte `second` may follow the first byte `lead` of a character (Unicode 16,
 * table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
 */
function mayFollow(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (lead === 0xed) return second >= 0x80 && second <= 0x9f;
  if (lead === 0xf0) return second >= 0x90 && second <= 0xbf;
  if (lead === 0xf4) return second >= 0x80 && second <= 0x8f;
  return second >= 0x80 && second <= 0xbf;
}

/** Returns whether the bytes from `at` on are the beginning of a character whose end is missing. */
function isUnfinished(bytes: Uint8Array, at: number): boolean {
  const lead = bytes[at] ?? 0;
  const available = bytes.length - at;
  if (available >= characterLength(lead)) return false;
  const second = bytes[at + 1];
  return second === undefined || mayFollow(lead, second);
}

/** Returns whether a byte (10xxxxxx) continues a UTF-8 character that an earlier byte began. */
export const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** Maximum number of bytes after the first byte of a character. */
export const MAX_CONTINUATION = 3;

/** Returns how many bytes at the start belong to a character whose first bytes are missing. */
export function cutBytes(bytes: Uint8Array): number {
  let at = 0;
  while (at < MAX_CONTINUATION && isContinuation(bytes[at] ?? 0)) at += 1;
  return at;
}

/**
 * Returns how many bytes at the start can be decoded as UTF-8 now. With `more`, further bytes
 * follow, so an incomplete character at the end is left out. Invalid bytes count as whole
 * characters, so that a stream of them never stalls.
 */
export function wholeCharacters(bytes: Uint8Array, more: boolean): number {
  if (!more) return bytes.length;
  for (let at = bytes.length - 1; at >= 0 && at >= bytes.length - MAX_CONTINUATION; at -= 1) {
    if (!isContinuation(bytes[at] as number)) return isUnfinished(bytes, at) ? at : bytes.length;
  }
  return bytes.length;
}

const BLOCK = 1 << 16;
const FIRST_SIZE = 1 << 10;
/** Number of bytes below which a loop copies faster than `Buffer.set` with `subarray`. */
const SHORT = 64;

/**
 * The text of a log as bytes. Bytes are appended and removed at the end, and dropped at the start.
 * Each byte keeps its offset: the bytes `floor` to `length - 1` are available.
 */
export interface ByteQueue {
  blocks: Buffer[];
  /** Offset of the first byte of the first block. */
  base: number;
  floor: number;
  length: number;
}

export function createByteQueue(): ByteQueue {
  return { blocks: [], base: 0, floor: 0, length: 0 };
}

/**
 * Copies a queue. With `sharesBlocks`, both queues use the same blocks of bytes. The copy is then
 * valid until the original changes (see `copyLines` in lines.ts).
 */
export function copyByteQueue(queue: ByteQueue, sharesBlocks: boolean): ByteQueue {
  const { blocks } = queue;
  return {
    ...queue,
    blocks: sharesBlocks ? [...blocks] : blocks.map((block) => Buffer.from(block)),
  };
}

/** Returns the last block. Enlarges it or adds one if there is no space for another byte. */
function blockWithSpace(queue: ByteQueue): Buffer {
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

/** Appends the bytes from index `from` up to, but not including, index `to`. */
export function write(queue: ByteQueue, bytes: Uint8Array, from: number, to: number): void {
  let at = from;
  while (at < to) {
    const block = blockWithSpace(queue);
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

/** Removes all bytes from offset `length` on; `length` must not be below `floor`. */
export function shrinkTo(queue: ByteQueue, length: number): void {
  queue.length = length;
  const used = Math.ceil((length - queue.base) / BLOCK);
  queue.blocks.length = Math.min(queue.blocks.length, Math.max(1, used));
}

export function forgetBytes(queue: ByteQueue, offset: number): void {
  if (offset <= queue.floor) return;
  queue.floor = offset;
  const whole = Math.floor((offset - queue.base) / BLOCK);
  if (whole === 0) return;
  queue.blocks.splice(0, whole);
  queue.base += whole * BLOCK;
}

/**
 * Returns bytes `from` to `to - 1`, except those that were dropped. Do not modify the result, which
 * may share memory with the queue.
 */
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

/** Returns the byte at an offset. The byte must not have been dropped. */
export function byteAt(queue: ByteQueue, offset: number): number {
  const at = offset - queue.base;
  return (queue.blocks[Math.floor(at / BLOCK)] as Buffer)[at % BLOCK] as number;
}

/**
 * Decodes bytes `from` to `to - 1` as UTF-8. Invalid bytes become U+FFFD, as the WHATWG standard
 * requires.
 */
export function readUtf8(queue: ByteQueue, from: number, to: number): string {
  const start = Math.max(from, queue.floor) - queue.base;
  const end = to - queue.base;
  const index = Math.floor(start / BLOCK);
  if (end > (index + 1) * BLOCK) return read(queue, from, to).toString('utf8');
  return start < end
    ? (queue.blocks[index] as Buffer).toString('utf8', start % BLOCK, end - index * BLOCK)
    : '';
}
