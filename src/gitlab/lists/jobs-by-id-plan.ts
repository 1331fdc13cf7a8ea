/*
 * Plans the calls that find jobs of one project by id at the lowest cost. GitLab cannot read
 * several ids in one call, but its keyset list accepts a cursor built from any id. The page after
 * the cursor of id n + 1 contains every build of the project from id n down to the page's last row.
 * So an id in this range that is not on the page is no build of the project.
 *
 * The functions have no side effects, because the cost estimate of an operation uses them, too.
 */

/**
 * Estimated fixed cost of a call, in rows. A call costs GitLab authentication, routing, a place in
 * its queue and one unit of the caller's rate limit. A row costs GitLab one record with its user,
 * commit and runner (2.5 to 4 KB, upstream.md §6). With the value 10, a page of 100 rows is planned
 * only for ten ids or more.
 */
export const ROWS_PER_CALL = 10;

/** GitLab's largest page. A page of this size contains all jobs of any 100 consecutive ids. */
const MAX_WINDOW = 100;

/**
 * Minimum number of ids for which one page is tried although no two of them are within MAX_WINDOW.
 * The page may reach several, because most ids in between may belong to other projects. Fewer ids
 * are read one by one.
 */
const MIN_SHARED = 5;

/** One keyset page: the rows from `from` downwards, read to find `ids`. */
export interface PlannedPage {
  /** The highest id to find. The cursor is built from `from + 1`. */
  from: bigint;
  perPage: number;
  /**
   * Highest first. If many other jobs lie between the ids, the page may end before it reaches the
   * lowest ids.
   */
  ids: readonly bigint[];
}

/** Reads that find ids of one project and can run concurrently. */
export interface Plan {
  pages: readonly PlannedPage[];
  singles: readonly bigint[];
}

interface PlanOptions {
  /**
   * Whether to plan only pages: a job token may list jobs, but not read a single one (upstream.md
   * §8).
   */
  onlyPages?: boolean;
}

const sortDescending = (ids: Iterable<bigint>) =>
  [...new Set(ids)].sort((a, b) => (a < b ? 1 : -1));

/**
 * Groups ids (highest first) so that the ids of each group lie within 100 consecutive numbers. One
 * page of 100 rows contains them.
 */
function groupByWindow(ids: readonly bigint[]): bigint[][] {
  const windows: bigint[][] = [];
  for (const id of ids) {
    const window = windows.at(-1);
    if (window?.[0] !== undefined && window[0] - id < BigInt(MAX_WINDOW)) window.push(id);
    else windows.push([id]);
  }
  return windows;
}

function spanOf(ids: readonly bigint[]): bigint {
  const [high = 0n, low = high] = [ids[0], ids.at(-1)];
  return high - low + 1n;
}

/**
 * Plans one page for ids (highest first). Its rows cost at most as much as single reads of the ids.
 */
function pageOf(ids: readonly bigint[]): PlannedPage {
  const most = Math.min(MAX_WINDOW, ids.length * ROWS_PER_CALL);
  const span = spanOf(ids);
  return { from: ids[0] ?? 0n, perPage: span < BigInt(most) ? Number(span) : most, ids };
}

const pagesOfOne = (ids: readonly bigint[]): PlannedPage[] =>
  ids.map((id) => ({ from: id, perPage: 1, ids: [id] }));

/**
 * Splits ids of one project into `pages` and `singles`. Each item of `pages` is a group of ids that
 * one page is sure to cover. Each id of `singles` may need its own call. So the number of items in
 * both lists is the maximum number of calls for reading the ids (see `planReads`). If a page fails,
 * there may be more calls.
 */
export function windowsOf(ids: Iterable<bigint>): { pages: bigint[][]; singles: bigint[] } {
  const pages: bigint[][] = [];
  const singles: bigint[] = [];
  for (const window of groupByWindow(sortDescending(ids))) {
    const isCovered = spanOf(window) <= BigInt(pageOf(window).perPage);
    if (window.length > 1 && isCovered) pages.push(window);
    else singles.push(...window);
  }
  return { pages, singles };
}

/**
 * Plans the reads for ids of one project. Ids within 100 consecutive numbers share a page, which
 * has at most ROWS_PER_CALL rows per id. Five or more ids that are far apart share a page, too: on
 * a busy server, most ids in between belong to other projects, so the page may reach all of the
 * wanted ids.
 */
export function planReads(ids: Iterable<bigint>, options: PlanOptions = {}): Plan {
  const windows = groupByWindow(sortDescending(ids));
  const pages = windows.filter((window) => window.length > 1).map(pageOf);
  const alone = windows.filter((window) => window.length === 1).flat();
  if (alone.length >= MIN_SHARED) return { pages: [...pages, pageOf(alone)], singles: [] };
  if (options.onlyPages) return { pages: [...pages, ...pagesOfOne(alone)], singles: [] };
  return { pages, singles: alone };
}

/**
 * Plans the reads for `open`, the ids that `page` did not reach. They share another page if `page`
 * showed the outcome of at least one id per ROWS_PER_CALL rows. Otherwise each id is read by
 * itself.
 */
export function planRest(
  page: PlannedPage,
  open: readonly bigint[],
  options: PlanOptions = {},
): Plan {
  const answered = page.ids.length - open.length;
  const isWorthIt = page.perPage <= answered * ROWS_PER_CALL;
  if (isWorthIt && open.length > 1) return { pages: [pageOf(open)], singles: [] };
  if (options.onlyPages) return { pages: pagesOfOne(open), singles: [] };
  return { pages: [], singles: open };
}
