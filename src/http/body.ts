import type { IncomingMessage } from 'node:http';
import { overloadError, requestError } from '../operation/request-error.ts';

/** Reads a request body. Rejects with a request error; never settles if the caller disconnects. */
export type ReadBytes = (request: IncomingMessage, maxBytes: number) => Promise<Buffer>;

/** Maximum bytes of all bodies that are being received. */
const MAX_TOTAL = 64 * 1024 * 1024;
/**
 * Small chunks are copied into blocks of this size, because each chunk has an overhead of 200
 * bytes.
 */
const BLOCK_BYTES = 4_096;

/**
 * A body of more chunks than this must have an average of at least MIN_CHUNK_BYTES bytes per chunk.
 * Node needs 5 µs per chunk, so 2 MiB in chunks of one byte could block the event loop for 10 s.
 */
const MAX_SMALL_CHUNKS = 1_000;
const MIN_CHUNK_BYTES = 64;

const tooLarge = (maxBytes: number) =>
  requestError(`The request body is larger than ${maxBytes} bytes.`, {
    code: 'REQUEST_ENTITY_TOO_LARGE',
    status: 413,
  });

const tooMany = () =>
  overloadError('The gateway is receiving too many large requests. Send this one again.');

const tooManyChunks = () =>
  requestError('The body arrives in chunks that are too small.', {
    code: 'BAD_REQUEST',
    status: 400,
    headers: { connection: 'close' },
  });

const compressed = (encoding: string) =>
  requestError(`The body must not be compressed, but Content-Encoding is ${encoding}.`, {
    code: 'BAD_REQUEST',
    status: 415,
    headers: { 'accept-encoding': 'identity' },
  });

/** Counts the bytes and chunks of a body as they arrive. */
class Meter {
  #size = 0;
  #chunks = 0;

  /** Adds a chunk and returns the total bytes so far. */
  add(chunk: Buffer): number {
    this.#chunks += 1;
    this.#size += chunk.length;
    return this.#size;
  }

  hasSmallChunks(): boolean {
    return this.#chunks > MAX_SMALL_CHUNKS && this.#size < this.#chunks * MIN_CHUNK_BYTES;
  }
}

export const createMeter = () => new Meter();

const noBytes = Buffer.alloc(0);

/** Collects the chunks of a body. Copies small chunks into blocks. */
class Collector {
  /**
   * The complete chunks and blocks. The first chunk is never copied, because most bodies have only
   * one.
   */
  readonly #parts: Buffer[] = [];
  #block: Buffer = noBytes;
  #used = 0;
  /** Bytes of memory that the chunks and blocks use. */
  capacity = 0;

  add(chunk: Buffer): void {
    if (this.#parts.length === 0 || chunk.length >= BLOCK_BYTES) {
      this.#closeBlock();
      this.#parts.push(chunk);
      this.capacity += chunk.length;
      return;
    }
    if (this.#used + chunk.length > this.#block.length) {
      this.#closeBlock();
      this.#block = Buffer.allocUnsafe(BLOCK_BYTES);
      this.capacity += BLOCK_BYTES;
    }
    chunk.copy(this.#block, this.#used);
    this.#used += chunk.length;
  }

  toBuffer(): Buffer {
    this.#closeBlock();
    const [first] = this.#parts;
    return this.#parts.length === 1 && first ? first : Buffer.concat(this.#parts);
  }

  #closeBlock(): void {
    if (this.#used === 0) return;
    this.#parts.push(this.#block.subarray(0, this.#used));
    this.#block = this.#block.subarray(this.#used);
    this.#used = 0;
  }
}

/** A body that is being received. */
interface Receiving {
  /** Bytes of memory that the body uses so far. */
  readonly capacity: number;
  refuse(error: Error): void;
}

/**
 * Creates the reader of all request bodies of the process. If the bodies that are being received
 * take more than `maxTotal` bytes together, the largest one is refused with 503.
 */
export function createBodyReader(maxTotal = MAX_TOTAL): ReadBytes {
  const bodies = new Set<Receiving>();
  let total = 0;

  const refuseLargest = () => {
    const largest = [...bodies].reduce((a, b) => (b.capacity > a.capacity ? b : a));
    largest.refuse(tooMany());
  };

  const collect = (request: IncomingMessage, maxBytes: number) =>
    new Promise<Buffer>((resolve, reject) => {
      const content = new Collector();
      const meter = createMeter();
      const end = () => {
        if (!bodies.delete(receiving)) return;
        total -= content.capacity;
        request.off('end', onEnd).off('close', end);
      };
      const receiving: Receiving = {
        get capacity() {
          return content.capacity;
        },
        refuse(error) {
          end();
          reject(error);
        },
      };
      const keep = (chunk: Buffer) => {
        total -= content.capacity;
        content.add(chunk);
        total += content.capacity;
        if (total > maxTotal) refuseLargest();
      };
      const stop = () => {
        // The body was refused earlier. The client already has the response, so the connection can
        // end.
        if (!bodies.has(receiving)) return request.socket.destroy();
        request.off('data', onData).pause();
        request.socket.pause();
        return receiving.refuse(tooManyChunks());
      };
      // After a refusal, chunks are still read and dropped, so that the client can read the
      // response. If the chunks are too small, reading stops.
      const onData = (chunk: Buffer) => {
        const size = meter.add(chunk);
        if (meter.hasSmallChunks()) return stop();
        if (!bodies.has(receiving)) return undefined;
        return size > maxBytes ? receiving.refuse(tooLarge(maxBytes)) : keep(chunk);
      };
      const onEnd = () => {
        end();
        resolve(content.toBuffer());
      };
      bodies.add(receiving);
      request.on('data', onData).on('end', onEnd).on('close', end);
    });

  return async (request, maxBytes) => {
    const { 'content-length': length, 'content-encoding': encoding } = request.headers;
    if (encoding && encoding.toLowerCase() !== 'identity') throw compressed(encoding);
    if (Number(length ?? 0) > maxBytes) throw tooLarge(maxBytes);
    return collect(request, maxBytes);
  };
}
