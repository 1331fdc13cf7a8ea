import {
  Client,
  cacheExchange,
  type Exchange,
  type ExecutionResult,
  formatDocument,
  makeErrorResult,
  makeOperation,
  makeResult,
  type Operation,
  type OperationResult,
  stringifyDocument,
} from '@urql/core';
import { createClient, GatewayError } from 'gitlab-jobs-gateway/client';
import { filter, make, mergeMap, pipe, type Source, takeUntil } from 'wonka';
import { countCalls } from './calls.ts';
import { readToken } from './token.ts';

/** The path of the gateway, without a `/` at its end. The page is at `/board` below it. */
export const root = location.pathname.replace(/\/(board\/?)?$/, '');

const url = `${root}/graphql`;

const gateway = createClient({
  url,
  headers(): Record<string, string> {
    const token = readToken();
    return token ? { 'PRIVATE-TOKEN': token } : {};
  },
});

/**
 * Converts the error of an operation to an urql result, with the GraphQL errors if there are any.
 */
function toErrorResult(operation: Operation, error: unknown): OperationResult {
  const { errors = [] } = error instanceof GatewayError ? error : {};
  return errors.length > 0
    ? makeResult(operation, { errors: [...errors] } as ExecutionResult)
    : makeErrorResult(operation, error as Error);
}

/**
 * Sends an operation to the gateway. A subscription has many results, other operations have one.
 * Calls `end` after the last result, unless urql has stopped the operation before.
 */
function send(operation: Operation, end: () => void): Source<OperationResult> {
  return make(({ next, complete }) => {
    const abort = new AbortController();
    const options = { signal: abort.signal };
    // Must be the same text as in dist/board/documents.json (see vite.config.ts): with
    // TRUSTED_DOCUMENTS=only, the gateway accepts only the texts in that file.
    const document = stringifyDocument(formatDocument(operation.query));
    const variables = operation.variables ?? {};
    const run = async () => {
      if (operation.kind === 'subscription') {
        for await (const result of gateway.subscribe(document, variables, options)) {
          next(makeResult(operation, result as ExecutionResult));
        }
      } else {
        const execute = operation.kind === 'mutation' ? gateway.mutate : gateway.query;
        const result = await execute(document, variables, options);
        countCalls(result.extensions?.upstream);
        next(makeResult(operation, result as ExecutionResult));
      }
    };
    run()
      .catch((error: unknown) => {
        if (!abort.signal.aborted) next(toErrorResult(operation, error));
      })
      .finally(() => {
        complete();
        if (!abort.signal.aborted) end();
      });
    return () => abort.abort();
  });
}

/** An urql exchange that sends all operations with the gateway's own client. */
const gatewayExchange: Exchange =
  ({ client }) =>
  (operations) =>
    pipe(
      operations,
      filter(({ kind }) => kind !== 'teardown'),
      mergeMap((operation) => {
        const isEnd = ({ kind, key }: Operation) => kind === 'teardown' && key === operation.key;
        // Makes urql forget a subscription that is complete, so that it can be started again.
        const end = () => {
          if (operation.kind !== 'subscription') return;
          client.reexecuteOperation(makeOperation('teardown', operation));
        };
        return pipe(send(operation, end), takeUntil(pipe(operations, filter(isEnd))));
      }),
    );

/**
 * Creates the GraphQL client of all screens. Its cache stores whole responses, because each part of
 * a screen reads all its data with one document. The responses belong to one token, so a new token
 * needs a new client.
 */
export function createUrqlClient(): Client {
  return new Client({
    url,
    exchanges: [cacheExchange, gatewayExchange],
    requestPolicy: 'cache-and-network',
    preferGetMethod: false,
  });
}
