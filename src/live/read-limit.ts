import type { Clock } from '../util/clock.ts';

/*
 * Limits how often the polls of one credential read the lists of jobs of projects. GitLab allows 600
 * reads of these lists a minute for a user (upstream.md §5.2); the limit is a tenth of that, so that
 * queries can use the rest.
 */

const MAX_PER_PERIOD = 60;
const PERIOD_MS = 60_000;

/** One poll among those that share the limit. */
export interface ReadShare {
  /**
   * Returns 0 and counts a read, or how long the poll must wait, in ms. The first read never waits,
   * because a subscriber waits for it.
   */
  take(): number;
  /** The poll interval at which all polls together stay within the limit. */
  intervalMs(): number;
  /** Call once, when the poll ends. */
  leave(): void;
}

/** The reads and polls of one credential. */
interface Reads {
  polls: number;
  /** Start times of the reads of the last period, the oldest first. */
  startedAt: number[];
}

/** Creates the limits of all credentials. */
export function createReadLimits(clock: Clock) {
  const byCredential = new Map<string, Reads>();
  return {
    /** Adds a poll of the credential. */
    join(digest: string): ReadShare {
      const reads = byCredential.get(digest) ?? { polls: 0, startedAt: [] };
      byCredential.set(digest, reads);
      reads.polls += 1;
      let isFirst = true;
      return {
        take() {
          const now = clock.now();
          reads.startedAt = reads.startedAt.filter((time) => now - time < PERIOD_MS);
          const { startedAt } = reads;
          const [oldest = now] = startedAt.slice(-MAX_PER_PERIOD);
          if (startedAt.length >= MAX_PER_PERIOD && !isFirst) return oldest + PERIOD_MS - now;
          isFirst = false;
          startedAt.push(now);
          return 0;
        },
        intervalMs: () => reads.polls * (PERIOD_MS / MAX_PER_PERIOD),
        leave() {
          reads.polls -= 1;
          if (reads.polls === 0) byCredential.delete(digest);
        },
      };
    },
  };
}
