import { type GitlabError, isGitlabError } from '../gitlab/errors.ts';
import { createPageReader, pageCount, uniqueRows } from '../gitlab/lists/offset-list.ts';
import { MAX_PER_PAGE } from '../gitlab/lists/page-request.ts';
import type { OffsetRequest, Page } from '../gitlab/pagination.ts';
import type { AnyJob, Bridge, Job } from '../gitlab/rows.ts';
import type { BoardGap, BoardRows } from './board.ts';

type Fetch<Row> = (page: OffsetRequest) => Promise<Page<Row>>;

/** Reads pages of the lists of one pipeline, newest row first. */
export interface BoardLists {
  /** All attempts of all jobs, without trigger jobs. */
  jobs: Fetch<Job>;
  /** Trigger jobs. */
  bridges: Fetch<Bridge>;
}

/** The newest rows of one list of jobs. */
export interface NewestRows<Row> {
  rows: readonly Row[];
  /**
   * Why older rows are missing, or may be missing. Undefined if the rows are certainly complete.
   */
  gap?: BoardGap | undefined;
}

/**
 * Returns the error if the board can be shown in spite of it: a call to GitLab failed, or the call
 * budget is used up. Throws any other error, such as an abort.
 */
function toGapError(error: unknown): GitlabError {
  if (isGitlabError(error)) return error;
  throw error;
}

/**
 * Reads the newest `max` rows of a list. Rejects if the first page cannot be read. If a later page
 * cannot be read, returns the rows of the pages that were read and a gap (see `toGapError`).
 */
export async function readNewestRows<Row extends AnyJob>(
  fetch: Fetch<Row>,
  max: number,
): Promise<NewestRows<Row>> {
  // Pages always have 100 rows, so that reads with different `max` request the same pages.
  const reader = createPageReader(fetch, MAX_PER_PAGE);
  const maxPages = Math.ceil(max / MAX_PER_PAGE);
  const pages = [await reader.page(1)];
  let read = 1;
  let error: GitlabError | undefined;
  // If a full page does not show whether another page follows, the next page is read.
  const isFollowed = () => pages.at(-1)?.hasNext !== false;
  while (isFollowed() && read < maxPages && !error) {
    // Reads all further pages concurrently if the total is known, and otherwise only the next page.
    const last = reader.total() === undefined ? 0 : Math.min(maxPages, pageCount(reader));
    const count = Math.max(1, last - read);
    const reads = Array.from({ length: count }, (_, at) => reader.page(read + 1 + at));
    for (const outcome of await Promise.allSettled(reads)) {
      if (outcome.status === 'fulfilled') pages.push(outcome.value);
      else error ??= toGapError(outcome.reason);
    }
    read += count;
  }
  const rows = uniqueRows(pages);
  const isGap = error !== undefined || isFollowed() || rows.length > max;
  const gap: BoardGap = { part: 'MORE_JOBS', error, limit: max };
  return { rows: rows.slice(0, max), gap: isGap ? gap : undefined };
}

/**
 * Reads the newest `maxJobs` jobs and the newest `maxJobs` trigger jobs of a pipeline. Rejects if
 * the first page of the jobs cannot be read. If another page cannot be read, the result has a gap
 * (see `toGapError`).
 */
export async function readBoardRows(lists: BoardLists, maxJobs: number): Promise<BoardRows> {
  const [jobs, bridges] = await Promise.all([
    readNewestRows(lists.jobs, maxJobs),
    readNewestRows(lists.bridges, maxJobs).catch(
      (error: unknown): NewestRows<Bridge> => ({
        rows: [],
        gap: { part: 'BRIDGES', error: toGapError(error) },
      }),
    ),
  ]);
  return {
    jobs: jobs.rows,
    bridges: bridges.rows,
    hasAllBridges: bridges.gap === undefined,
    gaps: mergeGaps([bridges.gap, jobs.gap]),
  };
}

/** Keeps one gap for each part: the first with an error, otherwise the last. */
function mergeGaps(gaps: readonly (BoardGap | undefined)[]): BoardGap[] {
  const merged = new Map<string, BoardGap>();
  for (const gap of gaps) {
    if (gap && !merged.get(gap.part)?.error) merged.set(gap.part, gap);
  }
  return [...merged.values()];
}

/**
 * Whether the rows are enough for a board of `maxJobs` jobs: no row is missing, or the rows were
 * read with a limit of at least `maxJobs`. The number of rows is not compared, because it can be
 * less than the limit: a row that was on two pages counts once.
 */
export function coversRows({ gaps }: BoardRows, maxJobs: number): boolean {
  // The gap BRIDGES has no limit. It passes, because its cause is an error, not a low limit.
  return gaps.every(({ limit = maxJobs }) => limit >= maxJobs);
}

/** Maximum number of results of `limitRows` that are cached in a `rows` object. */
const MAX_LIMITS = 8;

/**
 * Reduces rows to the newest `maxJobs` jobs and the newest `maxJobs` trigger jobs. The result is
 * cached in `rows`, so that subscribers with equal `maxJobs` share it and the board that is built
 * from it.
 */
export function limitRows(rows: BoardRows, maxJobs: number): BoardRows {
  const { jobs, bridges, hasAllBridges, gaps } = rows;
  if (jobs.length <= maxJobs && bridges.length <= maxJobs) return rows;
  rows.limited ??= new Map();
  const known = rows.limited;
  const existing = known.get(maxJobs);
  if (existing) return existing;
  const limited = {
    jobs: jobs.slice(0, maxJobs),
    bridges: bridges.slice(0, maxJobs),
    hasAllBridges: hasAllBridges && bridges.length <= maxJobs,
    gaps: mergeGaps([...gaps, { part: 'MORE_JOBS', limit: maxJobs }]),
  };
  if (known.size === MAX_LIMITS) known.clear();
  known.set(maxJobs, limited);
  return limited;
}
