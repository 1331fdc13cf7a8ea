import type { JobRef } from '../gitlab/client.ts';
import type { Bridge, Job } from '../gitlab/rows.ts';
import { isActive } from '../pipeline/derived.ts';
import type { Resource } from './poll.ts';
import { activityOf } from './poll-interval.ts';
import type { View } from './subscriber.ts';

interface Members {
  readonly [name: string]: unknown;
}

/**
 * The only member of these nested objects that is compared. Their other members may change while
 * the job does not, such as `contacted_at` of a runner manager.
 */
const COMPARED_MEMBERS = new Map([
  ['user', 'id'],
  ['commit', 'id'],
  ['pipeline', 'status'],
  ['runner', 'id'],
  ['runner_manager', 'id'],
]);

/** Members that may grow between two reads while a job is unfinished. */
const DURATIONS = ['duration', 'queued_duration'];

/** Whether two values of JSON are equal, including the order of their members. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Whether a job has not changed between two reads. Ignores the durations of an unfinished job and
 * the members in `ignored`. Compares only one member of some nested objects (COMPARED_MEMBERS). An
 * absent member equals one that is undefined.
 */
export function isSameJob(
  before: Job | Bridge,
  after: Job | Bridge,
  ignored: readonly string[] = [],
): boolean {
  // After a 304, the ETag cache returns the same row objects.
  if (before === after) return true;
  const [old, current] = [before as Members, after as Members];
  const isSame = (name: string): boolean => {
    const [a, b] = [old[name], current[name]];
    if (a === b || ignored.includes(name)) return true;
    if (DURATIONS.includes(name)) return !after.finished_at;
    const compared = COMPARED_MEMBERS.get(name);
    if (!compared) return isEqual(a, b);
    return (a as Members | null)?.[compared] === (b as Members | null)?.[compared];
  };
  return (
    Object.keys(current).every(isSame) &&
    Object.keys(old).every((name) => Object.hasOwn(current, name) || isSame(name))
  );
}

/** Whether the status of a job is `canceling` or active, for example `running` or `pending`. */
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
        return before && isSameJob(before, job) ? before : job;
      },
      activity: (job) => activityOf(job.status),
      webhookFingerprint: (job) => job.status,
    }),
  };
}

/**
 * Creates the view of one subscriber (subscriber.ts). It returns each state as an event, but skips
 * a state that is the same object as the last one.
 */
export function distinct<State>(): View<State, State> {
  let sent: State | undefined;
  return (state) => {
    if (state === sent) return undefined;
    sent = state;
    return state;
  };
}
