import type { Gitlab } from '../gitlab/client.ts';
import type { CallBudget } from '../gitlab/request.ts';
import { withTimeout } from '../util/abort.ts';
import type { Clock } from '../util/clock.ts';
import { shareEventLoop } from '../util/event-loop.ts';
import type { Activity, PollInterval } from './poll-interval.ts';

export interface Resource<State> {
  /** Identifies the resource; there is one poll per credential and key. */
  key: string;
  /** The topic of its change events, such as `job/1001`; undefined if webhooks do not report it. */
  topic?: string;
  /** The project's number, or its path if the server left the number out. */
  project: string;
  open(tools: ReaderTools): ResourceReader<State>;
}

/** What a reader may use besides the client of each read. */
interface ReaderTools {
  /** Joins the caller's poll of another resource, whose changes then trigger reads of this one. */
  watch<Other>(resource: Resource<Other>): { poll: Poll<Other>; leave(): void };
}

/** Reads a resource while it has subscribers. */
export interface ResourceReader<State> {
  /** Returns `before` itself if nothing has changed. */
  read(gitlab: Gitlab, before: State | undefined): Promise<State>;
  activity(state: State): Activity;
  /** Fingerprint of the part of the state whose changes webhooks report. */
  webhookFingerprint?(state: State): string;
  /** Whether a part of the resource is active that webhooks do not report. @default false */
  hasUnannouncedActivity?(state: State): boolean;
  /** Minimum pause after an expensive read. @default 0 */
  minPauseMs?(state: State): number;
  /** Whether another read has shown that the caller may read it. @default false */
  isReachable?(): boolean;
  close?(): void;
}

/** Runs once and returns the pause before the next run in ms. Must not reject. */
type Task = (signal: AbortSignal, isRescheduled: boolean) => Promise<number>;

/** A read that takes longer is aborted: an endless response must not delay updates forever. */
const MAX_READ_MS = 120_000;

/** Runs a task immediately, then repeatedly, and never concurrently with itself. */
function repeat(clock: Clock, task: Task) {
  const stopping = new AbortController();
  let isRunning = false;
  let requested: (() => number) | undefined;
  let cancel = () => {};

  const run = async (isRescheduled: boolean) => {
    isRunning = true;
    requested = undefined;
    // Each run has its own signal, so that listeners on it are freed with it.
    const { signal, release } = withTimeout(stopping.signal, MAX_READ_MS);
    const pauseMs = await task(signal, isRescheduled);
    release();
    isRunning = false;
    runAgain(pauseMs);
  };
  const runAgain = (pauseMs: number) => runIn(requested?.() ?? pauseMs, requested !== undefined);
  const runIn = (ms: number, isRescheduled: boolean) => {
    cancel();
    if (stopping.signal.aborted) return;
    cancel = clock.after(ms, () => void run(isRescheduled));
  };

  void run(false);
  return {
    /** Reschedules the next run; while the task runs, schedules one run after it. */
    reschedule(inMs: () => number) {
      if (isRunning) requested = inMs;
      else runIn(inMs(), true);
    },
    /** Aborts the current run and cancels all later ones. */
    stop() {
      cancel();
      stopping.abort(new Error('The poll has no subscribers left.'));
    },
  };
}

/** Why a poll ended: the resource is finished (no error), or cannot be read any more. */
interface Ending {
  error?: unknown;
}

/** A polled resource, read with one credential. Polling runs while it has subscribers. */
export interface Poll<State> {
  /** The result of the last read; undefined before the first. */
  readonly state: State | undefined;
  /** Increases with each change of the state. */
  readonly version: number;
  readonly ending: Ending | undefined;
  /** Adds a subscriber, called on each change and at the end. Returns an unsubscribe function. */
  join(onChange: () => void): () => void;
  /** Reads soon. `hasWebhooks` says that webhooks report changes of this resource. */
  notify(hasWebhooks?: true): void;
  /** Reads soon, and stops relying on webhooks. */
  onMissedEvents(): void;
  end(ending: Ending): void;
}

interface PollDeps {
  clock: Clock;
  interval: PollInterval;
  /** Returns a client whose calls are aborted by the signal and charged to the budget. */
  connect(signal: AbortSignal, budget: CallBudget): Gitlab;
  /** Called once. */
  onEnd(): void;
}

/**
 * The calls of one read. A pipeline of about 12,000 jobs can be read twice, as needed at its end;
 * a larger one ends its subscriptions with an error, since a part of it would be misleading.
 */
const MAX_CALLS_PER_READ = 250;

/** Calls subscribers; other work, such as their responses, runs in between. */
async function notifyAll(subscribers: readonly (() => void)[]): Promise<void> {
  for (const subscriber of subscribers) {
    subscriber();
    await shareEventLoop();
  }
}

/** Creates a poll that starts with its first subscriber. */
export function createPoll<State>(reader: ResourceReader<State>, deps: PollDeps): Poll<State> {
  const { clock, interval } = deps;
  const subscribers = new Set<() => void>();
  let state: State | undefined;
  let version = 0;
  let ending: Ending | undefined;
  let task: ReturnType<typeof repeat> | undefined;

  const publish = () => void notifyAll([...subscribers]);
  const end = (reason: Ending) => {
    if (ending) return;
    ending = reason;
    task?.stop();
    reader.close?.();
    deps.onEnd();
    publish();
  };
  /** Whether webhooks should have announced a change. */
  const isAnnounceable = (before: State | undefined, after: State) =>
    before !== undefined &&
    before !== after &&
    reader.webhookFingerprint?.(before) !== reader.webhookFingerprint?.(after);
  const read = async (gitlab: Gitlab, budget: CallBudget, notified: boolean): Promise<number> => {
    interval.onReadStart();
    const before = state;
    const after = await reader.read(gitlab, before);
    if (ending) return 0;
    const changed = before !== after;
    state = after;
    if (changed) version += 1;
    const activity = reader.activity(after);
    if (activity === 'finished') end({});
    else if (changed) publish();
    return interval.afterRead({
      activity,
      notified,
      changed,
      announceable: isAnnounceable(before, after),
      unannounced: reader.hasUnannouncedActivity?.(after) ?? false,
      minPauseMs: reader.minPauseMs?.(after) ?? 0,
      calls: budget.max - budget.left,
    });
  };
  /**
   * Ends the poll with an error that a retry cannot mend. As long as GitLab has answered nothing,
   * every error ends it: the client learns immediately that GitLab is down.
   */
  const fail = (error: unknown, { max, left, answered = 0 }: CallBudget): number => {
    const isStart = version === 0;
    const isReachable = !isStart || answered > 0 || reader.isReachable?.();
    const pauseMs = isReachable
      ? interval.afterFailure(error, { isStart, calls: max - left })
      : undefined;
    if (pauseMs === undefined) end({ error });
    return pauseMs ?? 0;
  };
  const readOrFail: Task = async (signal, notified) => {
    const budget = { max: MAX_CALLS_PER_READ, left: MAX_CALLS_PER_READ };
    try {
      return await read(deps.connect(signal, budget), budget, notified);
    } catch (error) {
      return fail(error, budget);
    }
  };

  return {
    get state() {
      return state;
    },
    get version() {
      return version;
    },
    get ending() {
      return ending;
    },
    join(onChange) {
      subscribers.add(onChange);
      if (!task) task = repeat(clock, readOrFail);
      else if (interval.isStale()) task.reschedule(interval.afterNotification);
      return () => {
        if (subscribers.delete(onChange) && subscribers.size === 0) end({});
      };
    },
    notify(hasWebhooks) {
      if (hasWebhooks) interval.setHasWebhooks(true);
      if (!ending) task?.reschedule(interval.afterNotification);
    },
    onMissedEvents() {
      interval.setHasWebhooks(false);
      if (!ending) task?.reschedule(interval.afterMissedEvents);
    },
    end,
  };
}
