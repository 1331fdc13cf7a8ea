import type { IncomingHttpHeaders } from 'node:http';
import {
  type ExecutionArgs,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import { makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { formatError } from '../graphql/client-errors.ts';
import {
  type OperationResponse,
  type Operations,
  type ResponseStream,
  writeResponse,
} from '../operation/run.ts';
import type { Connection } from './connection.ts';

/** Headers that the `connection_init` payload may contain: browsers cannot send them otherwise. */
const CREDENTIALS = ['private-token', 'authorization', 'job-token'];
const TRACE_CONTEXT = ['traceparent', 'tracestate'];
const HANDSHAKE = /^(connection|upgrade|sec-websocket-.*)$/;

const BAD_REQUEST = 4400;

/** The `connection_init` payload is malformed. The message contains the key, never the value. */
class PayloadError extends Error {
  override readonly name = 'PayloadError';
}

function readEntries(payload: Readonly<Record<string, unknown>>): [string, string][] {
  const known = [...CREDENTIALS, ...TRACE_CONTEXT];
  return Object.entries(payload).flatMap(([key, value]): [string, string][] => {
    const name = key.toLowerCase();
    if (!known.includes(name) || value === null || value === undefined) return [];
    if (typeof value !== 'string') throw new PayloadError(`${key} must be text.`);
    return [[name, value]];
  });
}

/**
 * Returns the headers of an operation: those of the upgrade request, merged with the payload. A
 * credential in the payload replaces all credentials in headers. Throws PayloadError.
 */
function callerHeaders(
  upgrade: IncomingHttpHeaders,
  payload: Readonly<Record<string, unknown>> = {},
): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(upgrade)) {
    if (value !== undefined && !HANDSHAKE.test(name)) headers.set(name, String(value));
  }
  const entries = readEntries(payload);
  if (entries.some(([name]) => CREDENTIALS.includes(name))) {
    for (const name of CREDENTIALS) headers.delete(name);
  }
  for (const [name, value] of entries) {
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new PayloadError(`${name} holds characters that no header can.`);
    }
    headers.set(name, value);
  }
  return headers;
}

/** Reads the headers of a connection; closes it if the payload is malformed. */
function initialize(connection: Connection, payload: Record<string, unknown> | undefined): boolean {
  try {
    connection.headers = callerHeaders(connection.upgrade.headers, payload);
    return true;
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    connection.close(BAD_REQUEST, error.message);
    return false;
  }
}

function shuttingDown(): GraphQLError {
  const message = 'The gateway is restarting. Connect again.';
  return new GraphQLError(message, { extensions: { code: 'SHUTTING_DOWN' } });
}

export interface ProtocolDeps {
  operations: Operations;
  schema: GraphQLSchema;
  /** Reads the request id of an operation from the headers of its connection. */
  requestIdOf(headers: Headers): string;
}

/** Implements graphql-transport-ws: graphql-ws reads and writes messages, `operations` executes. */
export function createProtocol({
  operations,
  schema,
  requestIdOf,
}: ProtocolDeps): Server<{ connection: Connection }> {
  /** Returns the errors of a refused operation; otherwise the arguments that graphql-ws needs. */
  const run = async (connection: Connection, id: string, params: SubscribePayload) => {
    const { headers } = connection;
    const prepared = operations.prepare({
      params,
      transport: 'websocket',
      requestId: requestIdOf(headers),
      header: (name) => headers.get(name),
      signal: connection.begin(id),
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
      return connection.isRetiring ? [shuttingDown()] : run(connection, id, params);
    },
    execute: resultOf as never,
    subscribe: resultOf as never,
    onNext: (_context, _id, _params, _args, result) =>
      JSON.parse(writeResponse(result as unknown as OperationResponse)) as FormattedExecutionResult,
    onError: (_context, _id, _params, errors) => errors.map(formatError),
    onComplete: ({ extra: { connection } }, id) => connection.finish(id),
  });
}
