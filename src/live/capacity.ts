import {
  type CallerCounts,
  createCallerCounts,
  type KnownCredentials,
} from '../gitlab/known-credentials.ts';

/*
 * Limits what polls keep in memory, in total and per credential. A subscription is requested with
 * just an id, but its pipeline may have thousands of jobs.
 */

/**
 * The kind of data that is limited: rows of jobs (about 5 kB each), or the ends of logs (up to 128
 * KiB or more each).
 */
export type Kept = 'jobs' | 'logs';

const limits: Readonly<Record<Kept, { max: number; maxPerCaller: number }>> = {
  jobs: { max: 40_000, maxPerCaller: 20_000 },
  logs: { max: 1_024, maxPerCaller: 512 },
};

/** A poll cannot keep what it has read, because the limit is reached. */
export class LiveCapacityError extends Error {
  override readonly name = 'LiveCapacityError';
}

/** Counts what one poll keeps. */
export interface Holder {
  /**
   * Sets how many rows or logs the poll keeps. Throws LiveCapacityError for a larger number if the
   * limit is already reached.
   */
  hold(kind: Kept, count: number): void;
  /** Call when the poll ends. */
  release(): void;
}

export type Capacity = ReturnType<typeof createCapacity>;

/** Creates the counters of a process. */
export function createCapacity(known: KnownCredentials) {
  const counts: Readonly<Record<Kept, CallerCounts>> = {
    jobs: createCallerCounts({ ...limits.jobs, known }),
    logs: createCallerCounts({ ...limits.logs, known }),
  };
  return {
    count: (kind: Kept) => counts[kind].total(),
    /** Creates the counter of one poll. `digest` is that of the poll's credential. */
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
