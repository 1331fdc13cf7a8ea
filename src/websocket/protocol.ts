import type { IncomingHttpHeaders } from 'node:http';
import {
  type ExecutionArgs,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import { makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { formatError } from '../graphql/client-errors.ts';
import type { OperationResponse, Operations, ResponseStream } from '../operation/run.ts';
import { type Connection, MAX_OPERATIONS } from './connection.ts';

const CREDENTIALS = ['private-token', 'authorization', 'job-token'];
/**
 * Headers that are read from the `connection_init` payload, because browsers cannot set headers for
 * a WebSocket.
 */
const READ_NAMES = [...CREDENTIALS, 'traceparent', 'tracestate', 'x-request-id'];
const HANDSHAKE = /^(connection|upgrade|sec-websocket-.*)$/;

/**
 * Matches names under which clients send credentials to other servers, but not names of CSRF
 * tokens.
 */
const CREDENTIAL_NAME =
  /^(?!.*(?:csrf|xsrf)).*(?:auth(?!or(?!iz))|token|secret|passw|api.?key|access.?key|jwt|bearer|credential|cookie|\bpat\b)/i;
/**
 * Matches a value that is a credential, whatever the name of its member: a bearer token, or a token
 * with one of GitLab's prefixes.
 */
const CREDENTIAL_VALUE = /^(?:bearer\s|gl(?:agent|cbt|dt|ft|oas|pat|soat)-)/i;

const BAD_REQUEST = 4400;

/**
 * Thrown for a malformed `connection_init` payload. The error message may contain a key of the
 * payload, but never a value.
 */
class PayloadError extends Error {
  override readonly name = 'PayloadError';
}

/**
 * Shortens a key of the payload for an error message. The message is sent as the close reason of
 * the WebSocket, which is limited to 123 bytes.
 */
const shown = (key: string) => key.replace(/[^\w-]/g, '?').slice(0, 24);

function checkValue(name: string, key: string, value: unknown): string {
  if (typeof value !== 'string') throw new PayloadError(`${shown(key)} must be text.`);
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new PayloadError(`${name} holds characters that no header can.`);
  }
  if (name === 'authorization' && !/^\s*(?:bearer(?:\s|$)|$)/i.test(value)) {
    throw new PayloadError('Authorization must be "Bearer <token>".');
  }
  return value;
}

/** Members of a payload that are nested more deeply than this are not searched for credentials. */
const MAX_DEPTH = 4;

/**
 * Throws PayloadError for a member that looks like a credential but that the gateway does not read.
 * If such a member were ignored, operations would run without the caller's credential.
 */
function refuseCredentials(values: object, depth = 0): void {
  for (const [key, value] of Object.entries(values)) {
    const isObject = typeof value === 'object' && value !== null;
    const isText = typeof value === 'string' && value !== '';
    const isCredential = isText && CREDENTIAL_VALUE.test(value);
    if (isCredential || (CREDENTIAL_NAME.test(key) && (isObject || isText))) {
      const names = 'PRIVATE-TOKEN, Authorization or JOB-TOKEN';
      throw new PayloadError(`${shown(key)} is not read. Send ${names}, at the top or in headers.`);
    }
    if (isObject && depth < MAX_DEPTH) refuseCredentials(value, depth + 1);
  }
}

/**
 * Copies the headers in READ_NAMES from `values` to `found`. Returns the other members of `values`
 * that are not null. Throws PayloadError for a malformed header.
 */
function readHeaders(values: object, found: Map<string, string>): object {
  const entries = Object.entries(values).filter(([, value]) => value != null);
  const isRead = ([key]: [string, unknown]) => READ_NAMES.includes(key.toLowerCase());
  for (const [key, value] of entries.filter(isRead)) {
    const name = key.toLowerCase();
    const text = checkValue(name, key, value);
    if ((found.get(name) ?? text) !== text) throw new PayloadError(`${name} has two values.`);
    found.set(name, text);
  }
  return Object.fromEntries(entries.filter((entry) => !isRead(entry)));
}

/**
 * Returns the headers in a payload by name, in lower case. A header may be a member of the payload,
 * or of the payload's member `headers`.
 */
function readPayload({ headers, ...payload }: Readonly<Record<string, unknown>>) {
  const found = new Map<string, string>();
  refuseCredentials(readHeaders(payload, found));
  if (headers === null || headers === undefined) return found;
  if (typeof headers !== 'object' || Array.isArray(headers)) {
    throw new PayloadError('headers must be an object: {"PRIVATE-TOKEN": "<token>"}.');
  }
  refuseCredentials(readHeaders(headers, found));
  return found;
}

/**
 * Returns the headers for the operations of a connection: the headers of the upgrade request,
 * merged with those in the payload of `connection_init`. A credential in the payload replaces all
 * credentials of the upgrade request. Throws PayloadError for a malformed payload.
 */
function callerHeaders(
  upgrade: IncomingHttpHeaders,
  payload: Readonly<Record<string, unknown>> = {},
): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(upgrade)) {
    if (value !== undefined && !HANDSHAKE.test(name)) headers.set(name, String(value));
  }
  const given = readPayload(payload);
  if (CREDENTIALS.some((name) => given.has(name))) {
    for (const name of CREDENTIALS) headers.delete(name);
  }
  for (const [name, value] of given) headers.set(name, value);
  return headers;
}

/**
 * Sets the headers of a connection. If the payload is malformed, closes the connection and returns
 * false.
 */
function initialize(connection: Connection, payload: Record<string, unknown> | undefined): boolean {
  try {
    connection.initialize(callerHeaders(connection.upgrade.headers, payload));
    return true;
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    connection.close(BAD_REQUEST, error.message);
    return false;
  }
}

function tooManyOperations(): GraphQLError {
  const message = `A connection runs at most ${MAX_OPERATIONS} operations at the same time.`;
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', retryAfter: null } });
}

export interface ProtocolDeps {
  operations: Operations;
  schema: GraphQLSchema;
  /** Returns the given request id, or a new one if it is missing or cannot be used. */
  readRequestId(given: string | undefined): string;
}

/**
 * Implements graphql-transport-ws: graphql-ws reads and writes messages, and `operations` executes
 * the GraphQL operations.
 */
export function createProtocol({
  operations,
  schema,
  readRequestId,
}: ProtocolDeps): Server<{ connection: Connection }> {
  /**
   * Returns the request id of the next operation: the `x-request-id` of the connection with a
   * number appended, or a new id if that header is missing or cannot be used.
   */
  const nextRequestId = (connection: Connection): string => {
    const given = connection.headers.get('x-request-id');
    return readRequestId(given ? `${given}/${connection.countOperation()}` : undefined);
  };
  /**
   * Starts an operation. Returns the arguments that graphql-ws needs, or the errors if the
   * operation is refused.
   */
  const run = async (connection: Connection, id: string, params: SubscribePayload) => {
    const { headers } = connection;
    const prepared = operations.prepare({
      params,
      transport: 'websocket',
      requestId: nextRequestId(connection),
      header: (name) => headers.get(name),
      signal: connection.begin(id),
      ready: connection.ready,
    });
    if (!('cached' in prepared)) return refuse(connection, id, prepared);
    const result = await operations.execute(prepared);
    if (Symbol.asyncIterator in result) connection.stream(id);
    else if (result.data === undefined) return refuse(connection, id, result);
    else connection.onFinish(id, result.release);
    const { document, operationName } = prepared;
    return { schema, document, operationName, rootValue: result } satisfies ExecutionArgs;
  };
  const refuse = (connection: Connection, id: string, { errors }: OperationResponse) => {
    connection.finish(id);
    return errors;
  };
  const resultOf = ({ rootValue }: ExecutionArgs) =>
    rootValue as ResponseStream & FormattedExecutionResult;
  return makeServer<Record<string, unknown> | undefined, { connection: Connection }>({
    onConnect: ({ extra, connectionParams }) => initialize(extra.connection, connectionParams),
    onSubscribe({ extra: { connection } }, id, params) {
      // A connection that is about to close does not answer new operations. Clients then send the
      // operation again on their next connection, which they would not do after an error.
      if (connection.isRetiring) return new Promise(() => {});
      return connection.isFull ? [tooManyOperations()] : run(connection, id, params);
    },
    execute: resultOf as never,
    subscribe: resultOf as never,
    onNext: ({ extra: { connection } }, _id, _params, _args, result) =>
      // Gives graphql-ws a placeholder. The result replaces it when the message is sent.
      connection.payloads.hold(result as unknown as OperationResponse) as never,
    onError: (_context, _id, _params, errors) => errors.map(formatError),
    onComplete: ({ extra: { connection } }, id) => connection.finish(id),
  });
}
