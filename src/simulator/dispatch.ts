import type { IncomingHttpHeaders } from 'node:http';
import { authenticate, throttleKey } from './auth.ts';
import { rateLimitHeaders } from './limits.ts';
import { isHash, type Param, type Params, parseNested } from './params.ts';
import { readRoutes } from './read-routes.ts';
import type { Instance, Route, UnauthenticatedRequest } from './request.ts';
import {
  ApiError,
  encodeError,
  encodeResponse,
  type HttpResponse,
  htmlPage,
  internalError,
  noRoute,
  throttled,
} from './responses.ts';
import type { Capabilities } from './versions.ts';
import { writeRoutes } from './write-routes.ts';

interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed body; a string if it is not valid JSON. */
  readonly body: Param | undefined;
}

interface Target {
  readonly path: string;
  readonly search: string;
}

interface Match {
  readonly route: Route;
  readonly params: Params;
}

function toPattern(route: Route) {
  const segments = route.template.replace(/:(\w+)/g, '(?<$1>[^/]+)');
  const source = segments.replace(/\*(\w+)/, '(?<$1>.+)');
  return { route, pattern: new RegExp(`^/api/v4${source}/?$`) };
}

/** All routes. No request matches two routes, so their order does not matter. */
const patterns = [...readRoutes, ...writeRoutes].map(toPattern);

/**
 * Decodes a path parameter once. So a slash that was encoded twice becomes `%2F` (upstream.md
 * §1.3). Null if the text cannot be decoded.
 */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/**
 * Returns the route of a path; null if the simulated release has no such route. GET routes also
 * serve HEAD.
 */
function matchRoute(method: string, path: string, caps: Capabilities): Match | null {
  const routeMethod = method === 'HEAD' ? 'GET' : method;
  for (const { route, pattern } of patterns) {
    const found = route.method === routeMethod ? pattern.exec(path) : null;
    const isAvailable = route.capability === undefined || caps[route.capability];
    if (found === null || !isAvailable) continue;
    const params = Object.entries(found.groups ?? {}).map(([name, text]) => [name, decode(text)]);
    if (params.some(([, value]) => value === null)) return null;
    return { route, params: Object.fromEntries(params) };
  }
  return null;
}

/** Parses a body by its media type. Invalid JSON is returned as text. */
export function parseBody(bytes: Buffer, type: string): Param | undefined {
  if (bytes.length === 0) return undefined;
  const text = bytes.toString('utf8');
  if (type.includes('application/x-www-form-urlencoded')) {
    return parseNested(new URLSearchParams(text));
  }
  try {
    return JSON.parse(text) as Param;
  } catch {
    return text;
  }
}

/**
 * Splits a request target into path and query, and removes the base path. Null if the path is not
 * below the base path.
 */
function targetOf(target: string, basePath: string): Target | null {
  const at = target.indexOf('?');
  const path = at < 0 ? target : target.slice(0, at);
  const search = at < 0 ? '' : target.slice(at);
  if (basePath !== '' && !path.startsWith(`${basePath}/`)) return null;
  return { path: path.slice(basePath.length), search };
}

function paramsOf({ body }: RawRequest, search: string, pathParams: Params): Params {
  if (typeof body === 'string') {
    throw new ApiError(400, { error: 'message body does not match declared format' });
  }
  const bodyParams = isHash(body) ? body : {};
  return { ...parseNested(new URLSearchParams(search)), ...bodyParams, ...pathParams };
}

/**
 * Counts a request. Throws 429 if the request exceeds the rate limit. Otherwise returns the rate
 * limit headers of the response (upstream.md §5.1).
 */
function throttle(request: UnauthenticatedRequest): Record<string, string> {
  const { rateLimit, limits, clock, caps } = request;
  if (rateLimit === undefined) return {};
  const { name, key } = throttleKey(request);
  const now = clock();
  const observed = limits.count(`${name} ${key}`, rateLimit.periodMs, now);
  const leftMs = rateLimit.periodMs - (now % rateLimit.periodMs);
  const headers = rateLimitHeaders(name, rateLimit, { observed, resetAt: now + leftMs });
  if (observed <= rateLimit.limit) return caps.rateLimitHeadersAlways ? headers : {};
  throw throttled(headers, Math.ceil(leftMs / 1_000));
}

function handleApiRequest(instance: Instance, raw: RawRequest, target: Target): HttpResponse {
  const { method, headers } = raw;
  const match = matchRoute(method, target.path, instance.caps);
  if (match === null) throw noRoute();
  const params = paramsOf(raw, target.search, match.params);
  const request = { ...instance, method, headers, params };
  const limitHeaders = throttle(request);
  const response = withErrors(() => {
    const caller = authenticate(request, match.route);
    return encodeResponse(match.route.handle({ ...request, ...target, caller }));
  });
  return { ...response, headers: { ...limitHeaders, ...response.headers } };
}

function withErrors(handle: () => HttpResponse): HttpResponse {
  try {
    return handle();
  } catch (error) {
    return encodeError(error instanceof ApiError ? error : internalError());
  }
}

/** Handles a request. Checks it in the order of upstream.md §1.1. */
export function dispatch(instance: Instance, request: RawRequest): HttpResponse {
  const target = targetOf(request.target, instance.basePath);
  if (target?.path.startsWith('/api/v3/')) {
    const error = 'API V3 is no longer supported. Use API V4 instead.';
    return encodeError(new ApiError(410, { error }));
  }
  if (target === null || !target.path.startsWith('/api/')) {
    return htmlPage(404, 'The page could not be found (404)');
  }
  return withErrors(() => handleApiRequest(instance, request, target));
}

/** Returns the route of a request, such as `GET /projects/:id/jobs`; '' if there is none. */
export function routeOf(instance: Instance, method: string, target: string): string {
  const { path } = targetOf(target, instance.basePath) ?? { path: '' };
  const match = matchRoute(method, path, instance.caps);
  return match === null ? '' : `${match.route.method} ${match.route.template}`;
}
