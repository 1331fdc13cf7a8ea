import type { Plugin } from 'graphql-yoga';

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
