import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { acceptedTypes } from './accept.ts';

/** What one operation is asked with. */
export interface Params {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Record<string, unknown> | undefined;
}

/** As Yoga knows them: it takes no capitals, and no space behind. */
const JSON_TYPE = /^application\/(graphql\+)?json(?:[;,]|$)/;

/** Whether a request is of the usual kind: one JSON body, no longer than allowed, posted to /graphql. */
export function isUsual({ method, url, headers }: IncomingMessage, maxBytes: number): boolean {
  if (method !== 'POST' || url !== '/graphql') return false;
  const { 'content-type': type, 'content-length': length, 'content-encoding': encoding } = headers;
  if (type === undefined || length === undefined || encoding !== undefined) return false;
  return JSON_TYPE.test(type) && Number(length) <= maxBytes;
}

/** The answer's types, the one that clients get who take anything first. */
const TYPES = ['application/json', 'application/graphql-response+json'] as const;

/** What clients say that take either. */
const ANY: ReadonlySet<string | undefined> = new Set(['*/*', 'application/*', '*/json']);

/** The type of the answer that the client likes best; undefined if it is none of GraphQL's own. */
export function answerType(accept: string | undefined): (typeof TYPES)[number] | undefined {
  if (accept === undefined || accept === '*/*') return TYPES[0];
  for (const type of acceptedTypes(accept)) {
    const found = ANY.has(type) ? TYPES[0] : TYPES.find((one) => one === type);
    if (found) return found;
  }
  return undefined;
}

/** Reads a body whole. Calls back only if it comes whole. */
export function readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const [only] = chunks;
    done(chunks.length === 1 && only ? only : Buffer.concat(chunks));
  });
}

/** Puts a body that was read back, where Yoga looks for one that a framework has read before it. */
export function putBack(request: IncomingMessage, body: Buffer): void {
  Object.assign(request, { body: Readable.from([body]) });
}

const isRecord = (value: unknown): boolean =>
  value == null || (typeof value === 'object' && !Array.isArray(value));

const NAME = /^[_A-Za-z]\w*$/;

const isName = (value: unknown): boolean =>
  value == null || (typeof value === 'string' && NAME.test(value));

/** The members of a request that stands for nothing but itself. */
const MEMBERS = new Set(['query', 'operationName', 'variables']);

/** Reads what is asked; undefined for a batch, an extension, a hash in place of a document, or a mistake. */
export function parseParams(body: Buffer): Params | undefined {
  let params: Record<string, unknown> | null;
  try {
    params = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  if (typeof params !== 'object' || params === null) return undefined;
  const { query, operationName, variables } = params;
  for (const name of Object.keys(params)) if (!MEMBERS.has(name)) return undefined;
  if (typeof query !== 'string' || !isName(operationName) || !isRecord(variables)) return undefined;
  return {
    query,
    operationName: (operationName as string | null | undefined) ?? undefined,
    variables: (variables as Record<string, unknown> | null | undefined) ?? undefined,
  };
}
