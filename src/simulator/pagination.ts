import { type ParamReader, type Params, readInteger, toQuery } from './params.ts';
import { lowerBound, type Row } from './records.ts';
import type { ApiRequest } from './request.ts';
import { type ApiResponse, internalError, paginationNotAllowed } from './responses.ts';
import type { Capabilities } from './versions.ts';

/*
 * Offset and keyset pages, newest row first. Lists are in ascending order of id: pages are read
 * from the end, and the row of a cursor is found by binary search. So no request sorts the jobs of
 * a project, of which there may be 50,000. Only pipelines may have another order (see
 * pipeline-list.ts).
 */

export interface Page<T> {
  readonly rows: readonly T[];
  readonly headers: Readonly<Record<string, string>>;
}

export function pageResponse<T>(
  { rows, headers }: Page<T>,
  serialize: (row: T) => unknown,
): ApiResponse {
  return { status: 200, json: rows.map(serialize), headers };
}

export interface PageParams {
  readonly page: number;
  readonly perPage: number;
}

interface Selection<T> {
  readonly matches: (row: T) => boolean;
  readonly limit: number;
  /** Number of matching rows to skip at the start. */
  readonly skip?: number;
}

/** Returns rows with an id below `id`, newest first. */
function rowsBelow<T extends Row>(rows: readonly T[], id: number, selection: Selection<T>): T[] {
  const { matches, limit } = selection;
  const found: T[] = [];
  let skip = selection.skip ?? 0;
  for (let at = lowerBound(rows, id) - 1; at >= 0 && found.length < limit; at -= 1) {
    const row = rows[at];
    if (row === undefined || !matches(row)) continue;
    if (skip > 0) skip -= 1;
    else found.push(row);
  }
  return found;
}

/** Returns rows with an id above `id`, oldest first. */
function rowsAbove<T extends Row>(rows: readonly T[], id: number, selection: Selection<T>): T[] {
  const { matches, limit } = selection;
  const found: T[] = [];
  for (let at = lowerBound(rows, id + 1); at < rows.length && found.length < limit; at += 1) {
    const row = rows[at];
    if (row !== undefined && matches(row)) found.push(row);
  }
  return found;
}

const maxPerPage = 100;
const maxCountedRows = 10_000;
const maxOffset = 50_000;

/** Reads `page` and `per_page`, and validates them like the simulated release. */
export function readPageParams(reader: ParamReader, caps: Capabilities): PageParams {
  const page = readPositive(reader, caps, { name: 'page', fallback: 1 });
  const isZero = readInteger({ params: reader.params, problems: [] }, 'per_page') === 0;
  if (isZero) {
    reader.problems.push('per_page has a value not allowed');
    return { page, perPage: 1 };
  }
  return { page, perPage: readPositive(reader, caps, { name: 'per_page', fallback: 20 }) };
}

function readPositive(
  reader: ParamReader,
  caps: Capabilities,
  { name, fallback }: { name: string; fallback: number },
): number {
  const value = readInteger(reader, name) ?? fallback;
  if (value >= 1) return value;
  if (caps.strictPages) reader.problems.push(`${name} does not have a valid value`);
  return 1;
}

/**
 * Returns the URL of the list with some parameters replaced. The URL begins with GitLab's external
 * address.
 */
function listUrl(request: ApiRequest, params: Params): string {
  const query = toQuery({ ...request.params, ...params });
  return `${request.externalUrl}${request.path}?${query}`;
}

function linkHeader(
  request: ApiRequest,
  pages: Readonly<Record<string, number | null>>,
  params: Params,
): string {
  return Object.entries(pages)
    .filter(([, page]) => page !== null)
    .map(([rel, page]) => `<${listUrl(request, { ...params, page })}>; rel="${rel}"`)
    .join(', ');
}

function checkMaxOffset(request: ApiRequest, { page, perPage }: PageParams): void {
  const isEnforced = request.caps.offsetLimit || request.limits.enforceOffset;
  if (!isEnforced || page * perPage <= maxOffset) return;
  throw paginationNotAllowed(
    `Offset pagination has a maximum allowed offset of ${maxOffset} for requests that return objects of type Ci::Build. Remaining records can be retrieved using keyset pagination.`,
  );
}

/** The page to read, and what GitLab supports for this list. */
export interface OffsetOptions<T> extends PageParams {
  readonly matches: (row: T) => boolean;
  /** Whether the response contains the number of all rows. It never does above 10,000 rows. */
  readonly totals: boolean;
  /** Whether GitLab's limit of 50,000 rows exists for this list (see `checkMaxOffset`). */
  readonly limited?: boolean;
  /**
   * Parameters of the list, with the values of the request or their defaults. GitLab adds them to
   * the links of the response, even if the request does not contain them.
   */
  readonly declared?: Params;
}

/**
 * Returns a page by number. Reads one row more than requested to know whether a next page exists.
 */
export function offsetPage<T extends Row>(
  request: ApiRequest,
  list: readonly T[],
  options: OffsetOptions<T>,
): Page<T> {
  const { page, matches } = options;
  const perPage = Math.min(options.perPage, maxPerPage);
  if (options.limited === true) checkMaxOffset(request, { page, perPage });
  const selection = { matches, skip: (page - 1) * perPage, limit: perPage + 1 };
  const found = rowsBelow(list, Number.POSITIVE_INFINITY, selection);
  const next = found.length > perPage ? page + 1 : null;
  const prev = page > 1 ? page - 1 : null;
  const total = options.totals ? list.filter(matches).length : Number.POSITIVE_INFINITY;
  const totalPages = total > maxCountedRows ? null : Math.max(1, Math.ceil(total / perPage));
  const params = { ...options.declared, per_page: perPage };
  return {
    rows: found.slice(0, perPage),
    headers: {
      Link: linkHeader(request, { prev, next, first: 1, last: totalPages }, params),
      'X-Next-Page': String(next ?? ''),
      'X-Page': String(page),
      'X-Per-Page': String(perPage),
      'X-Prev-Page': String(prev ?? ''),
      ...(totalPages !== null && {
        'X-Total': String(total),
        'X-Total-Pages': String(totalPages),
      }),
    },
  };
}

/**
 * The start of a keyset page. With the id null, the page contains the newest rows or, if
 * `backward`, the oldest.
 */
interface Cursor {
  readonly id: number | null;
  readonly backward: boolean;
}

/** Encodes a cursor like GitLab: compact JSON in padded URL-safe base64 (upstream.md §4.2). */
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

/** Decodes a cursor. Throws 500 for an invalid one, like GitLab's paginator (upstream.md §4.2). */
function decodeCursor(text: string): Cursor {
  const isPadded = text.includes('=');
  if (!/^[\w-]+={0,2}$/.test(text) || (isPadded && text.length % 4 !== 0)) throw internalError();
  const value = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw internalError();
  const { id, _kd: direction, ...rest } = value as Record<string, unknown>;
  const isValid = Object.keys(rest).length === 0 && (id === undefined || /^\d+$/.test(String(id)));
  if (!isValid) throw internalError();
  return { id: id === undefined ? null : Number(id), backward: direction === 'p' };
}

function cursorOf(params: Params): Cursor {
  const text = params['cursor'];
  if (text === undefined || text === null || text === '') return { id: null, backward: false };
  if (typeof text !== 'string') throw internalError();
  return decodeCursor(text);
}

export const wantsKeyset = (params: Params): boolean => params['pagination'] === 'keyset';

/**
 * Throws 405 if the release is older than 15.9, or if the order is not newest first (upstream.md
 * §4.2).
 */
function checkKeysetOrder({ params, caps }: ApiRequest): void {
  const orderBy = params['order_by'] ?? 'id';
  const sort = params['sort'] ?? 'desc';
  if (caps.keyset && orderBy === 'id' && sort === 'desc') return;
  throw paginationNotAllowed('Keyset pagination is not yet available for this type of request');
}

/**
 * Returns a page that starts at a cursor, with the newest row first in both directions. `Link`
 * contains only the next page. Newer releases send the cursors of both directions in headers
 * (upstream.md §4.2).
 */
export function keysetPage<T extends Row>(
  request: ApiRequest,
  list: readonly T[],
  { perPage, matches }: { perPage: number; matches: (row: T) => boolean },
): Page<T> {
  checkKeysetOrder(request);
  const { id, backward } = cursorOf(request.params);
  const selection = { matches, limit: perPage + 1 };
  const found = backward
    ? rowsAbove(list, id ?? Number.NEGATIVE_INFINITY, selection)
    : rowsBelow(list, id ?? Number.POSITIVE_INFINITY, selection);
  const hasMore = found.length > perPage;
  const rows = found.slice(0, perPage);
  if (backward) rows.reverse();
  const [newest] = rows;
  const oldest = rows.at(-1);
  if (newest === undefined || oldest === undefined) return { rows, headers: {} };
  const isFirst = id === null;
  const hasNext = backward ? !isFirst : hasMore;
  const hasPrev = backward ? hasMore : !isFirst;
  const next = hasNext ? encodeCursor(oldest.id, 'n') : null;
  const prev = hasPrev ? encodeCursor(newest.id, 'p') : null;
  return { rows, headers: keysetHeaders(request, { next, prev, perPage }) };
}

function keysetHeaders(
  request: ApiRequest,
  { next, prev, perPage }: { next: string | null; prev: string | null; perPage: number },
): Record<string, string> {
  const page = request.params['page'] ?? 1;
  const params = { page, per_page: perPage, cursor: next };
  const link = next === null ? {} : { Link: `<${listUrl(request, params)}>; rel="next"` };
  if (!request.caps.cursorHeaders) return link;
  return {
    ...link,
    ...(next !== null && { 'X-NEXT-CURSOR': next }),
    ...(prev !== null && { 'X-PREV-CURSOR': prev }),
  };
}
