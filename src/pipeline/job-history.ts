import type { Job } from '../gitlab/rows.ts';

/** What earlier runs say of a job. */
export interface RunSummary {
  /** The newest earlier run that succeeded. */
  lastSuccess: Job | null;
  /** The failed runs since then, the job itself among them; 0 if the job itself succeeded. */
  failuresInARow: number;
  /** The oldest of these failed runs. */
  firstFailure: Job | null;
}

/** Summarizes the earlier runs of a job, newest first, all of which succeeded or failed. */
export function summarizeRuns(job: Job, earlier: readonly Job[]): RunSummary {
  const at = earlier.findIndex(({ status }) => status === 'success');
  const lastSuccess = earlier[at] ?? null;
  if (job.status === 'success') return { lastSuccess, failuresInARow: 0, firstFailure: null };
  const failed = at < 0 ? earlier : earlier.slice(0, at);
  const all = job.status === 'failed' ? [job, ...failed] : failed;
  return { lastSuccess, failuresInARow: all.length, firstFailure: all.at(-1) ?? null };
}
