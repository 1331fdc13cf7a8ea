/** Size of a block in bytes. The JSON of one job, about 3 kB, fits in one block. */
const BLOCK = 4 * 1024;
/** Number of bytes that are reserved at a time. */
const SEGMENT = 1024 * 1024;

/** A response body in a store. */
export interface StoredBody {
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
 * Creates a store without a size limit. Memory that was reserved once stays reserved.
 *
 * If each body had a Buffer of its own, V8 would start a full garbage collection whenever about 64
 * MiB of bodies have been replaced, since they are memory outside of its heap (docs/performance.md).
 */
export function createBodyStore(): BodyStore {
  const unused: Buffer[] = [];

  function takeBlock(): Buffer {
    if (unused.length === 0) {
      const segment = Buffer.allocUnsafeSlow(SEGMENT);
      for (let at = 0; at < SEGMENT; at += BLOCK) unused.push(segment.subarray(at, at + BLOCK));
    }
    return unused.pop() as Buffer;
  }

  return {
    put(body) {
      const { length } = body;
      let blocks: Buffer[] | undefined = [];
      for (let at = 0; at < length; at += BLOCK) {
        const block = takeBlock();
        body.copy(block, 0, at);
        blocks.push(block);
      }
      return {
        read() {
          if (!blocks) throw new Error('The body is no longer stored.');
          return Buffer.concat(blocks, length);
        },
        free() {
          for (const block of blocks ?? []) unused.push(block);
          blocks = undefined;
        },
      };
    },
  };
}
