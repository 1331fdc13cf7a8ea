import {
  type CallerCounts,
  createCallerCounts,
  type KnownCredentials,
} from '../gitlab/known-credentials.ts';

/*
 * Limits what polls keep in memory, in total and per credential. A poll reads one resource of
 * GitLab repeatedly for its subscribers. A limit is necessary, because one subscription to a large
 * pipeline can make a poll keep thousands of jobs.
 */

/**
 * The kind of data that is limited:
 * - `jobs`: rows of jobs, about 5 kB each;
 * - `logs`: the ends of logs. The more logs are kept, the less is kept of each.
 */
export type Kept = 'jobs' | 'logs';

const limits: Readonly<Record<Kept, { max: number; maxPerCaller: number }>> = {
  jobs: { max: 40_000, maxPerCaller: 20_000 },
  logs: { max: 1_024, maxPerCaller: 512 },
};

/** Thrown if a poll cannot keep what it reads, because the limit is reached. */
export class LiveCapacityError extends Error {
  override readonly name = 'LiveCapacityError';
}

/** Counts what one poll keeps in memory. */
export interface Holder {
  /**
   * Sets how many rows or logs the poll keeps. Throws LiveCapacityError if the number grows
   * although the limit is already reached.
   */
  hold(kind: Kept, count: number): void;
  /** Sets all numbers to 0. Call it when the poll ends. */
  release(): void;
}

export type Capacity = ReturnType<typeof createCapacity>;

/** Creates the counters that all polls of a process share. */
export function createCapacity(known: KnownCredentials) {
  const counts: Readonly<Record<Kept, CallerCounts>> = {
    jobs: createCallerCounts({ ...limits.jobs, known }),
    logs: createCallerCounts({ ...limits.logs, known }),
  };
  return {
    count: (kind: Kept) => counts[kind].total(),
    /** Creates the counter of one poll. `digest` identifies the poll's credential. */
    createHolder(digest: string): Holder {
      const held: Record<Kept, number> = { jobs: 0, logs: 0 };
      const set = (kind: Kept, count: number) => {
        counts[kind].change(digest, count - held[kind]);
        held[kind] = count;
      };
      return {
        hold(kind, count) {
          if (count > held[kind] && counts[kind].isFull(digest)) {
            throw new LiveCapacityError(`Subscriptions keep too many ${kind} in memory.`);
          }
          set(kind, count);
        },
        release() {
          set('jobs', 0);
          set('logs', 0);
        },
      };
    },
  };
}
