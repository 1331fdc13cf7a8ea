/** Size of a block in bytes. The JSON of one job, about 3 kB, fits in one block. */
const BLOCK = 4 * 1024;
/** Number of blocks that are reserved at a time: 1 MiB. */
const BLOCKS_PER_SEGMENT = 256;
/**
 * Maximum number of segments that stay reserved although no body uses them. Together they have 8
 * MiB, enough for the largest body that an ETag cache of the default size stores.
 */
const MAX_EMPTY_SEGMENTS = 8;

/** A part of the store's memory. It is reserved and released as a whole. */
interface Segment {
  /** The blocks that no body uses. */
  readonly unused: Block[];
}

interface Block {
  readonly bytes: Buffer;
  readonly segment: Segment;
}

function createSegment(): Segment {
  const memory = Buffer.allocUnsafeSlow(BLOCKS_PER_SEGMENT * BLOCK);
  const segment: Segment = { unused: [] };
  for (let at = 0; at < memory.length; at += BLOCK) {
    segment.unused.push({ bytes: memory.subarray(at, at + BLOCK), segment });
  }
  return segment;
}

export interface StoredBody {
  /** In bytes. */
  readonly length: number;
  /** Returns a copy of the body. Throws after `free`. */
  read(): Buffer;
  /** Lets the store use the memory for other bodies. A second call does nothing. */
  free(): void;
}

/** Keeps response bodies in memory that is reused. */
export interface BodyStore {
  /** Copies a body into the store. */
  put(body: Buffer): StoredBody;
}

/** Returns how many bytes a body takes in a store. `length` is the size of the body in bytes. */
export const storedSize = (length: number): number => Math.ceil(length / BLOCK) * BLOCK;

/**
 * Creates a store without a size limit. Memory is released in whole segments, when no body uses any
 * block of the segment. At most MAX_EMPTY_SEGMENTS without a used block stay reserved.
 *
 * If each body had a Buffer of its own, V8 would often start a full garbage collection, because
 * many new Buffers take memory outside of its heap (docs/performance.md).
 */
export function createBodyStore(): BodyStore {
  /** Segments with used and unused blocks. */
  const partlyUsed = new Set<Segment>();
  /** Segments without a used block. */
  const empty: Segment[] = [];

  function takeBlock(): Block {
    const [found] = partlyUsed;
    const segment = found ?? empty.pop() ?? createSegment();
    const block = segment.unused.pop() as Block;
    if (segment.unused.length > 0) partlyUsed.add(segment);
    else partlyUsed.delete(segment);
    return block;
  }

  function freeBlock(block: Block): void {
    const { segment } = block;
    segment.unused.push(block);
    if (segment.unused.length < BLOCKS_PER_SEGMENT) return void partlyUsed.add(segment);
    partlyUsed.delete(segment);
    if (empty.length < MAX_EMPTY_SEGMENTS) empty.push(segment);
  }

  return {
    put(body) {
      const { length } = body;
      let blocks: Block[] | undefined = [];
      for (let at = 0; at < length; at += BLOCK) {
        const block = takeBlock();
        body.copy(block.bytes, 0, at);
        blocks.push(block);
      }
      return {
        length,
        read() {
          if (!blocks) throw new Error('The body is no longer stored.');
          // Not `Buffer.concat`: its result may be a part of a larger buffer, which would stay in
          // memory as long as the result.
          const copied = Buffer.allocUnsafeSlow(length);
          for (const [index, { bytes }] of blocks.entries()) bytes.copy(copied, index * BLOCK);
          return copied;
        },
        free() {
          for (const block of blocks ?? []) freeBlock(block);
          blocks = undefined;
        },
      };
    },
  };
}
