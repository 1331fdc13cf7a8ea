import type { ServerResponse } from 'node:http';
import type { OperationTypeNode } from 'graphql';
import { toClientError } from '../graphql/client-errors.ts';
import { requestError } from '../operation/request-error.ts';
import {
  createRefusal,
  type OperationRequest,
  type OperationResponse,
  type Operations,
} from '../operation/run.ts';
import { APOLLO_MULTIPART, offeredTypes, parseAccept } from './accept.ts';
import type { ReadBytes } from './body.ts';
import { type Drain, shuttingDown } from './drain.ts';
import {
  badRequest,
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

interface GraphqlHandlerDeps {
  operations: Operations;
  headers: ResponseHeaders;
  /** Sends responses as an event stream or as multipart. */
  streams: StreamSender;
  drain: Drain;
  /** Origins whose pages may send requests. */
  origins: readonly string[];
  readBytes: ReadBytes;
  maxBodyBytes: number;
  /** Maximum operations in a batched request; 0 refuses batches. */
  maxBatch: number;
  /** Records a request that was refused before any operation. */
  refused(requestId: string, status: number): void;
  report(bug: unknown): void;
}

const forbidden = () =>
  requestError('Requests from pages of other sites are not allowed.', {
    code: 'FORBIDDEN',
    status: 403,
  });

const mutationByGet = () =>
  badRequest('Can only perform a mutation operation from a POST request.', 405, { allow: 'POST' });

const notAcceptableStream = () =>
  badRequest(
    'A subscription is sent as an event stream or as multipart: Accept must allow ' +
      `text/event-stream or ${APOLLO_MULTIPART}. WebSockets work, too.`,
    406,
  );

const subscriptionInBatch = () =>
  badRequest('A subscription cannot be part of a batch: send it alone.', 200);

/** Returns a signal that aborts when the client disconnects before it has the whole response. */
function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/**
 * Serves GraphQL over HTTP: reads the parameters, runs the operation, and sends its response. Most
 * responses are JSON. `streams` sends those of subscriptions, and those of other operations if the
 * client does not accept JSON. Refusals with status 406, and errors outside of an operation, such
 * as a malformed body, are always JSON.
 */
export function createGraphqlHandler(deps: GraphqlHandlerDeps): (routed: RoutedRequest) => void {
  const { operations, streams, drain, origins, readBytes, maxBodyBytes, maxBatch } = deps;
  const json = createJsonSender(deps.headers, drain);

  /** Checks origin, method and Accept. Throws the error of a refused request. */
  const checkRequest = ({ request, header, accepted }: Exchange) => {
    if (isFromForeignSite(header, origins)) throw forbidden();
    checkMethod(request);
    if (accepted.types.length > 0) return;
    throw badRequest(`Accept must name one of ${offeredTypes}.`, 406);
  };

  const refuseSubscription = ({ accepted }: Exchange) => {
    if (drain.isDraining) return shuttingDown();
    return accepted.stream ? undefined : notAcceptableStream();
  };

  const runOne = async (operation: OperationRequest, exchange: Exchange) => {
    const { request, accepted } = exchange;
    const send = (result: OperationResponse) => {
      if (operation.signal.aborted) return result.release();
      const isNotAcceptable = statusOf(result.errors, 'application/json') === 406;
      const type = isNotAcceptable ? 'application/json' : accepted.json;
      if (type) return json.send(result, exchange, type);
      return streams.send(result, exchange, accepted.types[0] ?? 'text/event-stream');
    };
    const refuseType = (type: OperationTypeNode) => {
      if (type === 'mutation' && request.method === 'GET') return mutationByGet();
      return type === 'subscription' ? refuseSubscription(exchange) : undefined;
    };
    const prepared = operations.prepare({ ...operation, refuseType });
    if (!('cached' in prepared)) return send(prepared);
    const result = await operations.execute(prepared);
    if (!(Symbol.asyncIterator in result)) return send(result);
    if (operation.signal.aborted || drain.isDraining) {
      await result.return?.();
      return exchange.response.destroy();
    }
    return streams.send(result, exchange, accepted.stream ?? 'text/event-stream');
  };

  const runBatch = async (
    all: readonly unknown[],
    base: Omit<OperationRequest, 'params'>,
    exchange: Exchange,
  ) => {
    checkBatch(all, maxBatch);
    const { json: type } = exchange.accepted;
    if (!type) throw badRequest('The response to a batch is JSON: Accept must allow it.', 406);
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
    if (!base.signal.aborted) return json.sendBatch(results, exchange, type);
    for (const { release } of results) release();
    return undefined;
  };

  const handle = async (exchange: Exchange, search: string): Promise<void> => {
    checkRequest(exchange);
    const { request, response, requestId, header, accepted } = exchange;
    const signal = signalOf(response);
    const params =
      request.method === 'GET'
        ? readQueryString(search)
        : await readBody(request, { readBytes, maxBytes: maxBodyBytes });
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

  /** Returns the error for the client. A bug has status 500. */
  const toRefusal = (error: unknown) => {
    const refusal = toClientError(error, deps.report);
    const { code } = refusal.extensions;
    if (code !== 'INTERNAL_SERVER_ERROR') return refusal;
    return requestError(refusal.message, { code, status: 500 });
  };

  const refuse = (error: unknown, exchange: Exchange) => {
    const errors = [toRefusal(error)];
    if (exchange.response.headersSent) return exchange.response.destroy();
    const type = exchange.accepted.json ?? 'application/json';
    deps.refused(exchange.requestId, statusOf(errors, type));
    return json.send(createRefusal(errors), exchange, type);
  };

  return ({ request, response, search }) => {
    const header = headerReader(request);
    const requestId = readRequestId(header('x-request-id'));
    const accepted = parseAccept(header('accept'));
    const exchange = { request, response, header, requestId, accepted };
    handle(exchange, search).catch((error: unknown) => refuse(error, exchange));
  };
}
