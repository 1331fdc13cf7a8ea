import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { GraphQLError } from 'graphql';
import { formatError } from '../graphql/client-errors.ts';
import { cacheControlOf, permission, securityHeaders, VARY } from './response-headers.ts';

/** What an answer says besides its data. */
export interface Answer {
  readonly type: string;
  readonly requestId: string;
  /** In seconds. */
  readonly maxAge: number;
  /** The listed site that asks; undefined for none. */
  readonly origin: string | undefined;
  /** Whether it depends on who asks from where: some sites are listed. */
  readonly variesByOrigin: boolean;
  /** Whether the connection ends with it. */
  readonly isLast: boolean;
}

const always = Object.entries(securityHeaders)
  .filter(([name]) => name !== 'cache-control')
  .flat();

function headersOf(answer: Answer): string[] {
  const headers = [
    ...always,
    ...['content-type', `${answer.type}; charset=utf-8`],
    ...['x-request-id', answer.requestId, 'cache-control', cacheControlOf(answer.maxAge)],
    ...['vary', answer.variesByOrigin ? `Origin, ${VARY}` : VARY],
  ];
  if (answer.origin) headers.push(...permission(answer.origin).flat());
  if (answer.isLast) headers.push('connection', 'close');
  return headers;
}

/** The text of an answer around the JSON of its data. */
export function bodyOf(
  data: string,
  errors: readonly GraphQLError[],
  extensions: Record<string, unknown> | undefined,
): string {
  const trouble = errors.length > 0 ? `"errors":${JSON.stringify(errors.map(formatError))},` : '';
  const more = extensions ? `,"extensions":${JSON.stringify(extensions)}` : '';
  return `{${trouble}"data":${data}${more}}`;
}

/** In characters: longer texts are encoded once and then measured, shorter ones go out with their headers. */
const LONG = 8_192;

/** Sends an answer: always with 200, since an operation that ran has data, or null for it. */
export function send(response: ServerResponse, body: string, answer: Answer): void {
  const payload = body.length < LONG ? body : Buffer.from(body);
  const length = String(Buffer.byteLength(payload));
  response.writeHead(200, [...headersOf(answer), 'content-length', length]);
  response.end(payload);
}

/** The same for an answer that is made in pieces, as fast as its reader takes them. */
export function sendPieces(
  response: ServerResponse,
  pieces: Iterable<Buffer>,
  answer: Answer,
): void {
  response.writeHead(200, headersOf(answer));
  // Its end, good or bad, is the response's own.
  pipeline(Readable.from(pieces, { highWaterMark: 1 }), response, () => {});
}
