import { compareIds } from '../gitlab/lists/page-request.ts';
import type { AnyJob } from '../gitlab/rows.ts';
import { type CompositeStatus, compositeStatus } from './composite-status.ts';
import { isComplete, parseJobName } from './derived.ts';
import { compareNaturally } from './natural-order.ts';
import { toMs } from './times.ts';

/*
 * The stages of a pipeline, in the order of the smallest id of all attempts in each; `.pre` is first
 * and `.post` last (upstream.md §3.11). The smallest id shows the place of a stage if its row was
 * created with the pipeline. That of a retry does not.
 */

/** Jobs of one stage whose names differ only in their parallel or matrix part. */
export interface Group {
  name: string;
  /** Current attempts, in natural order of their names. */
  jobs: readonly AnyJob[];
  status: CompositeStatus;
}

export interface Stage {
  name: string;
  /** The place among the stages of the board, from 0. */
  position: number;
  /** False if the place of the stage among the others is uncertain. */
  positionKnown: boolean;
  /** In natural order of their names. */
  groups: readonly Group[];
  /** Current attempts, in the order of `groups`. */
  jobs: readonly AnyJob[];
  status: CompositeStatus;
}

const FIRST = '.pre';
const LAST = '.post';

/** A row that is created later than this after its pipeline is a retry. */
const CREATION_MS = 60_000;

/**
 * Maximum time between two rows that GitLab creates together with their pipeline. A retry comes
 * later: before it, GitLab must save the pipeline and a job must end.
 */
const CREATION_STEP_MS = 500;

/** Returns ms between the creation of the pipeline and that of the row; NaN if either is missing. */
function delayOf({ created_at, pipeline }: AnyJob): number {
  return (toMs(created_at) ?? Number.NaN) - (toMs(pipeline?.created_at) ?? Number.NaN);
}

/**
 * Returns the rows that were certainly created with the pipeline. The first one follows the
 * creation of the pipeline, and each other one its predecessor, within CREATION_STEP_MS. Used only
 * if older rows are missing: then even a retry within the first minute may be the oldest row of its
 * stage.
 */
function firstAttempts(ascending: readonly AnyJob[]): ReadonlySet<AnyJob> {
  const delays = ascending.map(delayOf);
  const isClose = (delay: number, at: number) => delay - (delays[at - 1] ?? 0) <= CREATION_STEP_MS;
  const end = delays.findIndex((delay, at) => !isClose(delay, at));
  return new Set(end < 0 ? ascending : ascending.slice(0, end));
}

/** Groups values by key, in the order in which the keys appear. */
function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

const compareJobs = (a: AnyJob, b: AnyJob): number =>
  compareNaturally(a.name ?? '', b.name ?? '') || compareIds(a.id, b.id);

function buildGroups(jobs: readonly AnyJob[]): Group[] {
  const groups = groupBy(jobs, ({ name }) => parseJobName(name ?? '').group);
  return [...groups]
    .map(([name, members]) => {
      const sorted = members.sort(compareJobs);
      return { name, jobs: sorted, status: compositeStatus(sorted) };
    })
    .sort((a, b) => compareNaturally(a.name, b.name));
}

const rankOf = (stage: string): number => Number(stage === LAST) - Number(stage === FIRST);

/**
 * Builds the stages of a pipeline in GitLab's order, from all attempts that were read.
 *
 * `positionKnown` is false if the oldest attempt of a stage may be a retry. There are two cases:
 * - The stage has only trigger jobs, none of which was created with the pipeline. GitLab lists
 * trigger jobs without retried ones.
 * - Rows are missing, and the oldest attempt was not certainly created with the pipeline (see
 * `firstAttempts`).
 *
 * If all trigger jobs are missing, stages that have only trigger jobs are missing, too. The others
 * are still in order.
 */
export function buildStages(
  attempts: readonly AnyJob[],
  { areRowsMissing }: { areRowsMissing: boolean },
): Stage[] {
  const ascending = [...attempts].sort((a, b) => compareIds(a.id, b.id));
  const first = areRowsMissing ? firstAttempts(ascending) : undefined;
  const isPositionKnown = (stage: string, rows: readonly AnyJob[]) => {
    if (stage === FIRST || stage === LAST) return true;
    if (first) return rows.some((row) => first.has(row));
    return rows.some((row) => row.kind === 'BUILD' || delayOf(row) <= CREATION_MS);
  };
  return [...groupBy(ascending, ({ stage }) => stage ?? '')]
    .sort(([a], [b]) => rankOf(a) - rankOf(b))
    .map(([name, rows], position) => {
      const groups = buildGroups(rows.filter(({ retried }) => !retried));
      const jobs = groups.flatMap((group) => group.jobs);
      const positionKnown = isPositionKnown(name, rows);
      return { name, position, positionKnown, groups, jobs, status: compositeStatus(jobs) };
    });
}

/**
 * Returns the first start and the last end of the current jobs of a stage. `startedAt` is null if
 * none has started, `finishedAt` while one is not complete.
 */
export function stageTimes({ jobs }: Stage): {
  startedAt: string | null;
  finishedAt: string | null;
} {
  const inOrder = (times: readonly (string | null | undefined)[]) =>
    times
      .filter((time) => toMs(time) !== undefined)
      .sort((a, b) => Number(toMs(a)) - Number(toMs(b)));
  const isFinished = jobs.every(({ status }) => isComplete(status));
  const ends = isFinished ? inOrder(jobs.map(({ finished_at }) => finished_at)) : [];
  return {
    startedAt: inOrder(jobs.map(({ started_at }) => started_at))[0] ?? null,
    finishedAt: ends.at(-1) ?? null,
  };
}
