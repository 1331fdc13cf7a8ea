import type { Job } from '../gitlab/rows.ts';
import { compareTexts, groupBy } from '../util/collections.ts';
import { parseJobName } from './derived.ts';

/*
 * Statistics of the finished jobs of a project, computed from the rows of its list.
 */

/** The statistics of the jobs of one name. Times are in seconds, null if there is no value. */
export interface NameStats {
  name: string;
  runs: number;
  succeeded: number;
  failed: number;
  canceled: number;
  /** Failed runs among those that failed or succeeded, rounded to four decimals. */
  failureRate: number | null;
  /** Runs with an earlier attempt in their pipeline. */
  retried: number;
  /** Pipelines in which a job failed and a later attempt of it succeeded. */
  flaky: number;
  /** Of runs that succeeded. */
  medianDuration: number | null;
  p95Duration: number | null;
  /** Of runs that started. */
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
  /** The names with most failed runs first, equal ones by name. */
  byName: NameStats[];
}

const isNumber = (value: number | null | undefined): value is number => value != null;

/** Sorts the values that are there. */
const sort = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter(isNumber).sort((a, b) => a - b);

/** Returns the value of rank ⌈q·n⌉ among n sorted values (nearest rank): always one of them. */
const percentile = (sorted: readonly number[], q: number): number | null =>
  sorted[Math.ceil(q * sorted.length) - 1] ?? null;

const round = (rate: number) => Math.round(rate * 10_000) / 10_000;

/**
 * Groups runs, newest first, into the attempts of one job in one pipeline. A run whose name or
 * pipeline is not known is no attempt of another job.
 */
const attemptsOf = (runs: readonly Job[]) => {
  const keyOf = ({ id, name, pipeline }: Job) =>
    JSON.stringify(name != null && pipeline ? [pipeline.id, name] : id);
  return [...groupBy(runs, keyOf).values()];
};

/** Whether one of the attempts, newest first, failed and a later one succeeded. */
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
 * Computes the statistics of jobs, newest first. With `byGroup`, parallel and matrix jobs count under
 * the name of their group.
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
