import type { IncomingHttpHeaders } from 'node:http';

/** What a WebSocket may bring in `connection_init`, since browsers cannot set headers on one. */
const CREDENTIALS = ['private-token', 'authorization', 'job-token'];
const TRACE_CONTEXT = ['traceparent', 'tracestate'];
/** Of the handshake alone. */
const HANDSHAKE = /^(connection|upgrade|sec-websocket-.*)$/;

/** The `connection_init` payload is not what it should be. The message names the entry, never its value. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';
}

function readEntries(payload: Readonly<Record<string, unknown>>): [string, string][] {
  const known = [...CREDENTIALS, ...TRACE_CONTEXT];
  return Object.entries(payload).flatMap(([key, value]): [string, string][] => {
    const name = key.toLowerCase();
    if (!known.includes(name) || value === null || value === undefined) return [];
    if (typeof value !== 'string') throw new PayloadError(`${key} must be text.`);
    return [[name, value]];
  });
}

/**
 * The headers of an operation over a WebSocket: those of the upgrade request, and what the payload of
 * `connection_init` brings under the same names. A credential there takes the place of all in headers.
 */
export function callerHeaders(
  upgrade: IncomingHttpHeaders,
  payload: Readonly<Record<string, unknown>> = {},
): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(upgrade)) {
    if (value !== undefined && !HANDSHAKE.test(name)) headers.set(name, String(value));
  }
  const entries = readEntries(payload);
  if (entries.some(([name]) => CREDENTIALS.includes(name))) {
    for (const name of CREDENTIALS) headers.delete(name);
  }
  for (const [name, value] of entries) {
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new PayloadError(`${name} holds characters that no header can.`);
    }
    headers.set(name, value);
  }
  return headers;
}
