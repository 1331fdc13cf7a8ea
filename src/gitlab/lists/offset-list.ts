import type { OffsetRequest, Page } from '../pagination.ts';
import {
  compareIds,
  MAX_PER_PAGE,
  type PageRequest,
  type PageSlice,
  type WithId,
} from './page-request.ts';

type Fetch<Row> = (page: OffsetRequest) => Promise<Page<Row>>;

/** The pages of one list at one page size, each read once. */
interface Grid<Row> {
  perPage: number;
  page(number: number): Promise<Page<Row>>;
  /** The pages from…to, read side by side (the transport limits how many at a time). */
  pages(from: number, to: number): Promise<Page<Row>[]>;
  /** How many rows the list has, as the latest page said; undefined where GitLab does not count. */
  total(): number | undefined;
}

function createGrid<Row>(fetch: Fetch<Row>, perPage: number): Grid<Row> {
  const read = new Map<number, Promise<Page<Row>>>();
  let total: number | undefined;
  const readPage = async (number: number): Promise<Page<Row>> => {
    const answer = await fetch({ kind: 'offset', page: number, perPage });
    total = answer.total ?? total;
    return answer;
  };
  const page = (number: number): Promise<Page<Row>> => {
    const reading = read.get(number) ?? readPage(number);
    read.set(number, reading);
    return reading;
  };
  const pages = (from: number, to: number) =>
    Promise.all(Array.from({ length: Math.max(0, to - from + 1) }, (_, step) => page(from + step)));
  return { perPage, page, pages, total: () => total };
}

/** The smallest page size of which one page covers the places first…last; 100 where none does. */
function fittingPerPage(first: number, last: number): number {
  for (let size = last - first + 1; size < MAX_PER_PAGE; size++) {
    if (Math.floor(first / size) === Math.floor(last / size)) return size;
  }
  return MAX_PER_PAGE;
}

/** Where a page stands against an anchor: wholly newer, wholly older, or around it. */
function sideOf<Row extends WithId>(page: Page<Row>, id: string): 'newer' | 'older' | 'around' {
  const [first, last] = [page.items[0], page.items.at(-1)];
  if (!first || !last || compareIds(first.id, id) < 0) return 'older';
  return compareIds(last.id, id) >= 0 && page.hasNext ? 'newer' : 'around';
}

/** How many pages the list has, as the latest one said; endless where GitLab does not count. */
function pageCount<Row>(grid: Grid<Row>): number {
  const total = grid.total() ?? Number.POSITIVE_INFINITY;
  return Math.max(1, Math.ceil(total / grid.perPage));
}

/**
 * The number of the page around the anchor, or of the first one after it, starting where the anchor
 * stood: normally one read. Rows that came or went since are made up for by ever larger steps.
 */
async function locate<Row extends WithId>(
  grid: Grid<Row>,
  id: string,
  hint: number,
): Promise<number> {
  let [newer, older, step] = [0, Number.POSITIVE_INFINITY, 1];
  let number = hint;
  while (older - newer > 1) {
    const side = sideOf(await grid.page(number), id);
    if (side === 'around' || (side === 'older' && number === 1)) return number;
    if (side === 'newer') newer = number;
    // Where GitLab counts, a place far beyond the end (of a list that shrank) is given up at once.
    else older = Math.min(number, pageCount(grid) + 1);
    if (older === Number.POSITIVE_INFINITY) number = newer + step;
    else number = newer === 0 ? Math.max(1, older - step) : Math.floor((newer + older) / 2);
    step *= 2;
  }
  return older;
}

/** The number of the last page that has rows: from the total, or by looking for it where GitLab does not count. */
async function lastPage<Row>(grid: Grid<Row>): Promise<number> {
  const first = await grid.page(1);
  const total = grid.total();
  if (total !== undefined) return Math.max(1, Math.ceil(total / grid.perPage));
  let [known, beyond, number] = [1, Number.POSITIVE_INFINITY, first.hasNext ? 2 : 1];
  while (beyond - known > 1) {
    const page = await grid.page(number);
    if (page.items.length > 0 && !page.hasNext) return number;
    if (page.items.length > 0) known = number;
    else beyond = number;
    number = beyond === Number.POSITIVE_INFINITY ? known * 2 : Math.floor((known + beyond) / 2);
  }
  return known;
}

/** Rows of the pages from…to in order; a row that slid onto the next page meanwhile counts once. */
async function rowsOf<Row extends WithId>(
  grid: Grid<Row>,
  from: number,
  to: number,
): Promise<Row[]> {
  const rows = new Map<string, Row>();
  for (const page of await grid.pages(from, to)) {
    for (const row of page.items) if (!rows.has(String(row.id))) rows.set(String(row.id), row);
  }
  return [...rows.values()];
}

/** Where the first such row is; behind the last where none is. */
function placeOf<Row>(rows: readonly Row[], is: (row: Row) => boolean): number {
  const at = rows.findIndex(is);
  return at < 0 ? rows.length : at;
}

/** Where GitLab does not count, no more pages are asked for at once that may not be there: as many as 500 rows take. */
const GUESSED_PAGES = 4;

/** `count` rows older than the anchor, or the newest ones. */
async function readOlder<Row extends WithId>(
  fetch: Fetch<Row>,
  want: PageRequest,
): Promise<PageSlice<Row>> {
  const { cursorRow: anchor, count } = want;
  const hint = Math.max(0, anchor?.index ?? 0);
  const grid = createGrid(fetch, fittingPerPage(hint, hint + count - Number(!anchor)));
  const from = anchor ? await locate(grid, anchor.id, Math.floor(hint / grid.perPage) + 1) : 1;
  const isOlder = (row: Row) => !anchor || compareIds(row.id, anchor.id) < 0;
  let [to, rows] = [from, await rowsOf(grid, from, from)];
  let start = placeOf(rows, isOlder);
  while (rows.length < start + count && (await grid.page(to)).hasNext) {
    const missing = Math.ceil((start + count - rows.length) / grid.perPage);
    const end = Math.min(pageCount(grid), to + missing);
    to = Math.max(to + 1, grid.total() === undefined ? Math.min(end, to + GUESSED_PAGES) : end);
    rows = await rowsOf(grid, from, to);
    start = placeOf(rows, isOlder);
  }
  return {
    rows: rows.slice(start, start + count),
    firstIndex: (from - 1) * grid.perPage + start,
    hasOlder: rows.length > start + count || (await grid.page(to)).hasNext,
    hasNewer: start > 0 || from > 1,
    total: grid.total() ?? null,
  };
}

/** `count` rows newer than the anchor, or the oldest ones. */
async function readNewer<Row extends WithId>(
  fetch: Fetch<Row>,
  want: PageRequest,
): Promise<PageSlice<Row>> {
  const { cursorRow: anchor, count } = want;
  const hint = anchor?.index ?? 0;
  const first = Math.max(0, hint - count);
  const grid = createGrid(fetch, anchor ? fittingPerPage(first, hint) : MAX_PER_PAGE);
  const at = Math.floor(hint / grid.perPage) + 1;
  const to = anchor ? await locate(grid, anchor.id, at) : await lastPage(grid);
  const isBehind = (row: Row) => anchor !== undefined && compareIds(row.id, anchor.id) <= 0;
  let [from, rows] = [to, await rowsOf(grid, to, to)];
  let end = placeOf(rows, isBehind);
  while (end < count && from > 1) {
    from = Math.max(1, from - Math.ceil((count - end) / grid.perPage));
    rows = await rowsOf(grid, from, to);
    end = placeOf(rows, isBehind);
  }
  const start = Math.max(0, end - count);
  return {
    rows: rows.slice(start, end),
    firstIndex: (from - 1) * grid.perPage + start,
    hasOlder: end < rows.length || (await grid.page(to)).hasNext,
    hasNewer: start > 0 || from > 1,
    total: grid.total() ?? null,
  };
}

/**
 * Reads rows of a list that pages by place (upstream.md §4.1): the jobs and bridges of a
 * pipeline, and a project's jobs before GitLab 15.9. The anchor is found again by its id after rows
 * were added or removed; pages beyond the first are read side by side.
 */
export function readOffsetList<Row extends WithId>(
  fetch: Fetch<Row>,
  want: PageRequest,
): Promise<PageSlice<Row>> {
  return want.direction === 'older' ? readOlder(fetch, want) : readNewer(fetch, want);
}

/** How many rows a list has, at the cost of one row; null where GitLab does not count. */
export async function countRows<Row>(fetch: Fetch<Row>): Promise<number | null> {
  return (await fetch({ kind: 'offset', page: 1, perPage: 1 })).total ?? null;
}
