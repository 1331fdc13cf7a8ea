/*
 * Plans the keyset pages and single reads that find jobs of one project by id at the lowest cost.
 * GitLab has no read by several ids, but its keyset list accepts a cursor built from any id: the
 * page after id n + 1 has every job of the project from n down to the page's last row. Each id in
 * between is either on that page or not in the project. No side effects, so the cost estimate uses
 * it, too.
 */

/**
 * Fixed cost of a call, in rows. An estimate: a call costs GitLab authentication, routing, a place
 * in its queue and one unit of the caller's rate limit; a row costs one more record with its user,
 * commit and runner (2.5 to 4 KB, upstream.md §6). With ten, a page of 100 rows pays off from ten
 * ids on, and no plan reads more than about ten rows per id.
 */
export const ROWS_PER_CALL = 10;

/** GitLab's largest page, and so the largest span of ids that one page surely covers. */
const MAX_WINDOW = 100;

/** From this many ids that are far apart, one shared page is tried before single reads. */
const MIN_SHARED = 5;

/** One keyset page: the rows from `from` downwards, read to find `ids`. */
export interface PlannedPage {
  /** The highest id; the cursor is built from the one above it. */
  from: bigint;
  perPage: number;
  /** Highest first. A dense project may fill the page before the lower ones are reached. */
  ids: readonly bigint[];
}

/** Independent reads that answer ids of one project. */
export interface Plan {
  pages: readonly PlannedPage[];
  singles: readonly bigint[];
}

interface PlanOptions {
  /** Plan no single reads: a job token may list jobs, but not read one (upstream.md §8). */
  onlyPages?: boolean;
}

const sortDescending = (ids: Iterable<bigint>) =>
  [...new Set(ids)].sort((a, b) => (a < b ? 1 : -1));

/** Groups ids (highest first) so that each group fits into one page of 100 consecutive ids. */
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

/** Plans one page for ids (highest first), of at most as many rows as single reads would cost. */
function pageOf(ids: readonly bigint[]): PlannedPage {
  const most = Math.min(MAX_WINDOW, ids.length * ROWS_PER_CALL);
  const span = spanOf(ids);
  return { from: ids[0] ?? 0n, perPage: span < BigInt(most) ? Number(span) : most, ids };
}

const pagesOfOne = (ids: readonly bigint[]): PlannedPage[] =>
  ids.map((id) => ({ from: id, perPage: 1, ids: [id] }));

/**
 * Splits ids of one project by the calls that they take at most: each group of `pages` is answered
 * by one page whatever the project contains, each of `singles` takes one call of its own. The
 * number of groups and singles is the upper bound on the calls of `planReads`.
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
 * Plans the reads for ids of one project. Ids that are close together share a page of at most
 * ROWS_PER_CALL rows per id. On a busy server most ids in between belong to other projects, so that
 * a page covers more ids than it has rows. For the same reason, five or more ids that are far apart
 * from each other are first read with one shared page.
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
 * Plans the reads for the ids below the last row of a page: another page if this one contained at
 * least one id per ROWS_PER_CALL rows, otherwise single reads.
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
