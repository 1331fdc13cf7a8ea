import { getOperationAST } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../context.ts';

/** Requests with different credentials get different answers, whatever else is the same. */
export const VARY = 'Authorization, PRIVATE-TOKEN, JOB-TOKEN';

/** For whom answers are: the GraphiQL page and event streams have rules of their own. */
const ANSWER = /^application\/(graphql-response\+)?json/;

/** For how long an answer may be kept. */
export function cacheControlOf(maxAge: number): string {
  return maxAge > 0 ? `private, max-age=${maxAge}` : 'no-store';
}

/**
 * Says with `Cache-Control` how long an answer may be kept: only for the caller it was made for, and
 * never what failed or changed something. Routers and clients that cache read it.
 */
export function useCacheControl(): Plugin<Pick<Context, 'freshness'>> {
  const maxAges = new WeakMap<Request, number>();
  return {
    onExecute: ({ args }) => ({
      onExecuteDone({ result }) {
        const { request, freshness } = args.contextValue;
        const operation = getOperationAST(args.document, args.operationName)?.operation;
        const keeps = operation === 'query' && !isAsyncIterable(result) && !result.errors;
        maxAges.set(request, keeps ? freshness.maxAge : 0);
      },
    }),
    onResponse({ request, response }) {
      if (!ANSWER.test(response.headers.get('content-type') ?? '')) return;
      const maxAge = maxAges.get(request) ?? 0;
      response.headers.set('cache-control', cacheControlOf(maxAge));
      response.headers.append('vary', VARY);
    },
  };
}
