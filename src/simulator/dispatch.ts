import type { IncomingHttpHeaders } from 'node:http';
import { authenticate, throttleKey, type Unauthenticated } from './auth.ts';
import { ApiFailure, internalError, noRoute } from './failure.ts';
import type { Reply } from './faults.ts';
import { type Limits, type RateLimit, rateLimitHeaders, throttled } from './limits.ts';
import { isHash, type Param, type Params, parseNested } from './params.ts';
import type { WorldState } from './records.ts';
import { replyTo, replyToFailure, replyWithPage } from './respond.ts';
import { matchRoute, routeName } from './routes.ts';
import type { Capabilities } from './versions.ts';

/** The installation that requests are handled in. */
export interface Instance {
  readonly world: WorldState;
  readonly caps: Capabilities;
  readonly basePath: string;
  readonly externalUrl: string;
  readonly limits: Limits;
  readonly rateLimit: RateLimit | undefined;
  readonly clock: () => number;
}

/** A request as it came. */
export interface Incoming {
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed; undefined without one. A string where the JSON did not parse. */
  readonly body: Param | undefined;
}

interface Target {
  readonly path: string;
  readonly search: string;
}

/** Reads a body as its media type says; JSON that does not parse stays text. */
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

/** Path and query of a request below the install's own path; null = it is for nobody here. */
function targetOf(target: string, basePath: string): Target | null {
  const at = target.indexOf('?');
  const path = at < 0 ? target : target.slice(0, at);
  const search = at < 0 ? '' : target.slice(at);
  if (basePath !== '' && !path.startsWith(`${basePath}/`)) return null;
  return { path: path.slice(basePath.length), search };
}

function paramsOf(incoming: Incoming, search: string, pathParams: Params): Params {
  const { body } = incoming;
  if (typeof body === 'string') {
    throw new ApiFailure(400, { error: 'message body does not match declared format' });
  }
  const fromBody = isHash(body) ? body : {};
  return { ...parseNested(new URLSearchParams(search)), ...fromBody, ...pathParams };
}

/** Counts a request; refuses it beyond the quota, else says what is left where releases say so (§5.1). */
function throttle(instance: Instance, request: Unauthenticated): Record<string, string> {
  const { rateLimit, limits, clock, caps } = instance;
  if (rateLimit === undefined) return {};
  const { name, key } = throttleKey(request);
  const now = clock();
  const observed = limits.hit(`${name} ${key}`, rateLimit.periodMs, now);
  const leftMs = rateLimit.periodMs - (now % rateLimit.periodMs);
  const headers = rateLimitHeaders(name, rateLimit, { observed, resetAt: now + leftMs });
  if (observed <= rateLimit.limit) return caps.rateLimitHeadersAlways ? headers : {};
  throw throttled(headers, Math.ceil(leftMs / 1_000));
}

function answerApi(instance: Instance, incoming: Incoming, target: Target): Reply {
  const { world, caps, externalUrl, limits, clock } = instance;
  const { method, headers } = incoming;
  const match = matchRoute(method, target.path, caps);
  if (match === null) throw noRoute();
  const params = paramsOf(incoming, target.search, match.params);
  const request = { world, caps, method, headers, params };
  const budget = throttle(instance, request);
  const reply = attempt(() => {
    const caller = authenticate(request, match.route);
    const exchange = { ...request, ...target, caller, externalUrl, limits, clock };
    return replyTo(match.route.handle(exchange));
  });
  return { ...reply, headers: { ...budget, ...reply.headers } };
}

function attempt(handle: () => Reply): Reply {
  try {
    return handle();
  } catch (error) {
    return replyToFailure(error instanceof ApiFailure ? error : internalError());
  }
}

/** Carries a request out, in the order of checks of upstream.md §1.1. */
export function dispatch(instance: Instance, incoming: Incoming): Reply {
  const target = targetOf(incoming.target, instance.basePath);
  if (target?.path.startsWith('/api/v3/')) {
    const error = 'API V3 is no longer supported. Use API V4 instead.';
    return replyToFailure(new ApiFailure(410, { error }));
  }
  if (target === null || !target.path.startsWith('/api/')) {
    return replyWithPage(404, 'The page could not be found (404)');
  }
  return attempt(() => answerApi(instance, incoming, target));
}

/** The route a request would take, for the log; '' where GitLab has none. */
export function routeOf(instance: Instance, method: string, target: string): string {
  const { path } = targetOf(target, instance.basePath) ?? { path: '' };
  const match = matchRoute(method, path, instance.caps);
  return match === null ? '' : routeName(match.route);
}
