import type { Job } from '../gitlab/rows.ts';
import { compareTexts, groupBy } from '../util/collections.ts';
import { parseJobName } from './derived.ts';

/*
 * Statistics of the finished jobs of a project, computed from rows of the project's list of jobs.
 */

/**
 * Statistics of the jobs with one name. Times are in seconds. A value is null if it cannot be
 * computed.
 */
export interface NameStats {
  name: string;
  runs: number;
  succeeded: number;
  failed: number;
  canceled: number;
  /** Failed runs divided by runs that failed or succeeded, rounded to four decimals. */
  failureRate: number | null;
  /** Number of runs that are retries: an earlier attempt of the job is among the runs, too. */
  retried: number;
  /** Number of pipelines in which a job failed and a later attempt of the job succeeded. */
  flaky: number;
  /** `medianDuration` and `p95Duration` are computed from runs that succeeded. */
  medianDuration: number | null;
  p95Duration: number | null;
  /** `medianQueued` and `p95Queued` are computed from runs that started. */
  medianQueued: number | null;
  p95Queued: number | null;
  lastFailed: Job | null;
  lastRun: Job | null;
}

export interface ProjectStats {
  from: string | null;
  to: string | null;
  jobCount: number;
  pipelineCount: number;
  /** Names with the most failed runs first. Equal numbers are sorted by name. */
  byName: NameStats[];
}

const isNumber = (value: number | null | undefined): value is number => value != null;

/** Sorts the values, without those that are missing. */
const sort = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter(isNumber).sort((a, b) => a - b);

/**
 * Returns the value of rank ⌈q·n⌉ among n sorted values (nearest-rank method); null if there are
 * none.
 */
const percentile = (sorted: readonly number[], q: number): number | null =>
  sorted[Math.ceil(q * sorted.length) - 1] ?? null;

const round = (rate: number) => Math.round(rate * 10_000) / 10_000;

/**
 * Groups runs by pipeline and job name, so that each group has the attempts of one job. A group
 * keeps the order of `runs`. A run without a name or pipeline is a group of its own.
 */
const attemptsOf = (runs: readonly Job[]) => {
  const keyOf = ({ id, name, pipeline }: Job) =>
    JSON.stringify(name != null && pipeline ? [pipeline.id, name] : id);
  return [...groupBy(runs, keyOf).values()];
};

/** Whether an attempt failed and a later one succeeded. `attempts` must be sorted newest first. */
function isFlaky(attempts: readonly Job[]): boolean {
  const lastSuccess = attempts.findIndex(({ status }) => status === 'success');
  return lastSuccess >= 0 && attempts.slice(lastSuccess).some(({ status }) => status === 'failed');
}

/** Computes the statistics of one name from its runs, newest first. */
function statsOf(name: string, runs: readonly Job[]): NameStats {
  const withStatus = (status: string) => runs.filter((run) => run.status === status);
  const [succeeded, failed] = [withStatus('success'), withStatus('failed')];
  const judged = succeeded.length + failed.length;
  const jobs = attemptsOf(runs);
  const flaky = jobs.filter(isFlaky).map(([job]) => String(job?.pipeline?.id));
  const durations = sort(succeeded.map(({ duration }) => duration));
  const started = runs.filter(({ started_at }) => started_at != null);
  const queued = sort(started.map(({ queued_duration }) => queued_duration));
  return {
    name,
    runs: runs.length,
    succeeded: succeeded.length,
    failed: failed.length,
    canceled: withStatus('canceled').length,
    failureRate: judged === 0 ? null : round(failed.length / judged),
    retried: runs.length - jobs.length,
    flaky: new Set(flaky).size,
    medianDuration: percentile(durations, 0.5),
    p95Duration: percentile(durations, 0.95),
    medianQueued: percentile(queued, 0.5),
    p95Queued: percentile(queued, 0.95),
    lastFailed: failed[0] ?? null,
    lastRun: runs[0] ?? null,
  };
}

/**
 * Computes the statistics of `jobs`, which must be sorted newest first. With `byGroup`, parallel
 * and matrix jobs are counted under the name of their group.
 */
export function computeStats(
  jobs: readonly Job[],
  { byGroup }: { byGroup: boolean },
): ProjectStats {
  const nameOf = ({ name }: Job) => (byGroup ? parseJobName(name ?? '').group : (name ?? ''));
  const byName = [...groupBy(jobs, nameOf)].map(([name, runs]) => statsOf(name, runs));
  return {
    from: jobs.at(-1)?.created_at ?? null,
    to: jobs[0]?.created_at ?? null,
    jobCount: jobs.length,
    pipelineCount: new Set(jobs.flatMap(({ pipeline }) => (pipeline ? String(pipeline.id) : [])))
      .size,
    byName: byName.sort((a, b) => b.failed - a.failed || compareTexts(a.name, b.name)),
  };
}
