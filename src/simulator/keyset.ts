import type { Exchange } from './exchange.ts';
import { internalError, paginationNotAllowed } from './failure.ts';
import { type Walk, walkDown, walkUp } from './id-list.ts';
import { listUrl, type RowPage } from './pagination.ts';
import type { Params } from './params.ts';

/** Where a keyset page begins: at an id, or (null) at the list's own end; and which way it goes. */
interface Cursor {
  readonly id: number | null;
  readonly backward: boolean;
}

/** GitLab's cursor: URL-safe base64 with padding of compact JSON (upstream.md §4.2). */
export function encodeCursor(id: number, direction: 'n' | 'p'): string {
  const json = JSON.stringify({ id: String(id), _kd: direction });
  return Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw Object.assign(internalError(), { cause });
  }
}

/** Anything but a cursor of this list raises inside GitLab's paginator, hence 500 (§4.2). */
function decodeCursor(text: string): Cursor {
  const padded = text.includes('=');
  if (!/^[\w-]+={0,2}$/.test(text) || (padded && text.length % 4 !== 0)) throw internalError();
  const value = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw internalError();
  const { id, _kd: direction, ...rest } = value as Record<string, unknown>;
  const isKnown = Object.keys(rest).length === 0 && (id === undefined || /^\d+$/.test(String(id)));
  if (!isKnown) throw internalError();
  return { id: id === undefined ? null : Number(id), backward: direction === 'p' };
}

function cursorOf(params: Params): Cursor {
  const text = params['cursor'];
  if (text === undefined || text === null || text === '') return { id: null, backward: false };
  if (typeof text !== 'string') throw internalError();
  return decodeCursor(text);
}

/** Whether keyset pages are asked for. */
export function wantsKeyset(params: Params): boolean {
  return params['pagination'] === 'keyset';
}

/** Only newest first, and only since 15.9 (§4.2). */
function checkOrder({ params, caps }: Exchange): void {
  const orderBy = params['order_by'] ?? 'id';
  const sort = params['sort'] ?? 'desc';
  if (caps.keyset && orderBy === 'id' && sort === 'desc') return;
  throw paginationNotAllowed('Keyset pagination is not yet available for this type of request');
}

interface Found<T> {
  readonly rows: T[];
  /** A row was seen beyond the page, in the direction of the walk. */
  readonly more: boolean;
}

function find<T extends { readonly id: number }>(
  list: readonly T[],
  cursor: Cursor,
  walk: Walk<T>,
): Found<T> {
  const further = { ...walk, take: walk.take + 1 };
  if (!cursor.backward) {
    const rows = walkDown(list, cursor.id ?? Number.POSITIVE_INFINITY, further);
    return { rows: rows.slice(0, walk.take), more: rows.length > walk.take };
  }
  const rows = walkUp(list, cursor.id ?? Number.NEGATIVE_INFINITY, further);
  return { rows: rows.slice(0, walk.take).reverse(), more: rows.length > walk.take };
}

/**
 * One page from a cursor, newest first whichever way it was walked. `Link` tells of the next page
 * only; newer releases name both cursors in headers (§4.2).
 */
export function keysetPage<T extends { readonly id: number }>(
  exchange: Exchange,
  list: readonly T[],
  { perPage, matches }: { perPage: number; matches: (row: T) => boolean },
): RowPage<T> {
  checkOrder(exchange);
  const cursor = cursorOf(exchange.params);
  const { rows, more } = find(list, cursor, { matches, take: perPage });
  const [newest] = rows;
  const oldest = rows.at(-1);
  if (newest === undefined || oldest === undefined) return { rows, headers: {} };
  const isEdge = cursor.id === null;
  const hasNext = cursor.backward ? !isEdge : more;
  const hasPrev = cursor.backward ? more : !isEdge;
  const next = hasNext ? encodeCursor(oldest.id, 'n') : null;
  const prev = hasPrev ? encodeCursor(newest.id, 'p') : null;
  return { rows, headers: keysetHeaders(exchange, { next, prev, perPage }) };
}

function keysetHeaders(
  exchange: Exchange,
  { next, prev, perPage }: { next: string | null; prev: string | null; perPage: number },
): Record<string, string> {
  const page = exchange.params['page'] ?? 1;
  const params = { page, per_page: perPage, cursor: next };
  const link = next === null ? {} : { Link: `<${listUrl(exchange, params)}>; rel="next"` };
  if (!exchange.caps.cursorHeaders) return link;
  return {
    ...link,
    ...(next === null ? {} : { 'X-NEXT-CURSOR': next }),
    ...(prev === null ? {} : { 'X-PREV-CURSOR': prev }),
  };
}
