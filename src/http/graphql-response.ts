import { pipeline, Readable } from 'node:stream';
import type { GraphQLError } from 'graphql';
import { httpOptionsOf } from '../operation/request-error.ts';
import { type OperationResponse, writeResponse } from '../operation/run.ts';
import type { ResponseType } from './accept.ts';
import type { Exchange } from './graphql-request.ts';
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

/** In characters. Longer bodies are encoded once, to know their length; shorter ones are written with the headers. */
const LONG = 8_192;

/** How a JSON response is sent. */
export interface JsonOptions {
  type: ResponseType;
  /** Whether to close the connection afterwards. */
  isLast: boolean;
}

/** Sends GraphQL responses as JSON. */
export interface JsonSender {
  send(result: OperationResponse, to: Exchange, options: JsonOptions): void;
  /** Sends the responses of a batched request as an array. */
  sendBatch(results: readonly OperationResponse[], to: Exchange, options: JsonOptions): void;
}

type Sent = Pick<OperationResponse, 'errors' | 'maxAge'>;

/** Creates a sender. */
export function createJsonSender(headers: ResponseHeaders): JsonSender {
  const headOf = (
    { errors, maxAge }: Sent,
    { request, requestId }: Exchange,
    { type, isLast }: JsonOptions,
  ): string[] => {
    const head = headers.ofGraphql(request, requestId, maxAge);
    head.push('content-type', `${type}; charset=utf-8`);
    for (const error of errors) {
      head.push(...Object.entries(httpOptionsOf(error)?.headers ?? {}).flat());
    }
    if (isLast) head.push('connection', 'close');
    return head;
  };

  const write = (body: string, sent: Sent, to: Exchange, options: JsonOptions) => {
    const payload = body.length < LONG ? body : Buffer.from(body);
    const head = headOf(sent, to, options);
    head.push('content-length', String(Buffer.byteLength(payload)));
    to.response.writeHead(statusOf(sent.errors, options.type), head).end(payload);
  };

  return {
    send(result, to, options) {
      const { response } = to;
      response.once('close', result.release);
      const body = writeResponse(result);
      if (!result.strings?.count()) return write(body, result, to, options);
      response.writeHead(200, headOf(result, to, options));
      // Long strings are made while the client reads them, so they never exist as a whole.
      const pieces = Readable.from(result.strings.render(body), { highWaterMark: 1 });
      pipeline(pieces, response, () => {});
      return undefined;
    },
    sendBatch(results, to, options) {
      const { response } = to;
      // One listener for each operation of the batch.
      response.setMaxListeners(0);
      for (const { release } of results) response.once('close', release);
      const maxAge = Math.min(...results.map((result) => result.maxAge));
      write(`[${results.map(writeResponse).join(',')}]`, { errors: [], maxAge }, to, options);
    },
  };
}
