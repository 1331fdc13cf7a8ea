import { GitlabMisroutedError } from '../errors.ts';
import type { OffsetRequest, Page } from '../pagination.ts';
import {
  compareIds,
  MAX_PER_PAGE,
  type PageRequest,
  type PageSlice,
  type WithId,
} from './page-request.ts';

type Fetch<Row> = (page: OffsetRequest) => Promise<Page<Row>>;

/**
 * Reads rows of a list with offset pagination (upstream.md §4.1): the jobs and bridges of a
 * pipeline, and a project's pipelines. Also a project's jobs, if keyset pagination does not work.
 * Finds the cursor row by its id, even if rows were added or removed.
 */
export function readOffsetList<Row extends WithId>(
  fetch: Fetch<Row>,
  request: PageRequest,
): Promise<PageSlice<Row>> {
  return request.direction === 'older' ? readOlder(fetch, request) : readNewer(fetch, request);
}

/** Counts the rows of a list by reading one row; null if GitLab does not count them. */
export async function countRows<Row>(fetch: Fetch<Row>): Promise<number | null> {
  return (await fetch({ kind: 'offset', page: 1, perPage: 1 })).total ?? null;
}

type PageReader<Row extends WithId> = ReturnType<typeof createPageReader<Row>>;

/**
 * Maximum number of pages that contain no new row. One such page is normal: if rows are added while
 * pages are read, the older rows move to the next page.
 */
const MAX_REPEATED_PAGES = 1;

/**
 * Returns a check of the pages of one list. It throws GitlabMisroutedError at the second page that
 * contains rows but no new one. Without this check, the gateway would read pages without end if a
 * server or proxy ignores the page number.
 */
function createProgressCheck<Row extends WithId>(): (page: Page<Row>) => void {
  const seen = new Set<string>();
  const add = (rows: readonly Row[]) => {
    for (const { id } of rows) seen.add(String(id));
  };
  let first: readonly Row[] | undefined;
  let repeated = 0;
  return ({ items, origin = { method: 'GET', path: '' } }) => {
    // Most lists have one page, whose rows need no comparison.
    if (!first) {
      first = items;
      return;
    }
    if (seen.size === 0) add(first);
    const known = seen.size;
    add(items);
    if (items.length > 0 && seen.size === known) repeated += 1;
    if (repeated <= MAX_REPEATED_PAGES) return;
    const reason =
      'All pages of a list from GitLab contain the same rows: a proxy may remove the query from its address.';
    throw new GitlabMisroutedError(reason, { status: 200 }, origin);
  };
}

/** Reads pages of one list at a fixed page size. Each page is read only once. */
export function createPageReader<Row extends WithId>(fetch: Fetch<Row>, perPage: number) {
  const read = new Map<number, Promise<Page<Row>>>();
  const checkProgress = createProgressCheck<Row>();
  let total: number | undefined;
  const readPage = async (number: number): Promise<Page<Row>> => {
    const response = await fetch({ kind: 'offset', page: number, perPage });
    checkProgress(response);
    total = response.total ?? total;
    return response;
  };
  const page = (number: number): Promise<Page<Row>> => {
    const reading = read.get(number) ?? readPage(number);
    read.set(number, reading);
    return reading;
  };
  return {
    perPage,
    page,
    /** Reads the pages `from` to `to` concurrently, within the transport's limits. */
    range: (from: number, to: number) =>
      Promise.all(
        Array.from({ length: Math.max(0, to - from + 1) }, (_, step) => page(from + step)),
      ),
    /**
     * Number of rows according to the latest page that contains this number. Undefined if no page
     * contains it, for example because GitLab does not count the rows.
     */
    total: () => total,
    /**
     * Returns whether rows follow a page. If the response does not show this, reads the next page
     * to find out or, with `isExact` false, returns true.
     */
    async isFollowed(number: number, isExact = true): Promise<boolean> {
      const { items, hasNext } = await page(number);
      if (hasNext !== undefined || !isExact) return hasNext ?? true;
      const here = new Set(items.map(({ id }) => String(id)));
      return (await page(number + 1)).items.some(({ id }) => !here.has(String(id)));
    },
  };
}

/**
 * Returns the smallest page size at which one page contains all indexes from `first` to `last`.
 * Returns 100 if no smaller size does.
 */
function fittingPerPage(first: number, last: number): number {
  for (let size = last - first + 1; size < MAX_PER_PAGE; size++) {
    if (Math.floor(first / size) === Math.floor(last / size)) return size;
  }
  return MAX_PER_PAGE;
}

/**
 * Returns where a page is, compared with the position at which the rows older than an id begin:
 * - 'newer': the page ends before this position, and more rows may follow.
 * - 'older': the page begins after this position or directly at it, or is empty.
 * - 'around': the position is inside the page, or the page is the last one.
 */
function sideOf<Row extends WithId>(page: Page<Row>, id: string): 'newer' | 'older' | 'around' {
  const [first, last] = [page.items[0], page.items.at(-1)];
  if (!first || !last || compareIds(first.id, id) < 0) return 'older';
  return compareIds(last.id, id) >= 0 && page.hasNext !== false ? 'newer' : 'around';
}

/** Number of pages; Infinity if GitLab does not count rows. */
export function pageCount<Row extends WithId>(pages: PageReader<Row>): number {
  const total = pages.total() ?? Number.POSITIVE_INFINITY;
  return Math.max(1, Math.ceil(total / pages.perPage));
}

/**
 * Returns the number of the page on which the rows older than `id` begin, or would begin. Starts at
 * page `guess`, so usually reads one page. If rows were added or removed since the guess was made,
 * searches with doubling steps.
 */
async function locate<Row extends WithId>(
  pages: PageReader<Row>,
  id: string,
  guess: number,
): Promise<number> {
  let [newer, older, step] = [0, Number.POSITIVE_INFINITY, 1];
  let number = guess;
  while (older - newer > 1) {
    const side = sideOf(await pages.page(number), id);
    if (side === 'around' || (side === 'older' && number === 1)) return number;
    if (side === 'newer') newer = number;
    // A page beyond the last one is empty, which counts as older. If GitLab counts rows, no page
    // after the last one is read again. Otherwise `pageCount` is infinite.
    else older = Math.min(number, pageCount(pages) + 1);
    if (older === Number.POSITIVE_INFINITY) number = newer + step;
    else number = newer === 0 ? Math.max(1, older - step) : Math.floor((newer + older) / 2);
    step *= 2;
  }
  return older;
}

/** Finds the last page that has rows. Searches for it if GitLab does not count rows. */
async function lastPage<Row extends WithId>(pages: PageReader<Row>): Promise<number> {
  const first = await pages.page(1);
  if (pages.total() !== undefined) return pageCount(pages);
  let [known, beyond, number] = [1, Number.POSITIVE_INFINITY, first.hasNext === false ? 1 : 2];
  while (beyond - known > 1) {
    const page = await pages.page(number);
    if (page.items.length > 0 && page.hasNext === false) return number;
    if (page.items.length > 0) known = number;
    else beyond = number;
    number = beyond === Number.POSITIVE_INFINITY ? known * 2 : Math.floor((known + beyond) / 2);
  }
  return known;
}

/**
 * Returns the rows of pages in order. Removes the duplicate of a row that moved to the next page
 * between two reads.
 */
export function uniqueRows<Row extends WithId>(pages: readonly Page<Row>[]): readonly Row[] {
  const [only] = pages;
  if (only && pages.length === 1) return only.items;
  const rows = new Map<string, Row>();
  for (const { items } of pages) {
    for (const row of items) if (!rows.has(String(row.id))) rows.set(String(row.id), row);
  }
  return [...rows.values()];
}

async function rowsOf<Row extends WithId>(
  pages: PageReader<Row>,
  from: number,
  to: number,
): Promise<readonly Row[]> {
  return uniqueRows(await pages.range(from, to));
}

function indexOf<Row>(rows: readonly Row[], matches: (row: Row) => boolean): number {
  const at = rows.findIndex(matches);
  return at < 0 ? rows.length : at;
}

/**
 * Maximum number of pages to read concurrently if GitLab does not count rows. Some of them may not
 * exist.
 */
const GUESSED_PAGES = 4;

/** Reads `count` rows older than the cursor row. Without a cursor row, reads the newest ones. */
async function readOlder<Row extends WithId>(
  fetch: Fetch<Row>,
  request: PageRequest,
): Promise<PageSlice<Row>> {
  const { cursorRow, count, needsHasNext } = request;
  const index = Math.max(0, cursorRow?.index ?? 0);
  const last = index + count - Number(!cursorRow);
  // If the index of the cursor row is unknown, large pages find the row with the fewest calls.
  const isKnown = !cursorRow || cursorRow.index !== undefined;
  const pages = createPageReader(fetch, isKnown ? fittingPerPage(index, last) : MAX_PER_PAGE);
  const from = cursorRow
    ? await locate(pages, cursorRow.id, Math.floor(index / pages.perPage) + 1)
    : 1;
  const isOlder = (row: Row) => !cursorRow || compareIds(row.id, cursorRow.id) < 0;
  let [to, rows] = [from, await rowsOf(pages, from, from)];
  let start = indexOf(rows, isOlder);
  while (rows.length < start + count && (await pages.page(to)).hasNext !== false) {
    const missing = Math.ceil((start + count - rows.length) / pages.perPage);
    const end = Math.min(pageCount(pages), to + missing);
    to = Math.max(to + 1, pages.total() === undefined ? Math.min(end, to + GUESSED_PAGES) : end);
    rows = await rowsOf(pages, from, to);
    start = indexOf(rows, isOlder);
  }
  return {
    rows: rows.slice(start, start + count),
    firstIndex: (from - 1) * pages.perPage + start,
    hasOlder: rows.length > start + count || (await pages.isFollowed(to, needsHasNext)),
    hasNewer: start > 0 || from > 1,
    total: pages.total() ?? null,
  };
}

/** Reads `count` rows newer than the cursor row. Without a cursor row, reads the oldest ones. */
async function readNewer<Row extends WithId>(
  fetch: Fetch<Row>,
  request: PageRequest,
): Promise<PageSlice<Row>> {
  const { cursorRow, count, needsHasPrevious } = request;
  const index = cursorRow?.index ?? 0;
  const first = Math.max(0, index - count);
  const isKnown = cursorRow?.index !== undefined;
  const pages = createPageReader(fetch, isKnown ? fittingPerPage(first, index) : MAX_PER_PAGE);
  const at = Math.floor(index / pages.perPage) + 1;
  const to = cursorRow ? await locate(pages, cursorRow.id, at) : await lastPage(pages);
  const isAtOrBefore = (row: Row) =>
    cursorRow !== undefined && compareIds(row.id, cursorRow.id) <= 0;
  let [from, rows] = [to, await rowsOf(pages, to, to)];
  let end = indexOf(rows, isAtOrBefore);
  while (end < count && from > 1) {
    from = Math.max(1, from - Math.ceil((count - end) / pages.perPage));
    rows = await rowsOf(pages, from, to);
    end = indexOf(rows, isAtOrBefore);
  }
  const start = Math.max(0, end - count);
  return {
    rows: rows.slice(start, end),
    firstIndex: (from - 1) * pages.perPage + start,
    hasOlder: end < rows.length || (needsHasPrevious && (await pages.isFollowed(to))),
    hasNewer: start > 0 || from > 1,
    total: pages.total() ?? null,
  };
}
