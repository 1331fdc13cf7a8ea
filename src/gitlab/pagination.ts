import type { Query } from './endpoint.ts';
import { buildCursor } from './lists/keyset-cursor.ts';
import { type Headers, headerOf } from './transport/headers.ts';

/** One page of a list, newest row first. */
export interface Page<T> {
  items: T[];
  /** Whether older rows follow, as GitLab says. */
  hasNext: boolean;
  /** Whether newer rows come before; undefined where the server does not say (keyset before X-PREV-CURSOR). */
  hasPrevious: boolean | undefined;
  /** How many rows the list has; undefined where GitLab does not count (upstream.md §4.1). */
  total: number | undefined;
}

/** A page by its number, from 1. */
export interface OffsetRequest {
  kind: 'offset';
  page: number;
  perPage: number;
}

/**
 * A page by its neighbour: the nearest rows with id < `id` ('older') or > `id` ('newer'). Without id
 * the newest page ('older') or the oldest ('newer'). `id` need not exist any more.
 */
export interface KeysetRequest {
  kind: 'keyset';
  perPage: number;
  direction: 'older' | 'newer';
  id?: string | undefined;
}

export type RestPageRequest = OffsetRequest | KeysetRequest;

/** The parameters that ask for a page. */
export function toPageQuery(page: RestPageRequest): Query {
  if (page.kind === 'offset') return { page: page.page, per_page: page.perPage };
  const first = page.direction === 'older' && page.id === undefined;
  return {
    pagination: 'keyset',
    per_page: page.perPage,
    order_by: 'id',
    sort: 'desc',
    cursor: first ? undefined : buildCursor(page),
  };
}

/** The target of the Link header's rel="next", which is on GitLab's external host; undefined without one. */
function nextLink(headers: Headers): string | undefined {
  const links = headerOf(headers, 'link');
  if (!links?.includes('next')) return undefined;
  const target = links.split(/,\s*(?=<)/).find((link) => /;\s*rel="?next"?/.test(link));
  return target?.match(/<([^>]*)>/)?.[1];
}

/** The cursor that a keyset page's Link leads on with; undefined on the last page. */
export function linkedCursor(headers: Headers): string | undefined {
  const link = nextLink(headers) ?? '';
  return new URLSearchParams(link.slice(link.indexOf('?') + 1)).get('cursor') ?? undefined;
}

function toCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Reads the envelope of offset pages. X-Next-Page is reliable even where nothing is counted. */
export function offsetEnvelope<T>(
  request: OffsetRequest,
): (items: T[], answer: { headers: Headers }) => Page<T> {
  return (items, { headers }) => {
    const next = headerOf(headers, 'x-next-page');
    const hasLinks = headerOf(headers, 'link') !== undefined;
    // Where a proxy has stripped both, a full page is the best guess.
    const guess = hasLinks ? nextLink(headers) !== undefined : items.length >= request.perPage;
    return {
      items,
      hasNext: next === undefined ? guess : next !== '',
      hasPrevious: request.page > 1,
      total: toCount(headerOf(headers, 'x-total')),
    };
  };
}
