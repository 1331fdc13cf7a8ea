import { compareIds } from '../gitlab/lists/page-request.ts';
import type { AnyJob } from '../gitlab/rows.ts';
import type { Board } from './board.ts';
import { isComplete } from './derived.ts';
import { toMs, toSeconds } from './times.ts';

/** One attempt on the critical path. Times are in seconds. */
export interface CriticalStep {
  job: AnyJob;
  /**
   * Time from the end of the previous step until GitLab queued the job. For the first step, it
   * starts at the creation of the pipeline.
   */
  idle: number;
  queued: number;
  ran: number;
}

/**
 * How a pipeline spent its time. Durations are in seconds. If no job ran, `criticalPath` is empty
 * and the other members are null.
 */
export interface Timeline {
  startedAt: string | null;
  /** Null while the last job of the critical path runs. */
  finishedAt: string | null;
  /** The sum of `running`, `queued` and `idle`. */
  elapsed: number | null;
  running: number | null;
  queued: number | null;
  idle: number | null;
  /** Oldest first. */
  criticalPath: readonly CriticalStep[];
}

/**
 * An attempt that started. Times are in ms since 1970, durations in ms. `ready` is the time at
 * which GitLab queued the job.
 */
interface Run {
  job: AnyJob;
  ready: number;
  start: number;
  end: number;
  queued: number;
  ran: number;
}

/**
 * Job B can have waited for job A only if A ended before GitLab queued B, or at most this long
 * after that.
 */
const TOLERANCE_MS = 2000;

function toRun(job: AnyJob, now: number): Run[] {
  const start = toMs(job.started_at);
  if (start === undefined) return [];
  const duration = job.duration == null ? undefined : job.duration * 1000;
  const end = toMs(job.finished_at) ?? (isComplete(job.status) ? start + (duration ?? 0) : now);
  const queued = (job.queued_duration ?? 0) * 1000;
  const ran = duration ?? Math.max(0, end - start);
  return [{ job, ready: start - queued, start, end, queued, ran }];
}

/** Returns the number of runs that end at or before `time`. `runs` is sorted by `end`. */
function countUntil(runs: readonly Run[], time: number): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle]?.end ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Creates a set of the integers from 0 to `size`, from which integers can be removed. The method
 * `greatest` takes nearly constant time.
 */
function createCounts(size: number) {
  // An integer of the set links to itself, and a removed integer to a lower one.
  const lower = Array.from({ length: size + 1 }, (_, count) => count);
  return {
    /**
     * Returns the greatest integer in the set that is at most `limit`. The set always contains 0.
     */
    greatest(limit: number): number {
      let count = limit;
      for (let next = lower[count] ?? 0; next !== count; next = lower[count] ?? 0) {
        lower[count] = lower[next] ?? 0;
        count = next;
      }
      return count;
    },
    remove(count: number): void {
      lower[count] = count - 1;
    },
  };
}

/**
 * Returns the critical path, oldest run first. Before each run of the path comes the run that it
 * most likely waited for: the last one that ended before GitLab queued it. Only times are compared,
 * because the REST API does not return `needs`.
 */
function criticalPath(runs: readonly Run[]): Run[] {
  const sorted = [...runs].sort((a, b) => a.end - b.end || compareIds(a.job.id, b.job.id));
  // Number n in this set stands for the run at index n - 1.
  const counts = createCounts(sorted.length);
  const path: Run[] = [];
  let ended = sorted.length;
  for (;;) {
    const count = counts.greatest(ended);
    const run = sorted[count - 1];
    if (!run) return path.reverse();
    counts.remove(count);
    const successor = path.at(-1);
    // Because of TOLERANCE_MS, the search may find a run that started after its successor. Neither
    // the successor nor an earlier run waited for it, so it stays removed.
    if (successor && run.start > successor.start) continue;
    path.push(run);
    ended = countUntil(sorted, run.ready + TOLERANCE_MS);
  }
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

/**
 * Computes the timeline of a pipeline from all attempts of its jobs. `now`, in ms since 1970,
 * counts as the end of running jobs. Without `pipelineCreatedAt`, the first step has no idle time.
 */
export function buildTimeline(
  { attempts }: Pick<Board, 'attempts'>,
  { pipelineCreatedAt, now }: { pipelineCreatedAt: string | null | undefined; now: number },
): Timeline {
  const path = criticalPath(attempts.flatMap((job) => toRun(job, now)));
  const last = path.at(-1);
  if (!last) {
    const nothing = { elapsed: null, running: null, queued: null, idle: null };
    return { startedAt: null, finishedAt: null, ...nothing, criticalPath: [] };
  }
  const idleOf = ({ ready }: Run, at: number) =>
    Math.max(0, ready - (path[at - 1]?.end ?? toMs(pipelineCreatedAt) ?? ready));
  const steps = path.map((run, at) => ({
    job: run.job,
    idle: toSeconds(idleOf(run, at)),
    queued: toSeconds(run.queued),
    ran: toSeconds(run.ran),
  }));
  const total = (name: 'idle' | 'queued' | 'ran') =>
    toSeconds(1000 * sum(steps.map((step) => step[name])));
  const [running, queued, idle] = [total('ran'), total('queued'), total('idle')];
  return {
    startedAt: pipelineCreatedAt ?? null,
    finishedAt: last.job.finished_at ?? null,
    elapsed: toSeconds(1000 * (running + queued + idle)),
    running,
    queued,
    idle,
    criticalPath: steps,
  };
}
