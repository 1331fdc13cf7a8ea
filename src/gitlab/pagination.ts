import type { Query } from './endpoint.ts';
import { type ErrorOrigin, GitlabResponseError } from './errors.ts';
import { buildCursor, type CursorPosition } from './lists/keyset-cursor.ts';
import { type Call, originOf, type ResponseHead } from './request.ts';
import { type Headers, headerOf, readCount } from './transport/headers.ts';

/** One page of a list, newest row first. */
export interface Page<T> {
  items: T[];
  /**
   * Whether older rows follow. Undefined if this is unknown, for example because a proxy removed
   * the headers. On a keyset page in the direction `newer`, true is not reliable: GitLab sends
   * X-NEXT-CURSOR even if no older rows follow.
   */
  hasNext: boolean | undefined;
  /**
   * Whether newer rows precede. Undefined if this is unknown, for example on a keyset page without
   * X-PREV-CURSOR. On a keyset page in the direction `older`, true is not reliable: GitLab sends
   * X-PREV-CURSOR even if no newer rows precede.
   */
  hasPrevious: boolean | undefined;
  /** Number of rows in the list; undefined if GitLab does not count them (upstream.md §4.1). */
  total: number | undefined;
  /** The call that returned the page, for error messages. */
  origin?: ErrorOrigin | undefined;
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

/**
 * Returns the URL of rel="next" in the Link header. The gateway does not call this URL, because its
 * host is GitLab's external host name, which may differ from the host in GITLAB_URL.
 */
function nextLink(headers: Headers): string | undefined {
  const links = headerOf(headers, 'link');
  if (!links?.includes('next')) return undefined;
  const target = links.split(/,\s*(?=<)/).find((link) => /;\s*rel="?next"?/.test(link));
  return target?.match(/<([^>]*)>/)?.[1];
}

/**
 * Returns the cursor in a keyset page's Link header; undefined if the header names no next page.
 */
export function linkedCursor(headers: Headers): string | undefined {
  const link = nextLink(headers) ?? '';
  return new URLSearchParams(link.slice(link.indexOf('?') + 1)).get('cursor') ?? undefined;
}

/** Returns whether another page follows; undefined if the headers do not show it. */
function isFollowed(request: OffsetRequest, headers: Headers): boolean | undefined {
  const nextPage = headerOf(headers, 'x-next-page');
  if (nextPage !== undefined) return nextPage !== '';
  const total = readCount(headers, 'x-total');
  if (total !== undefined) return request.page * request.perPage < total;
  if (nextLink(headers)) return true;
  // The Link header of every offset page of GitLab contains rel="first". If that is present and
  // rel="next" is missing, this is the last page.
  return /rel="?first/.test(headerOf(headers, 'link') ?? '') ? false : undefined;
}

/**
 * Throws GitlabResponseError for a page that has no rows but names a next page. `hasNext`: whether
 * rows follow in the direction of reading.
 */
export function checkNext(
  { items, hasNext }: Pick<Page<unknown>, 'items' | 'hasNext'>,
  head: ResponseHead,
  call: Call,
): void {
  if (!hasNext || items.length > 0) return;
  const problem = 'a page without rows names a next page';
  throw new GitlabResponseError(problem, head, originOf(call, head));
}

/**
 * Returns a function that builds offset pages from rows and headers. Any of the headers may be
 * missing, because a proxy may have removed them.
 */
export function offsetEnvelope<T>(
  request: OffsetRequest,
): (items: T[], head: ResponseHead, call: Call) => Page<T> {
  return (items, head, call) => {
    const isShort = items.length < request.perPage;
    const hasNext = isFollowed(request, head.headers) ?? (isShort ? false : undefined);
    checkNext({ items, hasNext }, head, call);
    return {
      items,
      hasNext,
      hasPrevious: request.page > 1,
      total: readCount(head.headers, 'x-total'),
      origin: originOf(call, head),
    };
  };
}
