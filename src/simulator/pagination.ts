import type { Exchange } from './exchange.ts';
import { paginationNotAllowed } from './failure.ts';
import { type Params, toQuery } from './params.ts';
import { integer, type ParamReader } from './validation.ts';
import type { Capabilities } from './versions.ts';

/** Which page of a list, by number. */
export interface PageParams {
  readonly page: number;
  readonly perPage: number;
}

/** A list to take pages of, in its own order. */
export interface RowSource<T> {
  take(skip: number, count: number): T[];
  count(): number;
}

/** The rows of one page, and the headers that tell of the others. */
export interface RowPage<T> {
  readonly rows: readonly T[];
  readonly headers: Readonly<Record<string, string>>;
}

const maxPerPage = 100;
const maxCounted = 10_000;
const maxOffset = 50_000;

/** `page` and `per_page`, with what the release refuses in them (upstream.md §4.1). */
export function pageParams(reader: ParamReader, caps: Capabilities): PageParams {
  const page = positive(reader, caps, { name: 'page', usual: 1 });
  const isZero = integer({ params: reader.params, problems: [] }, 'per_page') === 0;
  if (isZero) {
    reader.problems.push('per_page has a value not allowed');
    return { page, perPage: 1 };
  }
  return { page, perPage: positive(reader, caps, { name: 'per_page', usual: 20 }) };
}

function positive(
  reader: ParamReader,
  caps: Capabilities,
  { name, usual }: { name: string; usual: number },
): number {
  const value = integer(reader, name) ?? usual;
  if (value >= 1) return value;
  if (caps.strictPages) reader.problems.push(`${name} does not have a valid value`);
  return 1;
}

/** A link to this list with other parameters, on the address GitLab believes to have (§4.1). */
export function listUrl(exchange: Exchange, params: Params): string {
  const query = toQuery({ ...exchange.params, ...params });
  return `${exchange.externalUrl}${exchange.path}?${query}`;
}

function links(exchange: Exchange, pages: Readonly<Record<string, number | null>>, extra: Params) {
  return Object.entries(pages)
    .filter(([, page]) => page !== null)
    .map(([rel, page]) => `<${listUrl(exchange, { ...extra, page })}>; rel="${rel}"`)
    .join(', ');
}

function checkOffset(exchange: Exchange, { page, perPage }: PageParams): void {
  const enforced = exchange.caps.offsetLimit || exchange.limits.enforceOffset;
  if (!enforced || page * perPage <= maxOffset) return;
  throw paginationNotAllowed(
    `Offset pagination has a maximum allowed offset of ${maxOffset} for requests that return objects of type Ci::Build. Remaining records can be retrieved using keyset pagination.`,
  );
}

/** How a list is paged: whether rows are counted, whether depth is limited, what its links name. */
export interface OffsetRules {
  readonly totals: boolean;
  readonly limited?: boolean;
  /** Declared parameters with a default, which GitLab's links spell out. */
  readonly declared?: Params;
}

/**
 * One page by number. Totals are left out above 10,000 rows and on lists that are not counted; the
 * next page is then known from one row more than asked for (§4.1).
 */
export function offsetPage<T>(
  exchange: Exchange,
  source: RowSource<T>,
  { rules, ...asked }: PageParams & { rules: OffsetRules },
): RowPage<T> {
  const { page } = asked;
  const perPage = Math.min(asked.perPage, maxPerPage);
  if (rules.limited === true) checkOffset(exchange, { page, perPage });
  const found = source.take((page - 1) * perPage, perPage + 1);
  const rows = found.slice(0, perPage);
  const next = found.length > perPage ? page + 1 : null;
  const prev = page > 1 ? page - 1 : null;
  const counted = rules.totals ? source.count() : maxCounted + 1;
  const totalPages = counted > maxCounted ? null : Math.max(1, Math.ceil(counted / perPage));
  const extra = { ...rules.declared, per_page: perPage };
  const total =
    totalPages === null ? {} : { 'X-Total': String(counted), 'X-Total-Pages': String(totalPages) };
  return {
    rows,
    headers: {
      Link: links(exchange, { prev, next, first: 1, last: totalPages }, extra),
      'X-Next-Page': String(next ?? ''),
      'X-Page': String(page),
      'X-Per-Page': String(perPage),
      'X-Prev-Page': String(prev ?? ''),
      ...total,
    },
  };
}
