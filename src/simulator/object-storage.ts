import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

const CHUNK = Buffer.alloc(64 * 1024, 'artifact');

/**
 * Returns a stream of `size` bytes. The bytes are generated while they are read, to save memory.
 */
export function generateBytes(size: number): Readable {
  return Readable.from(
    (function* () {
      for (let left = size; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, left);
    })(),
    { objectMode: false },
  );
}

interface StorageRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * A simulated object storage, to which GitLab redirects downloads. Its origin differs from
 * GitLab's.
 */
export interface ObjectStorage {
  readonly url: string;
  /** Requests in order of arrival. */
  readonly requests: StorageRequest[];
  /**
   * Returns the signed URL of an object, with `fileName` in a parameter, as in URLs of S3. The
   * response does not depend on `fileName`.
   */
  sign(path: string, fileName: string): string;
  close(): Promise<void>;
}

/**
 * Returns the status of a response. Like S3, refuses a request that has a credential in addition to
 * the signature.
 */
function statusOf({ path, headers }: StorageRequest): number {
  const { searchParams } = new URL(path, 'http://localhost');
  if (headers.authorization || headers['private-token'] || headers['job-token']) return 400;
  return searchParams.get('X-Amz-Signature') === 'signed' ? 200 : 403;
}

/** Starts an object storage. `sizeOf` returns the size of an object; undefined if there is none. */
export async function createObjectStorage(
  host: string,
  sizeOf: (path: string) => number | undefined,
): Promise<ObjectStorage> {
  const requests: StorageRequest[] = [];
  const server = createServer(({ url = '/', headers }, response) => {
    const request = { path: url, headers };
    requests.push(request);
    const size = sizeOf(new URL(url, 'http://localhost').pathname);
    const status = size === undefined ? 404 : statusOf(request);
    if (size === undefined || status !== 200) return response.writeHead(status).end();
    response.writeHead(200, { 'Content-Type': 'application/zip', 'Content-Length': size });
    return generateBytes(size).pipe(response);
  }).listen(0, host);
  await once(server, 'listening');
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    sign(path, fileName) {
      const disposition = encodeURIComponent(`attachment; filename="${fileName}"`);
      return `${url}${encodeURI(path)}?X-Amz-Signature=signed&response-content-disposition=${disposition}`;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
