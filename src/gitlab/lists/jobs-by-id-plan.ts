/*
 * GitLab has no read by several ids, but its keyset list takes a cursor that can be built: one page
 * behind id hi + 1 has every job of the project from hi down to the page's last row, so each id in
 * between is either on the page or not in the project. This file decides which pages
 * and single reads answer a set of ids of one project at the least cost. Pure.
 */

/**
 * What a call costs besides its rows, counted in rows. An estimate, not a measurement: a call costs
 * GitLab authentication, routing, a place in the queue and one of the caller's rate limit; a row, one
 * more record with its user, commit and runner (2.5 to 4 KB, upstream.md §6). At ten, a window
 * of 100 is worth its page from ten ids on, and no plan reads more than about ten rows for each id.
 */
export const ROWS_PER_CALL = 10;

/** The largest page GitLab gives, and so the widest window. */
const MAX_WINDOW = 100;

/** From how many ids far apart it is worth looking whether they share pages all the same. */
const MIN_SHARED = 5;

/** One keyset page: the rows from `from` downwards, for the sake of `ids`. */
export interface PlannedPage {
  /** The highest id asked for; the cursor is the one after it. */
  from: bigint;
  perPage: number;
  /** Highest first. The page may leave the lower ones open where the project is dense. */
  ids: readonly bigint[];
}

/** Reads that answer ids of one project, to be made side by side. */
export interface Plan {
  pages: readonly PlannedPage[];
  singles: readonly bigint[];
}

/** Groups ids, highest first, so that each group spans less than 100. */
function windowsOf(ids: readonly bigint[]): bigint[][] {
  const windows: bigint[][] = [];
  for (const id of ids) {
    const window = windows.at(-1);
    if (window?.[0] !== undefined && window[0] - id < BigInt(MAX_WINDOW)) window.push(id);
    else windows.push([id]);
  }
  return windows;
}

function pageOf(ids: readonly bigint[], most: number): PlannedPage {
  const [high = 0n, low = high] = [ids[0], ids.at(-1)];
  const span = high - low + 1n;
  const perPage = span < BigInt(most) ? Number(span) : most;
  return { from: high, perPage, ids };
}

/** The most rows that ids are worth: at this many, a page costs what single reads would. */
function rowsWorth(count: number): number {
  return Math.min(MAX_WINDOW, count * ROWS_PER_CALL);
}

/**
 * Plans the reads for ids of one project. Ids that lie close together share a page that is no larger
 * than they are worth; where the ids between belong to other projects, as on a busy server, it
 * reaches far enough all the same. Five or more ids far apart from each other try one shared page,
 * for the same reason. `onlyPages` is for a job token, which may list but not read singly.
 */
export function planReads(wanted: Iterable<bigint>, options: { onlyPages?: boolean } = {}): Plan {
  const ids = [...new Set(wanted)].sort((a, b) => (a < b ? 1 : -1));
  const windows = windowsOf(ids);
  const pages = windows
    .filter((window) => window.length > 1)
    .map((window) => pageOf(window, rowsWorth(window.length)));
  const alone = windows.filter((window) => window.length === 1).flat();
  if (alone.length >= MIN_SHARED)
    return { pages: [...pages, pageOf(alone, rowsWorth(alone.length))], singles: [] };
  if (!options.onlyPages) return { pages, singles: alone };
  return { pages: [...pages, ...alone.map((id) => pageOf([id], 1))], singles: [] };
}

/**
 * What to do with ids that a page left open: another page if that one settled enough of them to be
 * worth its rows, single reads if not.
 */
export function planRest(
  page: PlannedPage,
  open: readonly bigint[],
  options: { onlyPages?: boolean } = {},
): Plan {
  const settled = page.ids.length - open.length;
  const paid = page.perPage <= settled * ROWS_PER_CALL;
  if (paid && open.length > 1)
    return { pages: [pageOf(open, rowsWorth(open.length))], singles: [] };
  if (options.onlyPages) return { pages: open.map((id) => pageOf([id], 1)), singles: [] };
  return { pages: [], singles: open };
}
