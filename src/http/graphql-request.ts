import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import { requestError } from '../operation/request-error.ts';
import type { Accepted } from './accept.ts';

/** Parameters of a request, unchecked: one operation, or an array of them. */
export type RequestParams = unknown;

/** A GraphQL request over HTTP and where its response goes. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly accepted: Accepted;
  header(name: string): string | undefined;
}

/** Reads a request header; repeated headers are joined with a comma. */
export function headerReader({ headers }: IncomingMessage): (name: string) => string | undefined {
  return (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}

function badRequest(message: string, status = 400): GraphQLError {
  return requestError(message, { code: 'BAD_REQUEST', status });
}

/** A page of another site cannot send these types without a CORS preflight. Types are compared without their case. */
const JSON_TYPE = /^application\/(graphql\+)?json\s*(?:[;,]|$)/i;

/** Refuses a method or a media type that is not served. */
export function checkMethod({ method, headers }: IncomingMessage): GraphQLError | undefined {
  if (method === 'GET') return undefined;
  if (method !== 'POST') {
    return requestError('GraphQL only supports GET and POST requests.', {
      code: 'BAD_REQUEST',
      status: 405,
      headers: { allow: 'GET, POST' },
    });
  }
  if (JSON_TYPE.test(headers['content-type'] ?? '')) return undefined;
  return badRequest('The body must be JSON: send Content-Type: application/json.', 415);
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`${what}: ${(error as Error).message}`);
  }
}

/** Reads the parameters of a GET request. Throws BAD_REQUEST for malformed JSON. */
export function readQueryString(search: string): RequestParams {
  const given = new URLSearchParams(search);
  const text = (name: string) => given.get(name) || undefined;
  const json = (name: string) => {
    const value = text(name);
    if (value === undefined) return undefined;
    return parseJson(value, `The query parameter \`${name}\` is not valid JSON`);
  };
  return {
    query: text('query'),
    operationName: text('operationName'),
    documentId: text('documentId'),
    variables: json('variables'),
    extensions: json('extensions'),
  };
}

const tooLarge = (maxBytes: number) =>
  requestError(`The request body is larger than ${maxBytes} bytes.`, {
    code: 'REQUEST_ENTITY_TOO_LARGE',
    status: 413,
  });

/** Collects a body. Rejects with REQUEST_ENTITY_TOO_LARGE as soon as it is too large; never settles if the caller leaves. */
function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else reject(tooLarge(maxBytes));
    });
    request.on('end', () => {
      const [first] = chunks;
      resolve(chunks.length === 1 && first ? first : Buffer.concat(chunks));
    });
  });
}

/** Reads the parameters in a JSON body. Rejects with BAD_REQUEST or REQUEST_ENTITY_TOO_LARGE. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<RequestParams> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const body = await collect(request, maxBytes);
  const params = parseJson(body.toString(), 'The request body is not valid JSON');
  if (typeof params === 'object' && params !== null) return params;
  const kind = params === null ? 'null' : typeof params;
  throw badRequest(`The request body must be a JSON object, not ${kind}.`);
}

/** Checks the number of operations in a batched request. */
export function checkBatch(operations: readonly unknown[], max: number): GraphQLError | undefined {
  if (max === 0) return badRequest('Batching is not supported.');
  if (operations.length <= max) return undefined;
  return badRequest(`Batching is limited to ${max} operations per request.`, 413);
}
