import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { GraphQLError } from 'graphql';
import { httpOptionsOf } from '../operation/request-error.ts';
import { type OperationResponse, writeResponse } from '../operation/run.ts';
import type { ResponseType } from './accept.ts';
import type { Drain } from './drain.ts';
import type { Exchange } from './graphql-request.ts';
import type { ResponseHeaders } from './response-headers.ts';

/**
 * Returns the HTTP status of a response: the highest status that its errors have, at least 200.
 * The status of an error with `onlyNewMediaType` does not count if `type` is `application/json`.
 */
export function statusOf(errors: readonly GraphQLError[], type: ResponseType): number {
  let status = 200;
  for (const error of errors) {
    const http = httpOptionsOf(error);
    if (!http || (http.onlyNewMediaType && type === 'application/json')) continue;
    status = Math.max(status, http.status);
  }
  return status;
}

/**
 * A body of this many characters or more is encoded to a buffer. As a string, it would be encoded
 * twice: to measure it and to send it. A shorter body stays a string, which Node writes together
 * with the headers.
 */
const LONG = 8_192;

const SCRATCH_BYTES = 4 * 1024 * 1024;
/** A buffer in which texts are encoded, one after another. It is created at the first use. */
let scratch: Buffer | undefined;

/**
 * Encodes a text as UTF-8. Writes the text into the buffer `scratch` and copies the bytes.
 * `Buffer.from` would read the text twice: to measure it and to encode it.
 */
function encode(text: string): Buffer {
  // The text may not fit: UTF-8 needs up to 3 bytes per character of a string.
  if (text.length * 3 > SCRATCH_BYTES) return Buffer.from(text);
  scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  return Buffer.from(scratch.subarray(0, scratch.write(text)));
}

/** Sends GraphQL responses as JSON. */
export function createJsonSender(headers: ResponseHeaders, drain: Drain) {
  const writeHead = (
    { errors, maxAge }: Pick<OperationResponse, 'errors' | 'maxAge'>,
    { request, response, requestId }: Exchange,
    type: ResponseType,
    length?: number,
  ): ServerResponse => {
    const status = statusOf(errors, type);
    const head = headers.ofGraphql(request, requestId, maxAge);
    head.push('content-type', `${type}; charset=utf-8`);
    for (const error of errors) {
      head.push(...Object.entries(httpOptionsOf(error)?.headers ?? {}).flat());
    }
    if (drain.isDraining) head.push('connection', 'close');
    if (length !== undefined) head.push('content-length', String(length));
    return response.writeHead(status, head);
  };

  return {
    send(result: OperationResponse, exchange: Exchange, type: ResponseType) {
      exchange.response.on('close', result.release);
      const body = writeResponse(result);
      if (result.strings?.count()) {
        // Long strings are rendered in pieces while the client reads, so they are never in memory
        // as a whole.
        const pieces = Readable.from(result.strings.render(body), { highWaterMark: 1 });
        pipeline(pieces, writeHead(result, exchange, type), () => {});
      } else {
        const payload = body.length < LONG ? body : encode(body);
        writeHead(result, exchange, type, Buffer.byteLength(payload)).end(payload);
      }
    },
    /** Sends the responses of a batched request as an array. */
    sendBatch(results: readonly OperationResponse[], exchange: Exchange, type: ResponseType) {
      // Each operation of the batch adds a listener, and Node warns about more than ten.
      exchange.response.setMaxListeners(0);
      for (const { release } of results) exchange.response.once('close', release);
      // An empty batch has no `maxAge`.
      const maxAge = results.length > 0 ? Math.min(...results.map((result) => result.maxAge)) : 0;
      const body = encode(`[${results.map(writeResponse).join(',')}]`);
      writeHead({ errors: [], maxAge }, exchange, type, body.length).end(body);
    },
  };
}
