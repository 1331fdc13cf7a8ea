import { setImmediate as othersTurn } from 'node:timers/promises';
import type { Gitlab } from '../gitlab/client.ts';
import type { Clock } from '../util/clock.ts';
import type { Activity, PollInterval } from './poll-interval.ts';

/** Something at GitLab that can be watched. */
export interface Resource<State> {
  /** Its name among all that is watched; the key of one poll per credential. */
  key: string;
  /** What wake-ups call it, such as `job/1001`; undefined where they do not. */
  topic?: string;
  /** The project it belongs to: its number, or its path where a server left the number out. */
  project: string;
  /** Begins to read it. */
  open(tools: ReadingTools): Reading<State>;
}

/** What a reading may use beside the client of each read. */
export interface ReadingTools {
  /** Watches something else of the same caller's, until it leaves. Its changes make this one look, too. */
  watch<Other>(resource: Resource<Other>): { poll: Poll<Other>; leave(): void };
}

/** An act that goes on until it is stopped. */
export interface Repetition {
  /** Acts after that many ms instead of when the pause is over; while acting, once more thereafter. */
  pollNow(inMs: () => number): void;
  /** Ends what is under way, and all that would come. */
  stop(): void;
}

/** Acts once; tells how many ms to wait before the next time. Ends early with the signal. */
export type Act = (signal: AbortSignal, hurried: boolean) => Promise<number>;

/** Acts at once, then again and again: never twice at a time. `act` must not reject. */
export function repeat(clock: Clock, act: Act): Repetition {
  const stopping = new AbortController();
  let acting = false;
  let hurriedBy: (() => number) | undefined;
  let cancel = () => {};

  const run = async (hurried: boolean) => {
    acting = true;
    hurriedBy = undefined;
    // A signal of its own for each act, so that whatever listens to it goes with it.
    const controller = new AbortController();
    const forward = () => controller.abort(stopping.signal.reason);
    stopping.signal.addEventListener('abort', forward, { once: true });
    const pauseMs = await act(controller.signal, hurried);
    stopping.signal.removeEventListener('abort', forward);
    acting = false;
    goOn(pauseMs);
  };
  const goOn = (pauseMs: number) => actIn(hurriedBy?.() ?? pauseMs, hurriedBy !== undefined);
  const actIn = (ms: number, hurried: boolean) => {
    cancel();
    if (stopping.signal.aborted) return;
    cancel = clock.after(ms, () => void run(hurried));
  };

  void run(false);
  return {
    pollNow(inMs) {
      if (acting) hurriedBy = inMs;
      else actIn(inMs(), true);
    },
    stop() {
      cancel();
      stopping.abort(new Error('Nobody watches any more.'));
    },
  };
}

/** How something at GitLab is read again and again, for as long as somebody watches it. */
export interface Reading<State> {
  /** Reads it; gives `before` itself back where nothing has changed. */
  read(gitlab: Gitlab, before: State | undefined): Promise<State>;
  activity(state: State): Activity;
  /** The part of the state whose changes GitLab's hooks announce; undefined where they announce none. */
  announced?(state: State): string;
  /** Whether something is under way of which hooks do not tell, though they tell of the rest. @default false */
  isUnheard?(state: State): boolean;
  /** A pause that what was read makes advisable, in ms. */
  leastPauseMs?(state: State): number;
  /** Nobody watches any more. */
  close?(): void;
}

/** How a poll ended: what was watched is over, or can no more be read. */
export interface Ending {
  error?: unknown;
}

/** One thing being watched on behalf of one credential, however many watch it. */
export interface Poll<State> {
  /** What was read last; undefined before the first read. */
  readonly state: State | undefined;
  /** Grows with each change of the state. */
  readonly version: number;
  readonly ending: Ending | undefined;
  /** Calls back at each change and at the end; answers how to leave. The last to leave ends the poll. */
  join(onNews: () => void): () => void;
  /** Something may have changed: look soon. `hooked` says that hooks tell of such changes. */
  wake(hooked?: true): void;
  /** News may have been missed, and hooks are not to be relied on. */
  onMissedEvents(): void;
  /** Ends it for everybody. */
  end(ending: Ending): void;
}

/** What a poll is made of. */
export interface PollDeps {
  clock: Clock;
  interval: PollInterval;
  /** A client whose calls end with the signal. */
  connect(signal: AbortSignal): Gitlab;
  /** Told once, when it ends. */
  onEnd(): void;
}

/** What one of them makes of the news takes about 0.1 ms. */
const TOLD_AT_ONCE = 64;

/**
 * Tells viewers, so many at once. Between two such groups everybody else has a turn, and what a group's
 * answers were made from is garbage before the next one begins: all at once, thousands would keep it alive.
 */
async function tellAll(viewers: readonly (() => void)[]): Promise<void> {
  for (let at = 0; at < viewers.length; at += TOLD_AT_ONCE) {
    if (at > 0) await othersTurn();
    for (const viewer of viewers.slice(at, at + TOLD_AT_ONCE)) viewer();
  }
}

/** Takes a state over as the latest; tells whether it brought a change that hooks should announce. */
function take<State>(
  kept: { state: State | undefined; version: number },
  state: State,
  announced: Reading<State>['announced'],
): boolean {
  const before = kept.state;
  if (before === state) return false;
  kept.state = state;
  kept.version += 1;
  if (before === undefined || !announced) return false;
  return announced(before) !== announced(state);
}

/** Starts to watch once the first viewer has joined. */
export function createPoll<State>(reading: Reading<State>, deps: PollDeps): Poll<State> {
  const { clock, interval: pace } = deps;
  const viewers = new Set<() => void>();
  const kept = { state: undefined as State | undefined, version: 0 };
  let ending: Ending | undefined;
  let repetition: Repetition | undefined;

  const tell = () => void tellAll([...viewers]);
  const end = (how: Ending) => {
    if (ending) return;
    ending = how;
    repetition?.stop();
    reading.close?.();
    deps.onEnd();
    tell();
  };
  const look = async (signal: AbortSignal, woken: boolean): Promise<number> => {
    const { version } = kept;
    pace.beforeRead();
    const state = await reading.read(deps.connect(signal), kept.state);
    if (ending) return 0;
    const announceable = take(kept, state, reading.announced);
    const motion = reading.activity(state);
    if (motion === 'done') end({});
    else if (kept.version > version) tell();
    const leastMs = reading.leastPauseMs?.(state) ?? 0;
    const changed = kept.version > version;
    const unheard = reading.isUnheard?.(state) ?? false;
    return pace.afterRead({ activity: motion, woken, changed, announceable, unheard, leastMs });
  };
  const lookOrFail = (signal: AbortSignal, woken: boolean): Promise<number> =>
    look(signal, woken).catch((error: unknown) => {
      // Who has seen nothing yet is told at once; others are spared a passing failure.
      const pauseMs = kept.version === 0 ? undefined : pace.afterFailure(error);
      if (pauseMs === undefined) end({ error });
      return pauseMs ?? 0;
    });

  return {
    get state() {
      return kept.state;
    },
    get version() {
      return kept.version;
    },
    get ending() {
      return ending;
    },
    join(onNews) {
      viewers.add(onNews);
      if (!repetition) repetition = repeat(clock, lookOrFail);
      else if (pace.isStale()) repetition.pollNow(pace.onWake);
      return () => {
        if (viewers.delete(onNews) && viewers.size === 0) end({});
      };
    },
    wake(hooked) {
      if (hooked) pace.setHooked(true);
      if (!ending) repetition?.pollNow(pace.onWake);
    },
    onMissedEvents() {
      pace.setHooked(false);
      if (!ending) repetition?.pollNow(pace.onLoss);
    },
    end,
  };
}
