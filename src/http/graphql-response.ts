import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { GraphQLError } from 'graphql';
import { httpOptionsOf } from '../operation/request-error.ts';
import { type OperationResponse, writeResponse } from '../operation/run.ts';
import type { ResponseType } from './accept.ts';
import type { ResponseHeaders } from './response-headers.ts';

/** The HTTP status of a response: that of its request errors, which `application/json` reports as 200 in part. */
export function statusOf(errors: readonly GraphQLError[], type: ResponseType): number {
  let status = 200;
  for (const error of errors) {
    const http = httpOptionsOf(error);
    if (!http || (http.onlyNewMediaType && type === 'application/json')) continue;
    status = Math.max(status, http.status);
  }
  return status;
}

/** Where a response is sent to. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  requestId: string;
  type: ResponseType;
  /** Whether to close the connection afterwards. */
  isLast: boolean;
}

/** In characters. Longer bodies are encoded once, to know their length; shorter ones are written with the headers. */
const LONG = 8_192;

/** Sends GraphQL responses as JSON. */
export interface JsonSender {
  send(result: OperationResponse, exchange: Exchange): void;
  /** Sends the responses of a batched request as an array. */
  sendBatch(results: readonly OperationResponse[], exchange: Exchange): void;
}

/** Creates a sender. */
export function createJsonSender(headers: ResponseHeaders): JsonSender {
  const headOf = (
    { request, requestId, type, isLast }: Exchange,
    errors: readonly GraphQLError[],
    maxAge: number,
  ): string[] => {
    const head = headers.ofGraphql(request, requestId, maxAge);
    head.push('content-type', `${type}; charset=utf-8`);
    for (const error of errors) {
      head.push(...Object.entries(httpOptionsOf(error)?.headers ?? {}).flat());
    }
    if (isLast) head.push('connection', 'close');
    return head;
  };

  const write = (
    body: string,
    exchange: Exchange,
    { errors, maxAge }: Pick<OperationResponse, 'errors' | 'maxAge'>,
  ) => {
    const { response, type } = exchange;
    const payload = body.length < LONG ? body : Buffer.from(body);
    const head = headOf(exchange, errors, maxAge);
    head.push('content-length', String(Buffer.byteLength(payload)));
    response.writeHead(statusOf(errors, type), head).end(payload);
  };

  return {
    send(result, exchange) {
      const { response } = exchange;
      response.once('close', result.release);
      if (response.closed) return result.release();
      const body = writeResponse(result);
      if (!result.strings?.count()) return write(body, exchange, result);
      response.writeHead(200, headOf(exchange, result.errors, result.maxAge));
      // Long strings are made while the client reads them, so they never exist as a whole.
      const pieces = Readable.from(result.strings.render(body), { highWaterMark: 1 });
      pipeline(pieces, response, () => {});
      return undefined;
    },
    sendBatch(results, exchange) {
      const { response } = exchange;
      // One listener for each operation of the batch.
      response.setMaxListeners(0);
      for (const { release } of results) response.once('close', release);
      const maxAge = Math.min(...results.map((result) => result.maxAge));
      write(`[${results.map(writeResponse).join(',')}]`, exchange, { errors: [], maxAge });
    },
  };
}
