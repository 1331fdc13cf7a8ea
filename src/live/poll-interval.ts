import { GitlabRateLimitError, GitlabStatusError, isGitlabError } from '../gitlab/errors.ts';
import type { Clock } from '../util/clock.ts';

/*
 * How soon to look again. Everything here is a multiple of one interval, which is what a change of
 * something that moves may take to be seen.
 */

/** How lively something is: it moves, waits for its turn, waits for somebody, or is over. */
export type Activity = 'quick' | 'slow' | 'idle' | 'done';

const motions: Readonly<Record<string, Activity>> = {
  running: 'quick',
  canceling: 'quick',
  pending: 'slow',
  preparing: 'slow',
  waiting_for_resource: 'slow',
  waiting_for_callback: 'slow',
  created: 'idle',
  manual: 'idle',
  scheduled: 'idle',
  success: 'done',
  failed: 'done',
  canceled: 'done',
  skipped: 'done',
};

/** How lively a job or pipeline in that status is; one that is newer than this list counts as waiting. */
export function activityOf(status: string | null | undefined): Activity {
  return motions[status ?? ''] ?? 'slow';
}

/** Pauses in intervals. */
const pauses: Readonly<Record<Activity, number>> = { quick: 1, slow: 2.5, idle: 5, done: 5 };

/** With hooks arriving, polling only catches what they miss. */
const BACKSTOP = 8;
/** With little of GitLab's quota left, viewers leave it to those who ask. */
const SPARING = 4;
/**
 * Reads of one thing that hooks ask for begin at least so far apart: five or six a second of what does change.
 * While hooks pour in and reads find nothing new, as with forged ones, the gap doubles up to the interval.
 */
const WAKE_GAP_MS = 180;
const MAX_BACK_OFF_MS = 60_000;
/** Who cannot be told anything for so long is told that. */
const GIVE_UP_MS = 300_000;

/** What a read came to. */
export interface Look {
  activity: Activity;
  /** Whether it was made because somebody said that something had changed. */
  woken: boolean;
  /** Whether something had. */
  changed: boolean;
  /** Whether it found a change that a hook should have announced. */
  announceable: boolean;
  /** Whether something is under way of which no hook tells. */
  unheard: boolean;
  /** A longer pause where a read is dear. */
  leastMs: number;
}

/** The pace of one poll. */
export interface PollInterval {
  /** A read begins. */
  beforeRead(): void;
  /** How long to wait after a read, in ms. */
  afterRead(look: Look): number;
  /** How long to wait after a read that failed; undefined where waiting cannot help. */
  afterFailure(error: unknown): number | undefined;
  /** How long to wait when told that something has changed. */
  onWake(): number;
  /** The same when news may have been missed, which then holds for many: they do not all ask at once. */
  onLoss(): number;
  /** Whether hooks tell of changes here. */
  setHooked(hooked: boolean): void;
  /** Whether what was read last is older than what moves may be. */
  isStale(): boolean;
}

/** What paces are made of. */
export interface PollIntervalOptions {
  clock: Clock;
  /** 0 to 1. */
  random: () => number;
  intervalMs: number;
  /** Whether little of GitLab's quota is left. */
  isScarce(): boolean;
}

/** Seconds GitLab asks to wait; undefined for a failure that will stay. */
function waitAsked(error: unknown): number | undefined {
  if (!isGitlabError(error)) return undefined;
  if (error instanceof GitlabRateLimitError) return error.retryAfterSeconds ?? 0;
  if (!(error instanceof GitlabStatusError)) return 0;
  return error.status >= 500 ? (error.retryAfterSeconds ?? 0) : undefined;
}

/** Starts the pace of one poll. */
export function createPollInterval({
  clock,
  random,
  intervalMs,
  isScarce,
}: PollIntervalOptions): PollInterval {
  let hooked = false;
  let failures = 0;
  let failingSince = 0;
  let closedUntil = 0;
  let beganAt = 0;
  let lastReadAt = Number.NEGATIVE_INFINITY;
  let gapMs = WAKE_GAP_MS;
  /** Whether the last wake came soon after a read. */
  let isCrowded = false;
  const openIn = () => closedUntil - clock.now();
  const sparing = () => (isScarce() ? SPARING : 1);
  const jittered = (ms: number) => ms * (0.8 + 0.4 * random());
  /** When the next read that is asked for may begin. A server that is slow to answer gets a rest, too. */
  const awakeAt = () => {
    const restMs = Math.min(gapMs, lastReadAt - beganAt);
    return Math.max(beganAt + gapMs * sparing(), lastReadAt + restMs);
  };

  return {
    setHooked(value) {
      hooked = value;
    },
    // What was never read is being read.
    isStale: () => Number.isFinite(lastReadAt) && clock.now() - lastReadAt > intervalMs,
    beforeRead() {
      beganAt = clock.now();
    },
    afterRead({ activity: motion, woken, changed, announceable, unheard, leastMs }) {
      failures = 0;
      lastReadAt = clock.now();
      const isVain = woken && isCrowded && !changed;
      gapMs = isVain ? Math.min(intervalMs, gapMs * 2) : WAKE_GAP_MS;
      // Hooks stopped, or do not tell of this: back to looking.
      if (announceable && !woken) hooked = false;
      // What was announced may not be readable yet (a lagging replica), hence one quick look more.
      const factor = hooked && !woken && !unheard ? BACKSTOP : 1;
      const intervals = (woken ? 1 : pauses[motion]) * factor * sparing();
      return jittered(Math.max(intervals * intervalMs, leastMs));
    },
    afterFailure(error) {
      const askedMs = (waitAsked(error) ?? Number.POSITIVE_INFINITY) * 1000;
      const now = clock.now();
      if (failures === 0) failingSince = now;
      if (askedMs > GIVE_UP_MS || now - failingSince >= GIVE_UP_MS) return undefined;
      failures += 1;
      lastReadAt = now;
      closedUntil = now + askedMs;
      gapMs = Math.min(intervalMs, gapMs * 2);
      const backOffMs = Math.min(MAX_BACK_OFF_MS, intervalMs * 2 ** failures);
      return Math.max(askedMs * (1 + 0.1 * random()), jittered(backOffMs));
    },
    onWake() {
      const now = clock.now();
      isCrowded = now - lastReadAt < 2 * gapMs;
      return Math.max(0, awakeAt() - now, openIn());
    },
    onLoss: () => Math.max(random() * intervalMs, openIn()),
  };
}
