/* Builds the HTTP requests that Apollo Client, urql and Relay send for an operation. */
import { createHash } from 'node:crypto';
import { parse, print, visit } from 'graphql';

const clientLibrary = { name: '@apollo/client', version: '4.3.8' };
/** urql sends a POST instead of a GET if the URL is longer. */
const MAX_URL_LENGTH = 2_047;

const typename = { kind: 'Field', name: { kind: 'Name', value: '__typename' } };

/** Adds `__typename` to each selection set except that of the operation, as Apollo Client and urql do. */
function withTypenames(query) {
  return visit(parse(query), {
    SelectionSet(node, _key, parent) {
      if (parent.kind === 'OperationDefinition') return undefined;
      return { ...node, selections: [...node.selections, typename] };
    },
  });
}

const prepared = new Map();

/**
 * Returns the text that clients send for an operation, its SHA-256 hash, the operation's name, and whether the
 * operation is a query.
 */
export function prepare(query) {
  if (!prepared.has(query)) {
    const document = withTypenames(query);
    const text = print(document);
    const [{ operation, name }] = document.definitions;
    const hash = createHash('sha256').update(text).digest('hex');
    prepared.set(query, { text, hash, isQuery: operation === 'query', operationName: name.value });
  }
  return prepared.get(query);
}

const post = (accept, body) => ({
  method: 'POST',
  path: '/graphql',
  headers: { accept, 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Builds the POST of Apollo Client 4. */
function apollo(query, variables) {
  const { text, operationName } = prepare(query);
  return post('application/graphql-response+json,application/json;q=0.9', {
    operationName,
    variables,
    extensions: { clientLibrary },
    query: text,
  });
}

/** Builds the request of urql 6: a GET for a query if the URL is short enough, otherwise a POST. */
function urql(query, variables) {
  const { text, operationName, isQuery } = prepare(query);
  const accept =
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed';
  const compact = text.replaceAll(/\s+/g, ' ');
  const parameters = { query: compact, operationName, variables: JSON.stringify(variables) };
  const path = `/graphql?${new URLSearchParams(parameters)}`;
  if (isQuery && path.length <= MAX_URL_LENGTH) return { method: 'GET', path, headers: { accept } };
  return post(accept, { query: compact, operationName, variables });
}

/** Builds the POST of Relay with persisted queries, which has the hash of a document instead of its text. */
function relay(query, variables) {
  const { hash } = prepare(query);
  return post('*/*', { documentId: `sha256:${hash}`, variables });
}

export const clients = { apollo, urql, relay };

/** Returns the manifest of trusted documents that Relay's requests refer to. */
export function manifestOf(queries) {
  return Object.fromEntries(queries.map(prepare).map(({ hash, text }) => [hash, text]));
}
