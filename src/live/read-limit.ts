import type { Clock } from '../util/clock.ts';

/*
 * Limits how often the polls of one credential read the job lists of projects. GitLab allows a user
 * 600 reads of these lists a minute (upstream.md §5.2). Polls use about a tenth of that, so that
 * queries can use the rest.
 */

const MAX_PER_PERIOD = 60;
const PERIOD_MS = 60_000;
/**
 * Number of reads of a period that may start immediately, for example after webhooks. Further reads
 * are distributed over the rest of the period. Otherwise, one busy project could use up the limit
 * and stop all reads for most of a minute.
 */
const BURST = 30;

/** The share of one poll in the limit of its credential. */
export interface ReadShare {
  /**
   * Returns how long the poll must wait before its read, in ms; 0 if it may read now. Reserves the
   * time of the read, so that polls read in the order of their calls of `take`. The first read of a
   * poll never waits, because a subscriber waits for it.
   */
  take(): number;
  /** Returns the poll interval at which all polls together stay within the limit. */
  intervalMs(): number;
  /** Call once, when the poll ends. */
  leave(): void;
}

/** The reads and polls of one credential. */
interface Reads {
  polls: number;
  /**
   * Start times of reads, earliest first: those of the last period, and those of reads that still
   * wait.
   */
  starts: number[];
}

/**
 * Returns the earliest time at which one more read may start. `starts` has the start times of the
 * credential's other reads, earliest first.
 */
function nextStart(starts: readonly number[], now: number): number {
  const last = starts.at(-1) ?? 0;
  const from = Math.max(now, last);
  const period = starts.filter((time) => from - time < PERIOD_MS);
  if (period.length < BURST) return from;
  const [oldest = 0] = period.slice(-MAX_PER_PERIOD);
  const left = MAX_PER_PERIOD - period.length;
  const untilFreeMs = oldest + PERIOD_MS - from;
  if (left <= 0) return from + untilFreeMs;
  return Math.max(now, last + Math.ceil(untilFreeMs / left));
}

/** Creates the limits of all credentials. */
export function createReadLimits(clock: Clock) {
  const byCredential = new Map<string, Reads>();
  return {
    /** Adds a poll to the polls of a credential. */
    join(digest: string): ReadShare {
      const reads = byCredential.get(digest) ?? { polls: 0, starts: [] };
      byCredential.set(digest, reads);
      reads.polls += 1;
      let isFirst = true;
      /** When this poll may read. Undefined if it has not called `take` since its last read. */
      let startAt: number | undefined;
      return {
        take() {
          const now = clock.now();
          if (startAt === undefined) {
            startAt = isFirst ? now : nextStart(reads.starts, now);
            isFirst = false;
            const known = reads.starts.filter((time) => now - time < PERIOD_MS);
            reads.starts = [...known, startAt].sort((a, b) => a - b);
          }
          const waitMs = startAt - now;
          if (waitMs > 0) return waitMs;
          startAt = undefined;
          return 0;
        },
        intervalMs: () => reads.polls * (PERIOD_MS / MAX_PER_PERIOD),
        leave() {
          if (startAt !== undefined) reads.starts.splice(reads.starts.indexOf(startAt), 1);
          reads.polls -= 1;
          if (reads.polls === 0) byCredential.delete(digest);
        },
      };
    },
  };
}
