import { pipeline, type Readable, Transform } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import { notePassing } from '../../young-garbage.ts';

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
  const passing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      notePassing(chunk.length);
      done(null, chunk);
    },
  });
  const gunzipping = createGunzip({ chunkSize: CHUNK });
  // Before pipeline listens, which would hand zlib's own error on.
  gunzipping.once('error', (cause) => passing.destroy(body.errored ?? toBroken(cause)));
  // The callback does nothing: a failure is the returned stream's own 'error' event.
  return pipeline(body, gunzipping, passing, () => {});
}
