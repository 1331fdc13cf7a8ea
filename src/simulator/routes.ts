import type { Route } from './exchange.ts';
import { listRoutes } from './list-routes.ts';
import type { Params } from './params.ts';
import { readRoutes } from './read-routes.ts';
import type { Capabilities } from './versions.ts';
import { writeRoutes } from './write-routes.ts';

/** A route and what its path says. */
export interface Match {
  readonly route: Route;
  readonly params: Params;
}

interface Pattern {
  readonly route: Route;
  readonly names: readonly string[];
  readonly pattern: RegExp;
}

function toPattern(route: Route): Pattern {
  const names = [...route.template.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const source = route.template.replace(/:\w+/g, '([^/]+)');
  return { route, names, pattern: new RegExp(`^/api/v4${source}/?$`) };
}

/* The order of upstream.md §2. No two patterns fit one path, so the order is only for readers. */
const patterns = [...listRoutes, ...readRoutes, ...writeRoutes].map(toPattern);

/** A path's parameter, decoded once: a doubly encoded slash stays a `%2F` (§1.3). */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** How a route is written in a request log: `GET /projects/:id/jobs`. */
export function routeName(route: Route): string {
  return `${route.method} ${route.template}`;
}

/** The route of a path; HEAD is answered by GET. Null = GitLab has no such route. */
export function matchRoute(method: string, path: string, caps: Capabilities): Match | null {
  const wanted = method === 'HEAD' ? 'GET' : method;
  for (const { route, names, pattern } of patterns) {
    const found = route.method === wanted ? pattern.exec(path) : null;
    const isThere = route.capability === undefined || caps[route.capability];
    if (found === null || !isThere) continue;
    const values = found.slice(1).map(decode);
    if (values.includes(null)) return null;
    return { route, params: Object.fromEntries(names.map((name, at) => [name, values[at] ?? ''])) };
  }
  return null;
}
