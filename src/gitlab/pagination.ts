import type { Query } from './endpoint.ts';
import { buildCursor, type CursorPosition } from './lists/keyset-cursor.ts';
import { type Headers, headerOf } from './transport/headers.ts';

/** One page of a list, newest row first. */
export interface Page<T> {
  items: T[];
  hasNext: boolean;
  /** Whether newer rows precede; undefined if unknown (keyset pages without X-PREV-CURSOR). */
  hasPrevious: boolean | undefined;
  /** Number of rows in the list; undefined if GitLab does not count them (upstream.md §4.1). */
  total: number | undefined;
}

/** A page by its number, starting at 1. */
export interface OffsetRequest {
  kind: 'offset';
  page: number;
  perPage: number;
}

export interface KeysetRequest extends CursorPosition {
  kind: 'keyset';
  perPage: number;
}

export type RestPageRequest = OffsetRequest | KeysetRequest;

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

/** The target of rel="next" in the Link header, which is on GitLab's external host. */
function nextLink(headers: Headers): string | undefined {
  const links = headerOf(headers, 'link');
  if (!links?.includes('next')) return undefined;
  const target = links.split(/,\s*(?=<)/).find((link) => /;\s*rel="?next"?/.test(link));
  return target?.match(/<([^>]*)>/)?.[1];
}

/** The cursor in a keyset page's Link header; undefined on the last page. */
export function linkedCursor(headers: Headers): string | undefined {
  const link = nextLink(headers) ?? '';
  return new URLSearchParams(link.slice(link.indexOf('?') + 1)).get('cursor') ?? undefined;
}

function toCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * Builds offset pages from their headers. X-Next-Page is reliable even if GitLab does not count
 * rows.
 */
export function offsetEnvelope<T>(
  request: OffsetRequest,
): (items: T[], head: { headers: Headers }) => Page<T> {
  return (items, { headers }) => {
    const next = headerOf(headers, 'x-next-page');
    const hasLinks = headerOf(headers, 'link') !== undefined;
    // If a proxy has stripped both headers, assume that a full page is not the last one.
    const isFollowed = hasLinks ? nextLink(headers) !== undefined : items.length >= request.perPage;
    return {
      items,
      hasNext: next === undefined ? isFollowed : next !== '',
      hasPrevious: request.page > 1,
      total: toCount(headerOf(headers, 'x-total')),
    };
  };
}
