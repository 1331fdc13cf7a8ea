import { getOperationAST } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../context/context.ts';

/** Answers are data: nothing in them is run, framed, guessed at, or kept by others. */
export const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Puts security headers on every answer that has not set its own, as GraphiQL's page has. */
export function useSecurityHeaders(): Plugin {
  return {
    onResponse({ response }) {
      for (const [name, value] of Object.entries(securityHeaders)) {
        if (!response.headers.has(name)) response.headers.set(name, value);
      }
    },
  };
}

/** What pages of listed sites may send: tokens, and what GraphQL clients add. */
const ALLOWED_HEADERS = [
  ...['content-type', 'accept', 'private-token', 'authorization', 'job-token'],
  ...['x-request-id', 'traceparent', 'tracestate', 'last-event-id'],
].join(', ');
/** What they may read besides the body. */
const EXPOSED_HEADERS = 'retry-after, x-request-id';
/** In seconds: the longest that browsers keep a permission (Chromium's limit). */
const MAX_AGE = '7200';

/** What an answer to a page of a listed site says. */
export const permission = (origin: string): readonly [name: string, value: string][] => [
  ['access-control-allow-origin', origin],
  ['access-control-expose-headers', EXPOSED_HEADERS],
];

/**
 * Lets pages of the listed sites ask. Each is answered with its own name, never with `*`, and
 * credentials that a browser would add by itself are never asked for: the gateway has no cookies.
 */
export function useCors(options: { origins: readonly string[] }): Plugin {
  const originOf = ({ headers }: Request) => {
    const origin = headers.get('origin');
    return origin && options.origins.includes(origin) ? origin : undefined;
  };
  return {
    onRequest({ request, endResponse, fetchAPI }) {
      const asks = request.headers.has('access-control-request-method');
      if (request.method !== 'OPTIONS' || !asks || !originOf(request)) return;
      const headers = {
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': ALLOWED_HEADERS,
        'access-control-max-age': MAX_AGE,
      };
      endResponse(new fetchAPI.Response(null, { status: 204, headers }));
    },
    onResponse({ request, response }) {
      response.headers.append('vary', 'Origin');
      const origin = originOf(request);
      if (!origin) return;
      for (const [name, value] of permission(origin)) response.headers.set(name, value);
    },
  };
}

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
