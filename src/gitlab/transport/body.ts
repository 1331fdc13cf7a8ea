import { PassThrough, pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';

const gunzipAsync = promisify(gunzip);

function isGzip(encoding: string | undefined): boolean {
  return encoding === 'gzip' || encoding === 'x-gzip';
}

function isPlain(encoding: string | undefined): boolean {
  return encoding === undefined || encoding === '' || encoding === 'identity';
}

/** A body as it was before compression. Rejects where it is broken, longer than `limit` bytes, or in another coding than asked for. */
export async function decodeBody(
  body: Buffer,
  encoding: string | undefined,
  limit: number,
): Promise<Buffer> {
  if (body.length === 0 || isPlain(encoding)) return body;
  if (!isGzip(encoding)) throw new Error(`Content-Encoding ${encoding} was not asked for`);
  return await gunzipAsync(body, { maxOutputLength: limit });
}

/** As much as a socket gives at a time. */
const CHUNK = 64 * 1024;

/** Whether a body in that coding can be had as a stream. */
export function isDecodable(encoding: string | undefined): boolean {
  return isPlain(encoding) || isGzip(encoding);
}

/**
 * The same for a body that is not held: a failure on either side ends both. `toBroken` says what is wrong
 * where the compression is, as the connection's failures say for themselves.
 */
export function decodeStream(
  body: Readable,
  encoding: string | undefined,
  toBroken: (cause: Error) => Error,
): Readable {
  if (!isGzip(encoding)) return body;
  const passing = new PassThrough();
  const gunzipping = createGunzip({ chunkSize: CHUNK });
  // Before pipeline listens, which would hand zlib's own error on.
  gunzipping.once('error', (cause) => passing.destroy(body.errored ?? toBroken(cause)));
  // The callback does nothing: a failure is the returned stream's own 'error' event.
  return pipeline(body, gunzipping, passing, () => {});
}

/** Where the pieces of one answer's body go. */
export interface BodySink {
  write(chunk: Buffer): void;
  end(): void;
  fail(error: unknown): void;
}

/** Collects a body, up to `limit` bytes; past that it calls `overflow` and keeps nothing more. */
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

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

/** Passes a body on as it comes, no faster than it is read; closing the stream ends the exchange. */
export function createBodyStream(controller: Dispatcher.DispatchController): {
  stream: Readable;
  sink: BodySink;
} {
  let ended = false;
  const stream = new Readable({
    read: () => controller.resume(),
    destroy(error, callback) {
      if (!ended) controller.abort(error ?? new Error('The reader of the stream has left.'));
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
      stream.destroy(toError(error));
    },
  };
  return { stream, sink };
}
