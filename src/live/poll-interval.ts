import type { KnownStatus } from '../pipeline/statuses.ts';
import { createFailures, type FailuresOptions } from './failures.ts';

/*
 * Decides when to poll next. The poll interval is `intervalMs`, the interval of an active resource,
 * times a factor. The interval is longer after an expensive or failed read.
 */

/** Activity level of a job or pipeline; selects the poll interval. */
export type Activity = 'active' | 'waiting' | 'idle' | 'finished';

const activities: Readonly<Record<string, Activity>> = {
  running: 'active',
  canceling: 'active',
  pending: 'waiting',
  preparing: 'waiting',
  waiting_for_resource: 'waiting',
  waiting_for_callback: 'waiting',
  created: 'idle',
  manual: 'idle',
  scheduled: 'idle',
  success: 'finished',
  failed: 'finished',
  canceled: 'finished',
  skipped: 'finished',
} satisfies Record<KnownStatus, Activity>;

/** Returns the activity for a status; `waiting` if the status is unknown. */
export function activityOf(status: string | null | undefined): Activity {
  return activities[status ?? ''] ?? 'waiting';
}

const intervalFactors: Readonly<Record<Activity, number>> = {
  active: 1,
  waiting: 2.5,
  idle: 5,
  finished: 5,
};

/**
 * Multiplies the interval if the project has webhooks, because polling then only has to find
 * changes that webhooks miss. Not applied after a read that was triggered, for example by a
 * webhook. Not applied while an active part of the resource has no webhooks, such as a trigger job.
 */
const WEBHOOK_FACTOR = 8;
/**
 * Multiplies the interval if little of the credential's rate limit at GitLab is left, so that
 * queries can use what is left.
 */
const SCARCE_FACTOR = 4;
/**
 * Minimum time between the starts of two reads that webhooks trigger, in ms. After a failed read,
 * the time doubles, up to `intervalMs`. It also doubles after frequent webhooks without a change,
 * because such webhooks may be forged.
 */
const MIN_GAP_MS = 180;
/**
 * A read of more calls than this is followed by a minimum pause: 50 ms for each further call. So
 * the poll of a pipeline with thousands of jobs makes only about 20 calls per second.
 */
const CHEAP_CALLS = 10;
const PAUSE_PER_CALL_MS = 50;

/** The outcome of a successful read. */
export interface ReadOutcome {
  activity: Activity;
  /** Whether the read was triggered by something other than the schedule, such as a webhook. */
  notified: boolean;
  changed: boolean;
  /** Whether the read found a change of the kind that webhooks report. */
  announceable: boolean;
  /** Whether an active part of the resource has no webhooks, such as a trigger job. */
  unannounced: boolean;
  /**
   * Minimum pause after the read, in ms. Greater than 0 if a long log was read, or if a call failed
   * and its error became part of the state. If the read made many calls, the longer of this pause
   * and the pause for the calls applies.
   */
  minPauseMs: number;
  /** Minimum poll interval, in ms. WEBHOOK_FACTOR and SCARCE_FACTOR multiply it, too. */
  minIntervalMs: number;
  /** Number of calls to GitLab that the read made. */
  calls: number;
}

export type PollInterval = ReturnType<typeof createPollInterval>;

export interface PollIntervalOptions extends FailuresOptions {
  /** Whether little of the credential's rate limit at GitLab is left. */
  isScarce(): boolean;
}

const pauseAfterCalls = (calls: number) => Math.max(0, calls - CHEAP_CALLS) * PAUSE_PER_CALL_MS;

/** Schedules the reads of one poll. Methods that return a number return ms from now. */
export function createPollInterval(options: PollIntervalOptions) {
  const { clock, random, intervalMs, isScarce } = options;
  const failures = createFailures(options);
  let hasWebhooks = false;
  let readStartedAt = 0;
  let readEndedAt = Number.NEGATIVE_INFINITY;
  let gapMs = MIN_GAP_MS;
  /** Minimum pause after the last read, in ms. Also applies to reads after a webhook. */
  let minPauseMs = 0;
  /** Whether the last trigger, such as a webhook, came soon after a read. */
  let isFrequent = false;
  /**
   * Returns for how many ms from now no read may start, because GitLab asks to wait or the last
   * read made many calls. Zero or negative if a read may start now.
   */
  const blockedMs = () => Math.max(failures.blockedMs(), readEndedAt + minPauseMs - clock.now());
  const scarceFactor = () => (isScarce() ? SCARCE_FACTOR : 1);
  const jitter = (ms: number) => ms * (0.8 + 0.4 * random());
  /**
   * Returns the earliest time at which a webhook may trigger the next read. A slow read is followed
   * by a pause of equal length, at most `gapMs`, so that a slow server can recover.
   */
  const nextNotifiedReadAt = () => {
    const restMs = Math.min(gapMs, readEndedAt - readStartedAt);
    return Math.max(readStartedAt + gapMs * scarceFactor(), readEndedAt + restMs);
  };

  return {
    setHasWebhooks(value: boolean) {
      hasWebhooks = value;
    },
    /**
     * Whether the last read is older than both `intervalMs` and `minMs`. False before the first
     * read has ended.
     */
    isStale: (minMs = 0) =>
      Number.isFinite(readEndedAt) && clock.now() - readEndedAt > Math.max(intervalMs, minMs),
    onReadStart() {
      readStartedAt = clock.now();
    },
    afterRead(outcome: ReadOutcome): number {
      const { activity, notified, changed, announceable, unannounced } = outcome;
      failures.reset();
      readEndedAt = clock.now();
      minPauseMs = Math.max(pauseAfterCalls(outcome.calls), outcome.minPauseMs);
      const isUseless = notified && isFrequent && !changed;
      gapMs = isUseless ? Math.min(intervalMs, gapMs * 2) : MIN_GAP_MS;
      // A scheduled read found the change before a webhook reported it. So webhooks have stopped,
      // or do not report this resource.
      if (announceable && !notified) hasWebhooks = false;
      const factor = hasWebhooks && !notified && !unannounced ? WEBHOOK_FACTOR : 1;
      // After a notification, reads once more soon: a database replica of GitLab that lags behind
      // may not show the change yet.
      const ownMs = (notified ? 1 : intervalFactors[activity]) * intervalMs;
      const pauseMs = Math.max(ownMs, outcome.minIntervalMs) * factor * scarceFactor();
      return Math.max(jitter(Math.max(pauseMs, minPauseMs)), outcome.minPauseMs);
    },
    /**
     * Returns the wait before the next attempt. Undefined if the poll must end with the error.
     * `isStart`: no read has succeeded yet.
     */
    afterFailure(
      error: unknown,
      { calls = 0, isStart = false }: { calls?: number; isStart?: boolean } = {},
    ): number | undefined {
      const pauseMs = failures.record(error, { isStart });
      if (pauseMs === undefined) return undefined;
      readEndedAt = clock.now();
      minPauseMs = pauseAfterCalls(calls);
      gapMs = Math.min(intervalMs, gapMs * 2);
      return Math.max(pauseMs, minPauseMs);
    },
    afterNotification(): number {
      const now = clock.now();
      isFrequent = now - readEndedAt < 2 * gapMs;
      return Math.max(0, nextNotifiedReadAt() - now, blockedMs());
    },
    /**
     * Returns a random time, because all polls miss events at the same time and should not all read
     * at once.
     */
    afterMissedEvents: () => Math.max(random() * intervalMs, blockedMs()),
  };
}
