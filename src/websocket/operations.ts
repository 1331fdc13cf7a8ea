import type { IncomingMessage } from 'node:http';
import {
  type ExecutionArgs,
  type FormattedExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  GraphQLSchema,
  parse,
} from 'graphql';
import { makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import type { YogaServerInstance } from 'graphql-yoga';
import type { Context } from '../context.ts';
import { callerHeaders, PayloadError } from './caller-headers.ts';

/** The part of Yoga that answers operations; its plugins see those of a WebSocket as they see HTTP's. */
export type Yoga = Pick<YogaServerInstance<object, Context>, 'getResultForParams'>;

/** What is known of one connection. */
export interface Connection {
  upgrade: IncomingMessage;
  /** Closes it, with a code and a reason that the client sees. */
  close(code: number, reason: string): void;
  /** Set once the client has introduced itself. */
  headers?: Headers;
  /** Ends operations by their ids. */
  running: Map<string, AbortController>;
}

const BAD_REQUEST = 4400;

/*
 * graphql-ws wants to know which of its functions executes an operation. Here Yoga has done that by
 * then, so it is told of an operation that stands for any.
 */
const ANY = { schema: new GraphQLSchema({}), document: parse('{ any }') };

/** An error as clients get it: what it tells HTTP is not for them. */
function format(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...json } = error.toJSON();
  const { http: _, ...shown } = extensions ?? {};
  return Object.keys(shown).length > 0 ? { ...json, extensions: shown } : json;
}

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

/** Has Yoga execute an operation, as if it had come by HTTP with the connection's headers. */
function execute(
  yoga: Yoga,
  connection: Connection,
  { params, signal }: { params: SubscribePayload; signal: AbortSignal },
) {
  const { headers = new Headers(), upgrade } = connection;
  const url = `http://${upgrade.headers.host ?? 'localhost'}/graphql`;
  const request = new Request(url, { method: 'POST', headers, signal });
  return yoga.getResultForParams({ params: params as never, request }, { request } as never);
}

/** Speaks graphql-transport-ws, and has Yoga answer. `mask` puts errors into a client's words. */
export function createOperations(
  yoga: Yoga,
  mask: (error: unknown) => GraphQLError,
): Server<{ connection: Connection }> {
  return makeServer<Record<string, unknown> | undefined, { connection: Connection }>({
    onConnect: ({ extra, connectionParams }) => introduce(extra.connection, connectionParams),
    async onSubscribe({ extra: { connection } }, id, params) {
      const controller = new AbortController();
      connection.running.set(id, controller);
      try {
        const result = await execute(yoga, connection, { params, signal: controller.signal });
        // Of an operation that was not even begun there is no result, only errors.
        const { errors, data } = result as { errors?: GraphQLError[]; data?: unknown };
        if (errors && data === undefined) return errors;
        return { ...ANY, rootValue: result } satisfies ExecutionArgs;
      } catch (error) {
        return [mask(error)];
      }
    },
    execute: ({ rootValue }) => rootValue as never,
    onNext(_context, _id, _params, _args, { errors, ...result }) {
      if (!errors) return undefined;
      return { ...result, errors: errors.map(format) } as FormattedExecutionResult;
    },
    onError: (_context, _id, _params, errors) => errors.map(format),
    onComplete({ extra: { connection } }, id) {
      connection.running.get(id)?.abort();
      connection.running.delete(id);
    },
  });
}
