import { PassThrough, pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';

const gunzipAsync = promisify(gunzip);

/** Size of decompressed chunks in bytes: the size of the largest chunk that a socket delivers. */
const CHUNK = 64 * 1024;

type Encoding = string | undefined;

const isGzip = (encoding: Encoding) => encoding === 'gzip' || encoding === 'x-gzip';
const isPlain = (encoding: Encoding) => !encoding || encoding === 'identity';

/**
 * Decompresses a gzip body; returns a body without encoding unchanged. Rejects if the body is
 * corrupt or has another encoding, or if the decompressed body exceeds `limit` bytes.
 */
export async function decodeBody(body: Buffer, encoding: Encoding, limit: number): Promise<Buffer> {
  if (body.length === 0 || isPlain(encoding)) return body;
  if (!isGzip(encoding)) throw new Error(`Content-Encoding ${encoding} was not requested`);
  return await gunzipAsync(body, { maxOutputLength: limit });
}

export const isDecodable = (encoding: Encoding) => isPlain(encoding) || isGzip(encoding);

/**
 * Decompresses a streamed gzip body; returns any other body unchanged. Corrupt data destroys the
 * returned stream with the error of `toError`. An error of `body`, such as a lost connection,
 * destroys the returned stream with that error.
 */
export function decodeStream(
  body: Readable,
  encoding: Encoding,
  toError: (cause: Error) => Error,
): Readable {
  if (!isGzip(encoding)) return body;
  const output = new PassThrough();
  const decoder = createGunzip({ chunkSize: CHUNK });
  // Must be registered before `pipeline`, whose own listener would destroy `output` with zlib's
  // error.
  decoder.once('error', (cause) => output.destroy(body.errored ?? toError(cause)));
  // The callback does nothing: `output` emits the error.
  return pipeline(body, decoder, output, () => {});
}

export interface BodySink {
  write(chunk: Buffer): void;
  end(): void;
  fail(error: unknown): void;
}

/** Collects a body in memory. Calls `overflow` if it exceeds `limit` bytes. */
export function createCollector(options: {
  limit: number;
  done(body: Buffer): void;
  overflow(): void;
  fail(error: unknown): void;
}): BodySink {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    write(chunk) {
      size += chunk.length;
      if (size > options.limit) options.overflow();
      else chunks.push(chunk);
    },
    end: () => options.done(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    fail: options.fail,
  };
}

/**
 * Creates a stream of a body, with backpressure, and the sink that fills the stream. Destroying the
 * stream aborts the exchange.
 */
export function createBodyStream(controller: Dispatcher.DispatchController): {
  stream: Readable;
  sink: BodySink;
} {
  let ended = false;
  const stream = new Readable({
    read: () => controller.resume(),
    destroy(error, callback) {
      if (!ended) controller.abort(error ?? new Error('The reader closed the stream.'));
      callback(error);
    },
  });
  const sink: BodySink = {
    write(chunk) {
      if (!stream.push(chunk)) controller.pause();
    },
    end() {
      ended = true;
      stream.push(null);
    },
    fail(error) {
      ended = true;
      stream.destroy(error instanceof Error ? error : new Error('aborted', { cause: error }));
    },
  };
  return { stream, sink };
}
