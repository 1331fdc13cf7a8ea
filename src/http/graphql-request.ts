import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasTooManyValues, MAX_JSON_VALUES } from '../operation/json-size.ts';
import { DOCUMENT_ID_NAMES } from '../operation/params.ts';
import { requestError } from '../operation/request-error.ts';
import { parseExactJson } from '../util/json.ts';
import type { Accepted } from './accept.ts';
import type { ReadBytes } from './body.ts';

/** A GraphQL request over HTTP, and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly accepted: Accepted;
  header(name: string): string | undefined;
}

/**
 * Returns a function that reads a request header; `name` is in lower case. Most repeated headers
 * are joined with a comma. Of some, such as Authorization, Node keeps only the first.
 */
export function headerReader({ headers }: IncomingMessage): (name: string) => string | undefined {
  return (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}

/** Returns the error for a request that is refused before any operation runs. */
export const badRequest = (message: string, status = 400, headers = {}) =>
  requestError(message, { code: 'BAD_REQUEST', status, headers });

/** JSON media types. Pages of other sites cannot send them without a CORS preflight. */
const JSON_TYPE = /^application\/(graphql\+)?json\s*(?:[;,]|$)/i;

/** Throws BAD_REQUEST for a method or a media type that is not supported. */
export function checkMethod({ method, headers }: IncomingMessage): void {
  if (method === 'GET') return;
  if (method !== 'POST') {
    const allow = 'GET, POST';
    throw badRequest('GraphQL only supports GET and POST requests.', 405, { allow });
  }
  if (JSON_TYPE.test(headers['content-type'] ?? '')) return;
  throw badRequest('The body must be JSON: send Content-Type: application/json.', 415);
}

/** Parses JSON. Throws BAD_REQUEST with a message that begins with `problem`. */
function parseJson(text: string, problem: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    throw badRequest(`${problem}: ${(error as Error).message}`);
  }
}

/** Reads the parameters of a GET request. Throws BAD_REQUEST for malformed JSON. */
export function readQueryString(search: string): unknown {
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
    ...Object.fromEntries(DOCUMENT_ID_NAMES.map((name) => [name, text(name)])),
    variables: json('variables'),
    extensions: json('extensions'),
  };
}

/** How to read a body, and its maximum length. */
interface BodyReader {
  readBytes: ReadBytes;
  maxBytes: number;
}

/**
 * Reads the text of a JSON body. Rejects with BAD_REQUEST if the body has too many values to be
 * parsed, or with an error of `readBytes`.
 */
export async function readJsonText(
  request: IncomingMessage,
  { readBytes, maxBytes }: BodyReader,
): Promise<string> {
  const body = await readBytes(request, maxBytes);
  if (hasTooManyValues(body)) {
    throw badRequest(`The request body has more than ${MAX_JSON_VALUES} JSON values.`, 413);
  }
  return body.toString();
}

/**
 * Reads the parameters in a JSON body: an object for one operation, or an array for several.
 * Rejects with BAD_REQUEST for any other body, or with an error of `readBytes`.
 */
export async function readBody(request: IncomingMessage, reader: BodyReader): Promise<unknown> {
  const text = await readJsonText(request, reader);
  const params = parseJson(text, 'The request body is not valid JSON');
  if (typeof params === 'object' && params !== null) return params;
  const kind = params === null ? 'null' : typeof params;
  throw badRequest(`The request body must be a JSON object, not ${kind}.`);
}

/**
 * Throws BAD_REQUEST for a batched request of more than `max` operations. If `max` is 0, batches
 * are not supported.
 */
export function checkBatch(operations: readonly unknown[], max: number): void {
  if (max === 0) throw badRequest('Batching is not supported.');
  if (operations.length <= max) return;
  throw badRequest(`Batching is limited to ${max} operations per request.`, 413);
}
