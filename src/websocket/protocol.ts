import type { IncomingHttpHeaders } from 'node:http';
import {
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  GraphQLSchema,
  parse,
} from 'graphql';
import { makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { isAsyncIterable, type YogaServerInstance } from 'graphql-yoga';
import type { Context } from '../context/context.ts';
import { formatError } from '../graphql/client-errors.ts';
import type { Connection } from './connection.ts';

/** What a WebSocket may bring in `connection_init`, since browsers cannot set headers on one. */
const CREDENTIALS = ['private-token', 'authorization', 'job-token'];
const TRACE_CONTEXT = ['traceparent', 'tracestate'];
/** Of the handshake alone. */
const HANDSHAKE = /^(connection|upgrade|sec-websocket-.*)$/;

/** The `connection_init` payload is not what it should be. The message names the entry, never its value. */
export class PayloadError extends Error {
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
 * The headers of an operation over a WebSocket: those of the upgrade request, and what the payload of
 * `connection_init` brings under the same names. A credential there takes the place of all in headers.
 */
export function callerHeaders(
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

/** The part of Yoga that answers operations; its plugins see those of a WebSocket as they see HTTP's. */
export type Yoga = Pick<YogaServerInstance<object, Context>, 'getResultForParams'>;

const BAD_REQUEST = 4400;

/*
 * graphql-ws wants to know which of its functions executes an operation. Here Yoga has done that by
 * then, so it is told of an operation that stands for any.
 */
const ANY = { schema: new GraphQLSchema({}), document: parse('{ any }') };

/** Any: the client's own name for the gateway may be one that no Request takes, and nothing depends on it. */
const ADDRESS = 'http://localhost/graphql';

/** Introduces a client by what it sends first; whoever sends nonsense is told so and turned away. */
function introduce(connection: Connection, payload: Record<string, unknown> | undefined): boolean {
  try {
    connection.headers = callerHeaders(connection.upgrade.headers, payload);
    return true;
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    connection.close(BAD_REQUEST, error.message);
    return false;
  }
}

function connectAgain(): GraphQLError {
  const message = 'The gateway is restarting. Connect again.';
  return new GraphQLError(message, { extensions: { code: 'SHUTTING_DOWN' } });
}

/** Takes leave of an operation that was not begun. */
function refuse(connection: Connection, id: string, { errors }: ExecutionResult) {
  connection.finish(id);
  return errors;
}

/** Has Yoga execute an operation, as if it had come by HTTP with the connection's headers. */
async function execute(
  yoga: Yoga,
  connection: Connection,
  { params, signal }: { params: SubscribePayload; signal: AbortSignal },
): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> {
  const { headers } = connection;
  const request = new Request(ADDRESS, { method: 'POST', headers, signal });
  const result = await yoga.getResultForParams({ params: params as never, request }, {
    request,
  } as never);
  return result as ExecutionResult | AsyncIterable<ExecutionResult>;
}

/** Speaks graphql-transport-ws, and has Yoga answer. `mask` puts errors into a client's words. */
export function createOperations(
  yoga: Yoga,
  mask: (error: unknown) => GraphQLError,
): Server<{ connection: Connection }> {
  const toResult = (error: unknown): ExecutionResult => ({ errors: [mask(error)] });
  return makeServer<Record<string, unknown> | undefined, { connection: Connection }>({
    onConnect: ({ extra, connectionParams }) => introduce(extra.connection, connectionParams),
    async onSubscribe({ extra: { connection } }, id, params) {
      if (connection.isRetiring) return [connectAgain()];
      const signal = connection.begin(id);
      const result = await execute(yoga, connection, { params, signal }).catch(toResult);
      if (isAsyncIterable(result)) connection.stream(id);
      // Of an operation that was not even begun there is no result, only errors; of one that was left, neither.
      else if (result.errors?.length && result.data === undefined)
        return refuse(connection, id, result);
      return { ...ANY, rootValue: result } satisfies ExecutionArgs;
    },
    execute: ({ rootValue }) => rootValue as never,
    onNext(_context, _id, _params, _args, { errors, ...result }) {
      if (!errors) return undefined;
      return { ...result, errors: errors.map(formatError) } as FormattedExecutionResult;
    },
    onError: (_context, _id, _params, errors) => errors.map(formatError),
    onComplete: ({ extra: { connection } }, id) => connection.finish(id),
  });
}
