import type { Job } from '../gitlab/rows.ts';

/**
 * A summary of the latest runs of a job: jobs of its project with the same name. The newest run is
 * the job itself.
 */
export interface RunSummary {
  /** The newest successful run before the job itself. Null if there is none. */
  lastSuccess: Job | null;
  /**
   * Number of failed runs since `lastSuccess`, including the job itself if it failed. If
   * `lastSuccess` is null, all known failed runs count. 0 if the job succeeded.
   */
  failuresInARow: number;
  /** The oldest run that `failuresInARow` counts; null if it counts none. */
  firstFailure: Job | null;
}

/**
 * Summarizes the runs of a job. `earlier` contains its earlier runs that succeeded or failed,
 * newest first.
 */
export function summarizeRuns(job: Job, earlier: readonly Job[]): RunSummary {
  const at = earlier.findIndex(({ status }) => status === 'success');
  const lastSuccess = earlier[at] ?? null;
  if (job.status === 'success') return { lastSuccess, failuresInARow: 0, firstFailure: null };
  const failed = at < 0 ? earlier : earlier.slice(0, at);
  const all = job.status === 'failed' ? [job, ...failed] : failed;
  return { lastSuccess, failuresInARow: all.length, firstFailure: all.at(-1) ?? null };
}
