import { compareIds } from '../gitlab/lists/page-request.ts';
import type { AnyJob } from '../gitlab/rows.ts';
import { compareTexts, groupBy } from '../util/collections.ts';
import { mapInSlices } from '../util/event-loop.ts';
import { type CompositeStatus, compositeStatus } from './composite-status.ts';
import { isComplete, parseJobName } from './derived.ts';
import { naturalKeyOf } from './natural-order.ts';
import { toMs } from './times.ts';

/*
 * The stages of a pipeline in GitLab's order. REST does not send this order, so stages are sorted
 * by the smallest id of their jobs (upstream.md §3.11). The order may be wrong if that id belongs
 * to a retry.
 */

/** Jobs of one stage whose names differ only in their parallel or matrix parts. */
export interface Group {
  name: string;
  /** Current attempts, in natural order of their names: "unit 2" before "unit 10". */
  jobs: readonly AnyJob[];
  status: CompositeStatus;
}

export interface Stage {
  name: string;
  /** The position among the stages of the board, from 0. */
  position: number;
  /** False if the position of the stage is uncertain. */
  positionKnown: boolean;
  /** In natural order of their names. */
  groups: readonly Group[];
  /** Current attempts, in the order of `groups`. */
  jobs: readonly AnyJob[];
  status: CompositeStatus;
}

const FIRST = '.pre';
const LAST = '.post';

/**
 * Maximum delay of a trigger job that counts as a first attempt. The delay is the time from the
 * creation of the pipeline to that of the job. A job with a longer delay may be a retry. If rows
 * are missing, CREATION_STEP_MS is used instead.
 */
const CREATION_MS = 60_000;

/**
 * Maximum time between two successive rows that GitLab creates together with their pipeline. A
 * retry is created later, because a job must end first.
 */
const CREATION_STEP_MS = 500;

/**
 * Returns the ms from the creation of the pipeline to that of the row; NaN if either time is
 * missing.
 */
function delayOf({ created_at, pipeline }: AnyJob): number {
  return (toMs(created_at) ?? Number.NaN) - (toMs(pipeline?.created_at) ?? Number.NaN);
}

/**
 * Returns the rows that were certainly created with the pipeline and not by a retry. The first of
 * them was created at most CREATION_STEP_MS after the pipeline, and each other one at most
 * CREATION_STEP_MS after the row before it. `ascending` is sorted by id.
 */
function firstAttempts(ascending: readonly AnyJob[]): ReadonlySet<AnyJob> {
  const delays = ascending.map(delayOf);
  const isClose = (delay: number, at: number) => delay - (delays[at - 1] ?? 0) <= CREATION_STEP_MS;
  const end = delays.findIndex((delay, at) => !isClose(delay, at));
  return new Set(end < 0 ? ascending : ascending.slice(0, end));
}

/** A current job, and the sort keys that determine its position in its stage. */
interface PlacedJob {
  job: AnyJob;
  group: string;
  groupKey: string;
  nameKey: string;
}

function placeOf(job: AnyJob): PlacedJob {
  const name = job.name ?? '';
  const { group } = parseJobName(name);
  const nameKey = naturalKeyOf(name);
  return { job, group, groupKey: group === name ? nameKey : naturalKeyOf(group), nameKey };
}

/**
 * Builds the groups of a stage from its current jobs. `placed` is sorted by id; jobs with equal
 * names stay in this order.
 */
function buildGroups(placed: readonly PlacedJob[]): Promise<Group[]> {
  const groups = [...groupBy(placed, ({ group }) => group)].map(([name, members]) => ({
    name,
    key: members[0]?.groupKey ?? '',
    members,
  }));
  groups.sort((a, b) => compareTexts(a.key, b.key));
  return mapInSlices(groups, ({ name, members }) => {
    members.sort((a, b) => compareTexts(a.nameKey, b.nameKey));
    const jobs = members.map(({ job }) => job);
    return { name, jobs, status: compositeStatus(jobs) };
  });
}

const stageOf = ({ stage }: AnyJob): string => stage ?? '';

const rankOf = (stage: string): number => Number(stage === LAST) - Number(stage === FIRST);

/**
 * Builds the stages of a pipeline in GitLab's order, from all attempts that were read.
 *
 * `positionKnown` is always true for `.pre` and `.post`. For another stage, it is false if the
 * oldest known attempt of the stage may be a retry. There are two cases:
 * - The stage has only trigger jobs, and each of them may be a retry. GitLab does not list retried
 *   trigger jobs, so the first attempt may be missing.
 * - Rows are missing, and no row of the stage was certainly created with the pipeline (see
 *   `firstAttempts`).
 */
export async function buildStages(
  attempts: readonly AnyJob[],
  { areRowsMissing }: { areRowsMissing: boolean },
): Promise<Stage[]> {
  const ascending = [...attempts].sort((a, b) => compareIds(a.id, b.id));
  // If rows are missing, CREATION_MS is too long: a retry in the first minute may be the oldest
  // known row of its stage.
  const first = areRowsMissing ? firstAttempts(ascending) : undefined;
  const isPositionKnown = (stage: string, rows: readonly AnyJob[]) => {
    if (stage === FIRST || stage === LAST) return true;
    if (first) return rows.some((row) => first.has(row));
    return rows.some((row) => row.kind === 'BUILD' || delayOf(row) <= CREATION_MS);
  };
  const current = ascending.filter(({ retried }) => !retried);
  const placed = await mapInSlices(current, placeOf);
  const placedByStage = groupBy(placed, ({ job }) => stageOf(job));
  const stages: Stage[] = [];
  const sorted = [...groupBy(ascending, stageOf)].sort(([a], [b]) => rankOf(a) - rankOf(b));
  for (const [position, [name, rows]] of sorted.entries()) {
    const groups = await buildGroups(placedByStage.get(name) ?? []);
    const jobs = groups.flatMap((group) => group.jobs);
    const positionKnown = isPositionKnown(name, rows);
    stages.push({ name, position, positionKnown, groups, jobs, status: compositeStatus(jobs) });
  }
  return stages;
}

/** Returns the times that are present, the earliest first. */
function inOrder(times: readonly (string | null | undefined)[]): string[] {
  const known = times.flatMap((time) => {
    const ms = toMs(time);
    return time && ms !== undefined ? [{ time, ms }] : [];
  });
  return known.sort((a, b) => a.ms - b.ms).map(({ time }) => time);
}

/** Returns the earliest start of the current jobs of a stage; null if none has started. */
export function stageStart({ jobs }: Stage): string | null {
  return inOrder(jobs.map(({ started_at }) => started_at))[0] ?? null;
}

/**
 * Returns the latest end of the current jobs of a stage. Null if one of them has not ended, or if
 * none has an end time, for example because all were skipped.
 */
export function stageEnd({ jobs }: Stage): string | null {
  if (!jobs.every(({ status }) => isComplete(status))) return null;
  return inOrder(jobs.map(({ finished_at }) => finished_at)).at(-1) ?? null;
}
