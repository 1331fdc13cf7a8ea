import {
  type CallerCounts,
  createCallerCounts,
  type KnownCredentials,
} from '../gitlab/known-credentials.ts';

/*
 * What polls keep in memory is limited, in total and per credential. Each pipeline may have thousands
 * of jobs, and a subscription needs nothing but an id.
 */

/** What a poll keeps: rows of jobs (about 5 kB each), or the end of a log (up to 128 KiB or more). */
export type Kept = 'jobs' | 'logs';

const limits: Readonly<Record<Kept, { max: number; maxPerCaller: number }>> = {
  jobs: { max: 40_000, maxPerCaller: 20_000 },
  logs: { max: 1_024, maxPerCaller: 512 },
};

/** A poll cannot keep what it has read, because others keep too much. */
export class LiveCapacityError extends Error {
  override readonly name = 'LiveCapacityError';
}

/** Counts what one poll keeps. */
export interface Holder {
  /** Sets the number that the poll keeps. Throws LiveCapacityError if there are too many already. */
  hold(kind: Kept, count: number): void;
  /** Releases all. */
  release(): void;
}

export type Capacity = ReturnType<typeof createCapacity>;

/** Creates the counts of a process. */
export function createCapacity(known: KnownCredentials) {
  const counts: Readonly<Record<Kept, CallerCounts>> = {
    jobs: createCallerCounts({ ...limits.jobs, known }),
    logs: createCallerCounts({ ...limits.logs, known }),
  };
  return {
    count: (kind: Kept) => counts[kind].total(),
    /** Creates the counts of a poll that reads with this credential. */
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
