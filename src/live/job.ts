import { createHash } from 'node:crypto';
import type { JobRef } from '../gitlab/client.ts';
import type { Bridge, Job } from '../gitlab/rows.ts';
import { isActive } from '../pipeline/derived.ts';
import type { Resource } from './poll.ts';
import { activityOf } from './poll-interval.ts';
import type { View } from './subscriber.ts';

/**
 * Returns a string that changes when the job changes. It excludes the durations of an unfinished
 * job. Of the runner, runner manager, user and commit, it includes only the ids, and of the
 * pipeline only the status. Other fields of these objects, such as a runner's contact time, may
 * change while the job does not.
 */
export function fingerprint(job: Job | Bridge): string {
  const { duration, queued_duration, user, commit, pipeline, ...others } = job;
  // A trigger job has neither a runner nor a runner manager.
  const { runner, runner_manager, ...own }: Partial<Job> = others;
  const nested = {
    user: user?.id,
    commit: commit?.id,
    pipeline: pipeline?.status,
    runner: runner?.id,
    runner_manager: runner_manager?.id,
  };
  const durations = job.finished_at ? { duration, queued_duration } : {};
  return JSON.stringify({ ...own, ...nested, ...durations });
}

/** Hash of the job's `fingerprint`. It changes when the job changes. */
export const hashOf = (job: Job | Bridge): string =>
  createHash('sha256').update(fingerprint(job)).digest('base64');

/** Whether a job is active, which includes waiting for a runner, or is being canceled. */
export const isActiveOrCanceling = ({ status }: Pick<Job | Bridge, 'status'>): boolean =>
  isActive(status) || status === 'canceling';

export function jobResource(ref: JobRef): Resource<Job> {
  return {
    key: `job ${ref.project}/${ref.id}`,
    topic: `job/${ref.id}`,
    project: ref.project,
    open: () => ({
      async read(gitlab, before) {
        const job = await gitlab.getJob(ref);
        return before && fingerprint(before) === fingerprint(job) ? before : job;
      },
      activity: (job) => activityOf(job.status),
      webhookFingerprint: (job) => job.status,
    }),
  };
}

/** Creates a view that skips a state if it is the same object as the last one. */
export function distinct<State>(): View<State, State> {
  let sent: State | undefined;
  return (state) => {
    if (state === sent) return undefined;
    sent = state;
    return state;
  };
}
