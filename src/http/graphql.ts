import type { ServerResponse } from 'node:http';
import type { GraphQLError, OperationTypeNode } from 'graphql';
import { toClientError } from '../graphql/client-errors.ts';
import { requestError } from '../operation/request-error.ts';
import {
  createRefusal,
  type OperationRequest,
  type OperationResponse,
  type Operations,
} from '../operation/run.ts';
import { offeredTypes, parseAccept } from './accept.ts';
import type { Drain } from './drain.ts';
import {
  checkBatch,
  checkMethod,
  type Exchange,
  headerReader,
  readBody,
  readQueryString,
} from './graphql-request.ts';
import { createJsonSender, statusOf } from './graphql-response.ts';
import { isFromForeignSite } from './origin.ts';
import { readRequestId } from './request-id.ts';
import type { ResponseHeaders } from './response-headers.ts';
import type { RoutedRequest } from './server.ts';
import type { StreamSender } from './yoga.ts';

/** What the GraphQL route is made of. */
export interface GraphqlHandlerDeps {
  operations: Operations;
  headers: ResponseHeaders;
  /** Sends what is not a single JSON response. */
  streams: StreamSender;
  drain: Drain;
  /** Origins whose pages may send requests. */
  origins: readonly string[];
  maxBodyBytes: number;
  /** Operations in one batched request; 0 refuses batches. */
  maxBatch: number;
  /** A request was answered without any operation. */
  refused(requestId: string, status: number): void;
  report(bug: unknown): void;
}

function forbidden(): GraphQLError {
  const message = 'Requests from pages of other sites are not allowed.';
  return requestError(message, { code: 'FORBIDDEN', status: 403 });
}

function notAcceptable(message: string): GraphQLError {
  return requestError(message, { code: 'BAD_REQUEST', status: 406 });
}

const notAcceptableStream = () =>
  notAcceptable(
    'A subscription is sent as an event stream: Accept must allow text/event-stream. WebSockets work, too.',
  );

const mutationByGet = () =>
  requestError('Can only perform a mutation operation from a POST request.', {
    code: 'BAD_REQUEST',
    status: 405,
    headers: { allow: 'POST' },
  });

const subscriptionInBatch = () =>
  requestError('A subscription cannot be part of a batch: send it alone.', {
    code: 'BAD_REQUEST',
    status: 200,
  });

/** A signal that is aborted when the client disconnects before it has the whole response. */
function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/**
 * Serves GraphQL over HTTP: reads the parameters, runs the operation, and sends its response. A query or mutation is sent
 * as JSON where the client accepts it; subscriptions and clients that accept only streams are served through Yoga.
 */
export function createGraphqlHandler(deps: GraphqlHandlerDeps): (routed: RoutedRequest) => void {
  const { operations, streams, drain, origins, maxBodyBytes, maxBatch } = deps;
  const json = createJsonSender(deps.headers);

  /** Checks what can be checked before the parameters are read. Throws what is wrong. */
  const checkRequest = ({ request, header, accepted }: Exchange) => {
    if (isFromForeignSite(header, origins)) throw forbidden();
    const error = checkMethod(request);
    if (error) throw error;
    if (accepted.types.length > 0) return;
    throw notAcceptable(`Accept must name one of ${offeredTypes}.`);
  };

  const runOne = async (operation: OperationRequest, exchange: Exchange) => {
    const { request, accepted } = exchange;
    const send = (result: OperationResponse) => {
      if (operation.signal.aborted) return result.release();
      const type = accepted.json ?? accepted.types[0] ?? 'application/json';
      if (!accepted.json) return streams.send(result, exchange, type);
      return json.send(result, exchange, { type, isLast: drain.isDraining });
    };
    const refuseType = (type: OperationTypeNode) => {
      if (type === 'mutation' && request.method === 'GET') return mutationByGet();
      return type === 'subscription' && !accepted.stream ? notAcceptableStream() : undefined;
    };
    const prepared = operations.prepare({ ...operation, refuseType });
    if (!('cached' in prepared)) return send(prepared);
    const result = await operations.execute(prepared);
    if (!(Symbol.asyncIterator in result)) return send(result);
    if (operation.signal.aborted) await result.return?.();
    else streams.send(result, exchange, 'text/event-stream');
    return undefined;
  };

  const runBatch = async (
    all: readonly unknown[],
    base: Omit<OperationRequest, 'params'>,
    exchange: Exchange,
  ) => {
    const error = checkBatch(all, maxBatch);
    if (error) throw error;
    const { json: type } = exchange.accepted;
    if (!type) throw notAcceptable('The response to a batch is JSON: Accept must allow it.');
    const batch = { estimatedCalls: 0 };
    const runInBatch = async (params: unknown): Promise<OperationResponse> => {
      const prepared = operations.prepare({
        ...{ ...base, params, batch, streamsStrings: false },
        refuseType: (kind) => (kind === 'subscription' ? subscriptionInBatch() : undefined),
      });
      if (!('cached' in prepared)) return prepared;
      return (await operations.execute(prepared)) as OperationResponse;
    };
    const results = await Promise.all(all.map(runInBatch));
    json.sendBatch(results, exchange, { type, isLast: drain.isDraining });
  };

  const handle = async (exchange: Exchange, search: string): Promise<void> => {
    checkRequest(exchange);
    const { request, response, requestId, header, accepted } = exchange;
    const signal = signalOf(response);
    const params =
      request.method === 'GET' ? readQueryString(search) : await readBody(request, maxBodyBytes);
    const operation: OperationRequest = {
      params,
      transport: 'http',
      requestId,
      header,
      signal,
      streamsStrings: accepted.json !== undefined,
    };
    if (Array.isArray(params)) await runBatch(params, operation, exchange);
    else await runOne(operation, exchange);
  };

  /** Sends an error that was found before any operation began. */
  const refuse = (error: unknown, exchange: Exchange) => {
    const errors = [toClientError(error, deps.report)];
    const { requestId, response } = exchange;
    if (response.headersSent) return response.destroy();
    const type = exchange.accepted.json ?? 'application/json';
    const status = statusOf(errors, type);
    deps.refused(requestId, status);
    // The rest of a body that is too large must not be taken for the next request.
    const isLast = drain.isDraining || status === 413;
    return json.send(createRefusal(errors), exchange, { type, isLast });
  };

  return ({ request, response, search }) => {
    const header = headerReader(request);
    const requestId = readRequestId(header('x-request-id'));
    const accepted = parseAccept(header('accept'));
    const exchange = { request, response, header, requestId, accepted };
    handle(exchange, search).catch((error: unknown) => refuse(error, exchange));
  };
}
