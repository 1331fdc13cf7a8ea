import { createFailures, type FailuresOptions } from './failures.ts';

/*
 * When to poll next. All intervals are multiples of `intervalMs`, the time within which a change of
 * an active resource is detected.
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
};

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

/** With webhooks, polling only finds what they miss. */
const WEBHOOK_FACTOR = 8;
/** Used when little of GitLab's quota is left, so that queries can use it. */
const SCARCE_FACTOR = 4;
/**
 * Minimum gap between reads that are triggered by webhooks. While many webhooks arrive and reads find
 * no change (as with forged ones), the gap doubles, up to `intervalMs`.
 */
const MIN_GAP_MS = 180;
/**
 * A read of many calls, such as that of a pipeline with thousands of jobs, is followed by a pause of
 * 50 ms for each call beyond the first ten: at most 20 calls per second in the long run.
 */
const CHEAP_CALLS = 10;
const PAUSE_PER_CALL_MS = 50;

/** What a successful read found. */
export interface ReadOutcome {
  activity: Activity;
  /** Whether the read was triggered by a notification. */
  notified: boolean;
  changed: boolean;
  /** Whether it found a change that a webhook should have announced. */
  announceable: boolean;
  /** Whether something is active that webhooks do not report. */
  unannounced: boolean;
  /** Minimum pause, for reads that are expensive. */
  minPauseMs: number;
  /** The calls that the read took. */
  calls: number;
}

export type PollInterval = ReturnType<typeof createPollInterval>;

export interface PollIntervalOptions extends FailuresOptions {
  /** Whether little of GitLab's quota is left. */
  isScarce(): boolean;
}

const pauseAfterCalls = (calls: number) => Math.max(0, calls - CHEAP_CALLS) * PAUSE_PER_CALL_MS;

/** Schedules the reads of one poll. All results are in ms from now. */
export function createPollInterval(options: PollIntervalOptions) {
  const { clock, random, intervalMs, isScarce } = options;
  const failures = createFailures(options);
  let hasWebhooks = false;
  let readStartedAt = 0;
  let readEndedAt = Number.NEGATIVE_INFINITY;
  let gapMs = MIN_GAP_MS;
  /** Minimum pause after the last read, because of its calls. */
  let callsPauseMs = 0;
  /** Whether the last notification came soon after a read. */
  let isFrequent = false;
  /** How long no read may start, whatever triggers it. */
  const blockedMs = () => Math.max(failures.blockedMs(), readEndedAt + callsPauseMs - clock.now());
  const scarceFactor = () => (isScarce() ? SCARCE_FACTOR : 1);
  const jitter = (ms: number) => ms * (0.8 + 0.4 * random());
  /** A slow read is followed by a pause as long as the read, so that a slow server can recover. */
  const nextNotifiedReadAt = () => {
    const restMs = Math.min(gapMs, readEndedAt - readStartedAt);
    return Math.max(readStartedAt + gapMs * scarceFactor(), readEndedAt + restMs);
  };

  return {
    setHasWebhooks(value: boolean) {
      hasWebhooks = value;
    },
    /** Whether the last read is older than `intervalMs`; false before the first one has ended. */
    isStale: () => Number.isFinite(readEndedAt) && clock.now() - readEndedAt > intervalMs,
    onReadStart() {
      readStartedAt = clock.now();
    },
    afterRead(outcome: ReadOutcome): number {
      const { activity, notified, changed, announceable, unannounced } = outcome;
      failures.reset();
      readEndedAt = clock.now();
      callsPauseMs = pauseAfterCalls(outcome.calls);
      const isUseless = notified && isFrequent && !changed;
      gapMs = isUseless ? Math.min(intervalMs, gapMs * 2) : MIN_GAP_MS;
      // Webhooks have stopped, or do not report this resource.
      if (announceable && !notified) hasWebhooks = false;
      const factor = hasWebhooks && !notified && !unannounced ? WEBHOOK_FACTOR : 1;
      // A lagging replica may not show the announced change yet, hence one more read soon.
      const intervals = (notified ? 1 : intervalFactors[activity]) * factor * scarceFactor();
      return jitter(Math.max(intervals * intervalMs, outcome.minPauseMs, callsPauseMs));
    },
    /** Undefined if the poll ends with the error. `isStart`: nothing has been read so far. */
    afterFailure(
      error: unknown,
      { calls = 0, isStart = false }: { calls?: number; isStart?: boolean } = {},
    ): number | undefined {
      const pauseMs = failures.record(error, { isStart });
      if (pauseMs === undefined) return undefined;
      readEndedAt = clock.now();
      callsPauseMs = pauseAfterCalls(calls);
      gapMs = Math.min(intervalMs, gapMs * 2);
      return Math.max(pauseMs, callsPauseMs);
    },
    afterNotification(): number {
      const now = clock.now();
      isFrequent = now - readEndedAt < 2 * gapMs;
      return Math.max(0, nextNotifiedReadAt() - now, blockedMs());
    },
    /** Randomized, because all polls miss events at the same time. */
    afterMissedEvents: () => Math.max(random() * intervalMs, blockedMs()),
  };
}
