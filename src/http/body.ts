import type { IncomingMessage } from 'node:http';
import { requestError } from '../operation/request-error.ts';

/** Reads a request body. Rejects with a request error; never settles if the caller disconnects. */
export type ReadBytes = (request: IncomingMessage, maxBytes: number) => Promise<Buffer>;

/** Maximum bytes of all bodies that are being received. */
const MAX_TOTAL = 64 * 1024 * 1024;
const MIN_CAPACITY = 4_096;

const tooLarge = (maxBytes: number) =>
  requestError(`The request body is larger than ${maxBytes} bytes.`, {
    code: 'REQUEST_ENTITY_TOO_LARGE',
    status: 413,
  });

const tooMany = () =>
  requestError('The gateway is receiving too many large requests. Send this one again.', {
    code: 'RATE_LIMITED',
    status: 503,
    headers: { 'retry-after': '1' },
    details: { retryAfter: 1 },
  });

const compressed = (encoding: string) =>
  requestError(`The body must not be compressed, but Content-Encoding is ${encoding}.`, {
    code: 'BAD_REQUEST',
    status: 415,
    headers: { 'accept-encoding': 'identity' },
  });

/**
 * Collects chunks in one buffer that grows, because a client may send each byte as a chunk of its own,
 * and each chunk would take 200 bytes.
 */
function createGrowingBuffer(maxBytes: number) {
  let buffer: Buffer = Buffer.alloc(0);
  let size = 0;
  return {
    get size() {
      return size;
    },
    get capacity() {
      return buffer.length;
    },
    add(chunk: Buffer) {
      const needed = size + chunk.length;
      if (size > 0 && needed > buffer.length) {
        const doubled = Math.max(needed, 2 * buffer.length, MIN_CAPACITY);
        const grown = Buffer.allocUnsafe(Math.min(maxBytes, doubled));
        buffer.copy(grown, 0, 0, size);
        buffer = grown;
      }
      // Most bodies are one chunk, which is not copied.
      if (size === 0) buffer = chunk;
      else chunk.copy(buffer, size);
      size = needed;
    },
    toBuffer: () => buffer.subarray(0, size),
  };
}

/** A body that is being received. */
interface Receiving {
  /** Bytes of its buffer. */
  readonly capacity: number;
  refuse(error: Error): void;
}

/**
 * Creates the reader of all request bodies of the process. If all bodies that are being received take
 * more than `maxTotal` bytes together, the largest one is refused with 503.
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
      const content = createGrowingBuffer(maxBytes);
      const end = () => {
        if (!bodies.delete(receiving)) return;
        total -= content.capacity;
        // The rest of the body is received and dropped, so that the client can read the response.
        request.off('data', onData).off('end', onEnd).off('close', end).resume();
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
      const onData = (chunk: Buffer) => {
        if (content.size + chunk.length > maxBytes) return receiving.refuse(tooLarge(maxBytes));
        total -= content.capacity;
        content.add(chunk);
        total += content.capacity;
        if (total > maxTotal) refuseLargest();
        return undefined;
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
