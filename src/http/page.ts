import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { RoutedRequest } from './server.ts';

/*
 * Pages for browsers: GraphiQL and the board. Each consists of one HTML document, and of files
 * whose names contain a hash of their content.
 */

/**
 * A file of a page. Only the compressed content is kept, because nearly all browsers accept gzip.
 */
export interface Asset {
  type: string;
  gzipped: Buffer;
}

const toGzip = promisify(gzip);
const fromGzip = promisify(gunzip);

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Compresses a file. The ending of its name determines its media type. */
export async function toAsset(name: string, content: string | Buffer): Promise<Asset> {
  const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  return { type, gzipped: await toGzip(content) };
}

/** Sends a file. Browsers may cache it forever, because a changed file has another name. */
export async function sendAsset(
  { type, gzipped }: Asset,
  contentSecurityPolicy: string,
  { request, response }: RoutedRequest,
): Promise<void> {
  const acceptsGzip = /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '');
  const body = acceptsGzip ? gzipped : await fromGzip(gzipped);
  response.writeHead(200, {
    'content-security-policy': contentSecurityPolicy,
    'content-type': type,
    'content-length': body.length,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'Accept-Encoding',
    ...(acceptsGzip && { 'content-encoding': 'gzip' }),
  });
  response.end(body);
}

/**
 * Sends the HTML document. Browsers do not cache it, so that they load the files of a new version.
 */
export function sendPage(
  html: string,
  contentSecurityPolicy: string,
  { response }: RoutedRequest,
): void {
  response.writeHead(200, {
    'content-security-policy': contentSecurityPolicy,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
  });
  response.end(html);
}

/** Redirects the browser. `location` is relative to the URL of the request. */
export function redirect(location: string, { response }: RoutedRequest): void {
  response.writeHead(302, { location, 'content-length': 0 }).end();
}
