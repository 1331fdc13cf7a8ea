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
import { createClient } from 'gitlab-jobs-gateway/client';
import { filter, make, mergeMap, pipe, type Source, takeUntil } from 'wonka';
import { countCalls } from './calls.ts';
import { readToken } from './token.ts';

/** `/graphql` beside the page at `/board`. */
const url = location.pathname.replace(/(board\/?)?$/, 'graphql');

const gateway = createClient({
  url,
  headers(): Record<string, string> {
    const token = readToken();
    return token ? { 'PRIVATE-TOKEN': token } : {};
  },
});

/** Sends an operation to the gateway. A subscription has many results, the others have one. */
function send(operation: Operation, end: () => void): Source<OperationResult> {
  return make(({ next, complete }) => {
    const abort = new AbortController();
    const options = { signal: abort.signal };
    // The text is the one of dist/board/documents.json (see vite.config.ts).
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
        if (!abort.signal.aborted) next(makeErrorResult(operation, error as Error));
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
        // Lets urql forget a subscription that is complete: it can be started again.
        const end = () => {
          if (operation.kind !== 'subscription') return;
          client.reexecuteOperation(makeOperation('teardown', operation));
        };
        return pipe(send(operation, end), takeUntil(pipe(operations, filter(isEnd))));
      }),
    );

/** The client of all screens. Its cache holds whole responses: a screen is one document. */
export const urqlClient = new Client({
  url,
  exchanges: [cacheExchange, gatewayExchange],
  requestPolicy: 'cache-and-network',
  preferGetMethod: false,
});
