import { once } from 'node:events';
import { connect } from 'node:net';
import { tokens } from '../helpers/worlds.ts';

/** A request that is written to a socket as raw bytes. */
export interface RawRequest {
  /** @default 'POST' */
  method?: string;
  path?: string;
  /**
   * Further headers, in addition to Host, Connection, credential, Content-Type and Content-Length.
   * A name may be repeated.
   */
  headers?: readonly (readonly [string, string])[];
  /** A string or buffer is sent as it is. Any other value is serialized as JSON. */
  body?: unknown;
  /** The value of PRIVATE-TOKEN; null for no credential. @default Alice's token */
  token?: string | null;
  /** The value of Content-Type; null for no header. @default 'application/json' */
  type?: string | null;
  /** Whether the body is sent in two chunks, without Content-Length. */
  chunked?: boolean;
}

/** The parts of a response. */
export interface RawResponse {
  status: number;
  /** The headers by name in lower case. Has the last value of a repeated header. */
  headers: Record<string, string>;
  body: string;
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function toChunks(body: Buffer): Buffer {
  const half = Math.ceil(body.length / 2);
  const parts = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
  const chunks = parts.flatMap((part) => [
    Buffer.from(`${part.length.toString(16)}\r\n`),
    part,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

/**
 * Returns the bytes of a request. By default, its Connection header asks the server to close the
 * connection.
 */
export function toBytes(request: RawRequest): Buffer {
  const { method = 'POST', path = '/graphql', headers = [], token = tokens.alice } = request;
  const { type = 'application/json', chunked = false } = request;
  const body = request.body === undefined ? undefined : bytesOf(request.body);
  const byDefault = [
    ['host', 'gateway.example'],
    ['connection', 'close'],
  ].filter(([name]) => !headers.some(([given]) => given === name));
  const all = [
    ...byDefault,
    ...(token === null ? [] : [['private-token', token]]),
    ...(type === null || !body ? [] : [['content-type', type]]),
    ...headers,
    ...(body ? [chunked ? ['transfer-encoding', 'chunked'] : ['content-length', body.length]] : []),
  ];
  const head = [`${method} ${path} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`)];
  const payload = body && chunked ? toChunks(body) : (body ?? Buffer.alloc(0));
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), payload]);
}

/**
 * Writes bytes to a new connection. Returns the text that is received until the connection is
 * closed.
 */
export async function exchange(url: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const parts: Buffer[] = [];
  socket
    .on('error', () => {})
    .on('data', (part) => {
      parts.push(part);
      // Yoga keeps the connection of an event stream open, so it is closed after the last chunk.
      if (String(Buffer.concat(parts)).endsWith('\r\n0\r\n\r\n')) socket.destroy();
    });
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(parts).toString();
}

/** Parses one response. */
export function parseResponse(text: string): RawResponse {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  });
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: rest.join('\r\n\r\n'),
  };
}

/** Sends one request on a connection of its own. */
export async function sendRaw(url: string, request: RawRequest): Promise<RawResponse> {
  return parseResponse(await exchange(url, toBytes(request)));
}
