import type { GitlabError } from '../gitlab/errors.ts';
import { compareIds } from '../gitlab/lists/page-request.ts';
import type { AnyJob, Bridge, Job } from '../gitlab/rows.ts';
import { compareTexts, groupBy } from '../util/collections.ts';
import { mapInSlices } from '../util/event-loop.ts';
import { isRetryable } from './derived.ts';
import { buildStages, type Group, type Stage } from './stages.ts';
import { toStatus } from './statuses.ts';

/*
 * A board shows a pipeline as its page in GitLab does, with stages, groups and jobs. It is computed
 * from the REST rows of the jobs and trigger jobs, without further calls to GitLab.
 */

export type { AnyJob, Group, Stage };

/** A part of a board that is missing. */
export interface BoardGap {
  /** BRIDGES: all trigger jobs. MORE_JOBS: some rows of the jobs or of the trigger jobs. */
  part: 'BRIDGES' | 'MORE_JOBS';
  /**
   * Why rows could not be read: a call to GitLab failed, or the call budget was used up. Undefined
   * if the only reason is `limit`: the pipeline has, or may have, more rows.
   */
  error?: GitlabError | undefined;
  /** For MORE_JOBS: the maximum number of rows that were taken from each list. */
  limit?: number | undefined;
}

/** The rows from which a board is built. */
export interface BoardRows {
  /** All attempts, newest first. */
  jobs: readonly Job[];
  /** Newest first. GitLab does not list retried trigger jobs. */
  bridges: readonly Bridge[];
  /** Whether `bridges` is complete. `gaps` does not show this: MORE_JOBS may be only for `jobs`. */
  hasAllBridges: boolean;
  /** At most one for each part. Empty if all rows were read. */
  gaps: readonly BoardGap[];
  /**
   * The board of these rows, set by `buildBoard`. It is not in a WeakMap, because V8 would keep the
   * rows of many operations until the next full garbage collection (docs/performance.md).
   */
  board?: Promise<Board>;
  /** Results of `limitRows`, by `maxJobs`. */
  limited?: Map<number, BoardRows>;
}

/** A board. Each of its jobs has the members `attempts` and `retried`. */
export interface Board {
  stages: readonly Stage[];
  /** Current attempts, in the order of `stages`. */
  jobs: readonly AnyJob[];
  /** All attempts and trigger jobs, in no particular order. */
  attempts: readonly AnyJob[];
  gaps: readonly BoardGap[];
}

/**
 * Returns the key of a job. Rows with equal keys are attempts of one job. A row without a name is a
 * job of its own.
 */
const keyOf = ({ kind, name, id }: AnyJob): string =>
  name == null ? `${kind} id ${id}` : `${kind} name ${name}`;

/**
 * Returns copies of the rows of one pipeline, in the same order, with `attempts` and `retried`. The
 * copies of one job share one list `attempts`, oldest first. Rows with equal kind and name are
 * attempts of one job, because names of jobs are unique in a pipeline (upstream.md §3.11).
 */
export async function attemptsOf<Row extends AnyJob>(rows: readonly Row[]): Promise<Row[]> {
  const jobs = new Map<string, Row[]>();
  const copies = await mapInSlices(rows, (row) => {
    const key = keyOf(row);
    const attempts = jobs.get(key) ?? [];
    jobs.set(key, attempts);
    // The row itself must not change, because it may come from a cache.
    const copy = { ...row, attempts, retried: false };
    attempts.push(copy);
    return copy;
  });
  for (const attempts of jobs.values()) {
    // A retry creates a row with a greater id.
    attempts.sort((a, b) => compareIds(a.id, b.id));
    for (const attempt of attempts.slice(0, -1)) attempt.retried = true;
  }
  return copies;
}

/**
 * Returns the board of a pipeline. Calls with the same `rows` object return the same board, so that
 * all subscribers of an event share it.
 */
export function buildBoard(rows: BoardRows): Promise<Board> {
  rows.board ??= build(rows);
  return rows.board;
}

async function build({ jobs, bridges, gaps }: BoardRows): Promise<Board> {
  const attempts = await attemptsOf<AnyJob>([...jobs, ...bridges]);
  const stages = await buildStages(attempts, {
    // If all trigger jobs are missing (BRIDGES), the other stages are still in GitLab's order.
    areRowsMissing: gaps.some(({ part }) => part === 'MORE_JOBS'),
  });
  return { stages, jobs: stages.flatMap((stage) => stage.jobs), attempts, gaps };
}

/**
 * Counts the current jobs of each status. The largest count comes first; equal counts are sorted by
 * status.
 */
export function statusCounts({ jobs }: Board): { status: string; count: number }[] {
  return [...groupBy(jobs, ({ status }) => toStatus(status))]
    .map(([status, { length: count }]) => ({ status, count }))
    .sort((a, b) => b.count - a.count || compareTexts(a.status, b.status));
}

/**
 * Returns the current jobs that failed: first those that are not allowed to fail, then those that
 * are. Within both kinds, the jobs are in the order of the stages.
 */
export function failedJobs({ jobs }: Board): AnyJob[] {
  return jobs
    .filter(({ status }) => status === 'failed')
    .sort((a, b) => Number(a.allow_failure ?? false) - Number(b.allow_failure ?? false));
}

/**
 * Whether at least one current job failed or was canceled and can be retried. Null if no such job
 * was found, but some jobs are missing.
 */
export function hasRetryableJob({ jobs, gaps }: Board): boolean | null {
  const isFound = jobs.some(
    (job) => (job.status === 'failed' || job.status === 'canceled') && isRetryable(job),
  );
  return isFound || (gaps.length > 0 ? null : false);
}
