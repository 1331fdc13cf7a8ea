import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLError, OperationTypeNode } from 'graphql';
import { toClientError } from '../graphql/client-errors.ts';
import { requestError } from '../operation/request-error.ts';
import type { OperationRequest, OperationResponse, Operations } from '../operation/run.ts';
import { type Accepted, offeredTypes, parseAccept, type ResponseType } from './accept.ts';
import type { Drain } from './drain.ts';
import {
  checkBatch,
  checkMethod,
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
  const checkRequest = (request: IncomingMessage, accepted: Accepted) => {
    if (isFromForeignSite(headerReader(request), origins)) throw forbidden();
    const error = checkMethod(request);
    if (error) throw error;
    if (accepted.types.length === 0)
      throw notAcceptable(`Accept must name one of ${offeredTypes}.`);
  };

  const runOne = async (
    operation: OperationRequest,
    exchange: { request: IncomingMessage; response: ServerResponse; accepted: Accepted },
  ) => {
    const { request, response, accepted } = exchange;
    const { requestId, signal } = operation;
    const send = (result: OperationResponse) => {
      const type = accepted.single ?? 'application/json';
      if (signal.aborted) return result.release();
      if (!type.endsWith('json'))
        return streams.send(result, { request, response, requestId, type });
      return json.send(result, { request, response, requestId, type, isLast: drain.isDraining });
    };
    const refuseType = (type: OperationTypeNode) => {
      if (type === 'mutation' && request.method === 'GET') return mutationByGet();
      return type === 'subscription' && !accepted.stream ? notAcceptableStream() : undefined;
    };
    const prepared = operations.prepare({ ...operation, refuseType });
    if (!('cached' in prepared)) return send(prepared);
    const result = await operations.execute(prepared);
    if (!(Symbol.asyncIterator in result)) return send(result);
    const type: ResponseType = 'text/event-stream';
    return streams.send(result, { request, response, requestId, type });
  };

  const runBatch = async (
    all: readonly unknown[],
    base: Omit<OperationRequest, 'params'>,
    exchange: { request: IncomingMessage; response: ServerResponse; type: ResponseType },
  ) => {
    const batch = { estimatedCalls: 0 };
    const runInBatch = async (params: unknown): Promise<OperationResponse> => {
      const prepared = operations.prepare({
        ...{ ...base, params, batch, streamsStrings: false },
        refuseType: (type) => (type === 'subscription' ? subscriptionInBatch() : undefined),
      });
      if (!('cached' in prepared)) return prepared;
      return (await operations.execute(prepared)) as OperationResponse;
    };
    const results = await Promise.all(all.map(runInBatch));
    const { requestId } = base;
    json.sendBatch(results, { ...exchange, requestId, isLast: drain.isDraining });
  };

  const handle = async (
    request: IncomingMessage,
    response: ServerResponse,
    given: { search: string; header: (name: string) => string | undefined; requestId: string },
  ): Promise<void> => {
    const { search, header, requestId } = given;
    const accepted = parseAccept(header('accept'));
    checkRequest(request, accepted);
    const params =
      request.method === 'GET' ? readQueryString(search) : await readBody(request, maxBodyBytes);
    const isJson = accepted.single?.endsWith('json') ?? false;
    const operation = {
      params,
      transport: 'http' as const,
      requestId,
      header,
      signal: signalOf(response),
      streamsStrings: isJson,
    };
    if (!Array.isArray(params)) return runOne(operation, { request, response, accepted });
    const error = checkBatch(params, maxBatch);
    if (error) throw error;
    const type = accepted.types.find((one) => one.endsWith('json'));
    if (!type)
      throw notAcceptable('A batch is answered as JSON: Accept must allow application/json.');
    return runBatch(params, operation, { request, response, type });
  };

  /** Sends an error that was found before any operation began. */
  const refuse = (
    error: unknown,
    {
      request,
      response,
      requestId,
    }: {
      request: IncomingMessage;
      response: ServerResponse;
      requestId: string;
    },
  ) => {
    const errors = [toClientError(error, deps.report)];
    const accepted = parseAccept(headerReader(request)('accept'));
    const type = accepted.types.find((one) => one.endsWith('json')) ?? 'application/json';
    const status = statusOf(errors, type);
    deps.refused(requestId, status);
    // What is left of a body that is too large must not be taken for the next request.
    const isLast = drain.isDraining || status === 413;
    const result = {
      ...{ data: undefined, errors, extensions: undefined, maxAge: 0, strings: undefined },
      release() {},
    };
    json.send(result, { request, response, requestId, type, isLast });
  };

  return ({ request, response, search }) => {
    const header = headerReader(request);
    const requestId = readRequestId(header('x-request-id'));
    handle(request, response, { search, header, requestId }).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else refuse(error, { request, response, requestId });
    });
  };
}
