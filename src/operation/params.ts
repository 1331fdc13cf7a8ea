import { requestError } from './request-error.ts';

/** The parameters of a GraphQL request. */
export interface OperationParams {
  readonly query: string | undefined;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** The hash of a trusted document, unchecked. */
  readonly documentId: unknown;
}

/**
 * Names of the parameter with the hash of a trusted document: `documentId` as in GraphQL over HTTP,
 * and the names that Relay's network layers use.
 */
export const DOCUMENT_ID_NAMES = ['documentId', 'doc_id', 'docId', 'id', 'queryId'] as const;

const NAMES = new Set([
  ...['query', 'operationName', 'variables', 'extensions'],
  ...DOCUMENT_ID_NAMES,
]);

const none: Readonly<Record<string, unknown>> = {};

function badRequest(message: string, onlyNewMediaType = false): Error {
  return requestError(message, {
    code: 'BAD_REQUEST',
    status: 400,
    onlyNewMediaType,
    headers: { allow: 'GET, POST' },
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function readObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value == null) return none;
  if (kindOf(value) === 'object') return value as Record<string, unknown>;
  throw badRequest(
    `Expected "${name}" param to be empty or an object, but given ${kindOf(value)}.`,
  );
}

function readText(value: unknown, name: string): string | undefined {
  if (value == null || typeof value === 'string') return value ?? undefined;
  throw badRequest(`Expected "${name}" param to be a string, but given ${kindOf(value)}.`);
}

/** Checks the types of request parameters. Throws BAD_REQUEST, which names the wrong parameter. */
export function parseParams(value: unknown): OperationParams {
  if (kindOf(value) !== 'object') {
    throw badRequest(`Expected params to be an object but given ${kindOf(value)}.`);
  }
  const params = value as Record<string, unknown>;
  for (const name of Object.keys(params)) {
    if (NAMES.has(name) || params[name] == null) continue;
    throw badRequest(`Unexpected parameter "${name}" in the request body.`);
  }
  return {
    query: readText(params['query'], 'query'),
    // Some clients send an empty name for an operation without a name.
    operationName: readText(params['operationName'], 'operationName') || undefined,
    variables: readObject(params['variables'], 'variables'),
    extensions: readObject(params['extensions'], 'extensions'),
    documentId: DOCUMENT_ID_NAMES.map((name) => params[name]).find((id) => id != null),
  };
}

/** Returns the text of the document. Throws BAD_REQUEST if there is none. */
export function requireQuery({ query }: OperationParams): string {
  if (query !== undefined) return query;
  throw badRequest('Must provide query string.', true);
}
