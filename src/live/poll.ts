import type { Gitlab } from '../gitlab/client.ts';
import type { CallBudget } from '../gitlab/request.ts';
import { withTimeout } from '../util/abort.ts';
import type { Clock } from '../util/clock.ts';
import { shareEventLoop } from '../util/event-loop.ts';
import type { Holder } from './capacity.ts';
import type { Activity, PollInterval } from './poll-interval.ts';
import type { ReadShare } from './read-limit.ts';

export interface Resource<State> {
  /** Identifies the resource. There is one poll per credential and key. */
  key: string;
  /**
   * The topic of the resource's change events, such as `job/1001`. Undefined if webhooks do not
   * report the resource, or if a reader must find the topic first (see `listen`).
   */
  topic?: string;
  /** The project's numeric id, or its path if the numeric id is not known. */
  project: string;
  /**
   * Whether the reads count against the read limit of the credential (read-limit.ts).
   * @default false
   */
  isLimited?: boolean;
  open(tools: ReaderTools): ResourceReader<State>;
}

/** Functions that a reader may call. */
interface ReaderTools {
  /**
   * Subscribes this resource to the poll of another resource with the same credential. When the
   * other resource changes, this resource is read.
   */
  watch<Other>(resource: Resource<Other>): { poll: Poll<Other>; leave(): void };
  /**
   * Sets how many rows or logs the reader keeps in memory. Until the poll ends, they count against
   * the limits of capacity.ts.
   */
  hold: Holder['hold'];
  /**
   * Sets the topic of the resource's change events and the numeric id of its project. Needed if the
   * topic is not known before a response of GitLab contains the id.
   */
  listen(topic: string, project: string): void;
}

/** Reads a resource while it has subscribers. */
export interface ResourceReader<State> {
  /**
   * Reads the resource. Returns `before` itself if nothing has changed. `demand` is how much of the
   * resource to read: the highest demand of its subscribers (see `SubscriberOptions.demand`).
   */
  read(gitlab: Gitlab, before: State | undefined, demand: number): Promise<State>;
  activity(state: State): Activity;
  /** Fingerprint of the part of the state that webhooks report when it changes. */
  webhookFingerprint?(state: State): string;
  /**
   * Whether an active part of the resource has no webhooks, such as a trigger job. @default false
   */
  hasUnannouncedActivity?(state: State): boolean;
  /**
   * Minimum pause after the read, in ms. Greater than 0 if the read was expensive, or if a call
   * failed and its error became part of the state. @default 0
   */
  minPauseMs?(state: State): number;
  /**
   * Whether a read of another resource has shown that GitLab responds. If so, an error of the first
   * read ends the poll only if a retry cannot help. @default false
   */
  isReachable?(): boolean;
  close?(): void;
}

/**
 * Runs once and returns the pause before the next run, in ms. `isRescheduled`: the run was
 * requested by `reschedule`. Must not reject.
 */
type Task = (signal: AbortSignal, isRescheduled: boolean) => Promise<number>;

/**
 * Maximum duration of a read. A longer one is aborted, because otherwise an endless response would
 * stop all updates of the resource.
 */
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
    // Each run has its own signal, so that the listeners of a run are garbage-collected with its
    // signal.
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
    /** Changes the time of the next run. While the task runs, schedules one run after it. */
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

/**
 * Why a poll ended. Without `error`, the resource is finished, the last subscriber has left, or the
 * gateway shuts down.
 */
interface Ending {
  error?: unknown;
}

/** A polled resource, read with one credential. Polling runs from the first `join` to `end`. */
export interface Poll<State> {
  /** The result of the last successful read; undefined before the first one. */
  readonly state: State | undefined;
  /** Increases with each change of the state. */
  readonly version: number;
  readonly ending: Ending | undefined;
  /**
   * Adds a subscriber and returns an unsubscribe function. Calls `onChange` on each change and at
   * the end. If the last read is too old, or its demand was lower than `demand`, the resource is
   * read again soon. The default of `demand` is 0 (see `SubscriberOptions.demand`).
   */
  join(onChange: () => void, demand?: number): () => void;
  /**
   * Reads the resource soon. `hasWebhooks`: webhooks report its changes, except those of trigger
   * jobs.
   */
  notify(hasWebhooks?: true): void;
  /**
   * Reads the resource soon. Until the next `notify(true)`, assumes that webhooks do not report its
   * changes.
   */
  onMissedEvents(): void;
  end(ending: Ending): void;
}

/** The members of a poll that subscribers use. */
export type Followed<State> = Pick<Poll<State>, 'state' | 'version' | 'ending' | 'join'>;

interface PollDeps {
  clock: Clock;
  interval: PollInterval;
  /** Limits the reads of this and other polls. @default unlimited */
  limit?: ReadShare | undefined;
  /** Returns a client whose calls are aborted by the signal and charged to the budget. */
  connect(signal: AbortSignal, budget: CallBudget): Gitlab;
  /** Called once, when the poll ends. */
  onEnd(): void;
}

/**
 * Maximum number of calls of one read. A read at the end of a pipeline may request all jobs twice,
 * so 250 calls are enough for about 12,000 jobs. A subscription that needs more jobs may end with
 * an error, because an event with only some of the needed jobs would be misleading.
 */
const MAX_CALLS_PER_READ = 250;

/**
 * Calls subscribers one by one. Other work, such as sending their events, can run between two
 * calls.
 */
async function notifyAll(subscribers: readonly (() => void)[]): Promise<void> {
  for (const subscriber of subscribers) {
    await shareEventLoop();
    subscriber();
  }
}

/** Creates a poll that starts with its first subscriber. */
export function createPoll<State>(reader: ResourceReader<State>, deps: PollDeps): Poll<State> {
  const { clock, interval, limit } = deps;
  /** The subscribers with their demands. */
  const subscribers = new Map<() => void, number>();
  let lastDemand = 0;
  const demand = () => {
    let most = 0;
    for (const one of subscribers.values()) most = Math.max(most, one);
    return most;
  };
  let state: State | undefined;
  let version = 0;
  let ending: Ending | undefined;
  let task: ReturnType<typeof repeat> | undefined;

  const publish = () => void notifyAll([...subscribers.keys()]);
  const end = (reason: Ending) => {
    if (ending) return;
    ending = reason;
    task?.stop();
    reader.close?.();
    deps.onEnd();
    publish();
  };
  /** Whether webhooks report the difference between two states. */
  const isAnnounceable = (before: State | undefined, after: State) =>
    before !== undefined &&
    before !== after &&
    reader.webhookFingerprint?.(before) !== reader.webhookFingerprint?.(after);
  const read = async (gitlab: Gitlab, budget: CallBudget, notified: boolean): Promise<number> => {
    interval.onReadStart();
    const before = state;
    lastDemand = demand();
    const after = await reader.read(gitlab, before, lastDemand);
    if (ending) return 0;
    const changed = before !== after;
    state = after;
    if (changed) version += 1;
    const activity = reader.activity(after);
    if (activity === 'finished' && demand() <= lastDemand) end({});
    else if (changed) publish();
    return interval.afterRead({
      activity,
      notified,
      changed,
      announceable: isAnnounceable(before, after),
      unannounced: reader.hasUnannouncedActivity?.(after) ?? false,
      minPauseMs: reader.minPauseMs?.(after) ?? 0,
      minIntervalMs: limit?.intervalMs() ?? 0,
      calls: budget.max - budget.left,
    });
  };
  /**
   * Records a failed read and returns the pause before the next one, in ms. Ends the poll in two
   * cases:
   * - `interval` returns no pause: a retry cannot help, reads have failed for too long, or GitLab
   *   asks to wait for too long.
   * - No read has succeeded yet, and nothing shows that GitLab responds. So the client learns
   *   immediately that GitLab is down.
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
    const waitMs = limit?.take() ?? 0;
    if (waitMs > 0) {
      // Without `reschedule`, the later run would not count as triggered (by a webhook, for
      // example).
      if (notified) task?.reschedule(() => waitMs);
      return waitMs;
    }
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
    join(onChange, ownDemand = 0) {
      subscribers.set(onChange, ownDemand);
      if (!task) task = repeat(clock, readOrFail);
      else if (ownDemand > lastDemand || interval.isStale(limit?.intervalMs()))
        task.reschedule(interval.afterNotification);
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
