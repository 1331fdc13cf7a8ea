import type { IncomingMessage, ServerResponse } from 'node:http';

/** Defaults that forbid executing, framing, sniffing and caching; a route may override them. */
const SECURITY: readonly (readonly [name: string, value: string])[] = [
  ['cache-control', 'no-store'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
];

/**
 * The request headers that a response depends on. Accept is one, because GraphiQL's page and JSON
 * responses have the same URL.
 */
const VARY = 'Accept, Authorization, PRIVATE-TOKEN, JOB-TOKEN';

/**
 * Request headers that pages of other origins may not send (CORS): proxies trust them, or they
 * change the method or the user. All other headers are allowed, because clients and their
 * instrumentation add headers.
 */
const REFUSED_HEADERS =
  /^(?:cookie|forwarded|sudo|via|x-real-ip|x-rewrite-url|x-method-override|(?:x-forwarded|x-original|x-http-method|x-gitlab|proxy|sec)\b.*)$/;
const EXPOSED_HEADERS = 'content-disposition, retry-after, x-request-id';
/** How long a browser may cache a preflight response, in seconds. This is Chromium's maximum. */
const PREFLIGHT_MAX_AGE = '7200';

export type ResponseHeaders = ReturnType<typeof createResponseHeaders>;

/**
 * Returns functions for the headers of all responses: security headers, the request id, and headers
 * that allow pages of `origins` to send requests (CORS, without cookies).
 */
export function createResponseHeaders(origins: readonly string[]) {
  const security = SECURITY.filter(([name]) => name !== 'cache-control').flat();
  const vary = origins.length > 0 ? `Origin, ${VARY}` : VARY;

  const allowedOrigin = ({ headers }: IncomingMessage) =>
    headers.origin !== undefined && origins.includes(headers.origin) ? headers.origin : undefined;
  const corsOf = (request: IncomingMessage): string[] => {
    const origin = allowedOrigin(request);
    if (origin === undefined) return [];
    return [
      ...['access-control-allow-origin', origin],
      ...['access-control-expose-headers', EXPOSED_HEADERS],
    ];
  };
  return {
    /**
     * Returns alternating header names and values, for `writeHead`. `maxAge` is in seconds; 0 means
     * `no-store`.
     */
    ofGraphql(request: IncomingMessage, requestId: string, maxAge: number): string[] {
      const cacheControl = maxAge > 0 ? `private, max-age=${maxAge}` : 'no-store';
      return [
        ...security,
        ...['x-request-id', requestId, 'cache-control', cacheControl, 'vary', vary],
        ...corsOf(request),
      ];
    },
    /** Sets the headers that all routes have; a route may override them. */
    apply(request: IncomingMessage, response: ServerResponse, requestId: string) {
      for (const [name, value] of SECURITY) response.setHeader(name, value);
      response.setHeader('x-request-id', requestId);
      if (origins.length > 0) response.setHeader('vary', 'Origin');
      const cors = corsOf(request);
      for (let at = 0; at < cors.length; at += 2) {
        response.setHeader(cors[at] ?? '', cors[at + 1] ?? '');
      }
    },
    /**
     * Answers a CORS preflight request from an allowed origin, and returns true. Returns false for
     * any other request, also for a preflight request from an origin that is not allowed.
     */
    answerPreflight(request: IncomingMessage, response: ServerResponse): boolean {
      const isPreflight = request.headers['access-control-request-method'] !== undefined;
      if (request.method !== 'OPTIONS' || !isPreflight || !allowedOrigin(request)) return false;
      const requested = String(request.headers['access-control-request-headers'] ?? '');
      const allowed = requested
        .toLowerCase()
        .split(/[\s,]+/)
        .filter((name) => /^[\w-]+$/.test(name) && !REFUSED_HEADERS.test(name));
      response.writeHead(204, {
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': allowed.join(', '),
        'access-control-max-age': PREFLIGHT_MAX_AGE,
        vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      });
      response.end();
      return true;
    },
  };
}
