import type { Poll } from './poll.ts';

/** What a subscriber gets: news, or at the end the reason why there will be no more. */
export type LiveEvent<News> = { news: News } | { error: unknown };

/** The events of one subscriber, in the order they are asked for; ends when what is followed is over. */
export type LiveEvents<News> = AsyncIterableIterator<LiveEvent<News>>;

/**
 * What one viewer makes of a state: the next piece of news, or undefined until the state changes. It
 * remembers what it told, so a slow viewer misses steps, and never the last one; nothing queues up.
 */
export type View<State, News> = (state: State) => News | undefined | Promise<News | undefined>;

/** How a viewer comes and goes. */
export interface SubscriberOptions {
  /** Ends the viewing. */
  signal: AbortSignal;
  /** Told once, when the viewing has ended, whatever way. */
  onLeave(): void;
}

/**
 * Follows a poll. Not an async generator: those cannot be ended while they wait, and whoever leaves
 * must be gone at once.
 */
export function subscribeTo<State, News>(
  poll: Poll<State>,
  view: View<State, News>,
  { signal, onLeave }: SubscriberOptions,
): LiveEvents<News> {
  let left = false;
  let seen = 0;
  let resume = () => {};
  const leavePoll = poll.join(() => resume());
  const leave = () => {
    if (left) return;
    left = true;
    signal.removeEventListener('abort', leave);
    leavePoll();
    onLeave();
    resume();
  };
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();

  const fail = (error: unknown): LiveEvent<News> | undefined => {
    if (left) return undefined;
    leave();
    return { error };
  };
  /** The next event without waiting for a change; undefined where there is none. */
  const look = async (): Promise<LiveEvent<News> | undefined> => {
    const { state, version, ending } = poll;
    if (state !== undefined && version > seen) {
      const news = await view(state);
      if (news !== undefined) return { news };
      seen = version;
      return undefined;
    }
    if (!ending) return undefined;
    if (ending.error !== undefined) return fail(ending.error);
    leave();
    return undefined;
  };
  const waits = () => poll.version <= seen && !poll.ending;
  const next = async (): Promise<IteratorResult<LiveEvent<News>>> => {
    while (!left) {
      const event = await look().catch(fail);
      if (event && (!left || 'error' in event)) return { done: false, value: event };
      if (!left && waits()) {
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
      }
    }
    return { done: true, value: undefined };
  };

  return {
    next,
    async return() {
      leave();
      return { done: true, value: undefined };
    },
    async throw(error) {
      leave();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
