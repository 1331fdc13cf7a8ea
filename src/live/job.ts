import type { JobRef } from '../gitlab/client.ts';
import type { Bridge, Job } from '../gitlab/rows.ts';
import type { Resource } from './poll.ts';
import { activityOf } from './poll-interval.ts';
import type { View } from './subscriber.ts';

/**
 * What of a job counts as a change. Its own ticking clocks do not, nor do those of what came along
 * with it: a runner's last contact, a user's local time.
 */
export function fingerprint(job: Job | Bridge): string {
  const { duration, queued_duration, user, commit, pipeline, ...own } = job;
  const ticks = 'runner' in own ? { runner: own.runner?.id } : {};
  const manager = 'runner_manager' in own ? { runner_manager: own.runner_manager?.id } : {};
  const around = { user: user?.id, commit: commit?.id, pipeline: pipeline?.status };
  // Where it is over, its times stand still and are news like everything else.
  const times = job.finished_at ? { duration, queued_duration } : {};
  return JSON.stringify({ ...own, ...ticks, ...manager, ...around, ...times });
}

/** A job as it changes. */
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
      announced: (job) => job.status,
    }),
  };
}

/** Tells each state of something once. */
export function distinct<State>(): View<State, State> {
  let told: State | undefined;
  return (state) => {
    if (state === told) return undefined;
    told = state;
    return state;
  };
}
