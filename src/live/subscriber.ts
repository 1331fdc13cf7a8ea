import { type Clock, sleep } from '../util/clock.ts';
import { createStream } from '../util/streams.ts';
import type { Failures } from './failures.ts';
import type { Followed } from './poll.ts';

/** What a subscriber receives: news, or a final error. */
export type LiveEvent<News> = { news: News } | { error: unknown };

/**
 * The events of one subscription. Ends when the resource is finished, after an error, when the
 * caller leaves, or when the gateway shuts down.
 */
export type LiveEvents<News> = AsyncIterableIterator<LiveEvent<News>>;

/**
 * Derives a subscriber's next event from a state. Returns undefined if the state contains nothing
 * new for the subscriber. A view remembers what the subscriber has received, so events need no
 * queue: a slow subscriber skips states, but always receives the last one. After an error, the view
 * may be called again, with the same state or a later one.
 */
export type View<State, News> = (state: State) => News | undefined | Promise<News | undefined>;

interface SubscriberOptions {
  signal: AbortSignal;
  /**
   * Resolves when the subscriber's connection can accept another event. If undefined, events are
   * sent without waiting.
   */
  ready?: (() => Promise<void>) | undefined;
  clock: Clock;
  /**
   * How much of the resource the subscriber needs. For a pipeline: the maximum number of jobs.
   * For a log: LINES (1) if the subscriber needs parsed lines, otherwise 0. Other resources ignore
   * the value.
   * @default 0
   */
  demand?: number | undefined;
  /** Decides whether the view is called again after an error. */
  failures: Failures;
  /** Called once when the subscription ends, for any reason. */
  onLeave(): void;
}

/** Subscribes to a poll until it ends or the signal is aborted. */
export function subscribeTo<State, News>(
  poll: Followed<State>,
  given: View<State, News>,
  { signal, ready, clock, demand, failures, onLeave }: SubscriberOptions,
): LiveEvents<News> {
  const ended = new AbortController();
  let seenVersion = 0;
  let onChange = () => {};
  const leavePoll = poll.join(() => onChange(), demand);

  const isBehind = () => poll.version > seenVersion;
  const change = () =>
    new Promise<void>((resolve) => {
      onChange = resolve;
    });
  /**
   * Returns the news of a state. Undefined if there is none, or after an error that a retry may
   * fix. Throws any other error.
   */
  const view = async (state: State, version: number): Promise<News | undefined> => {
    try {
      const news = await given(state);
      failures.reset();
      if (news === undefined) seenVersion = version;
      return news;
    } catch (error) {
      const pauseMs = failures.record(error);
      if (pauseMs === undefined) throw error;
      await sleep(clock, pauseMs, ended.signal);
      return undefined;
    }
  };
  /**
   * Waits for news and returns it. Undefined if the poll has ended without an error and there is no
   * more news. Throws the error with which the poll ended, or an error of the view that a retry
   * cannot fix.
   */
  const nextNews = async (): Promise<News | undefined> => {
    while (!isBehind() && !poll.ending) await change();
    // Computes the next event only when the client has read the last one.
    await ready?.();
    const { state, version, ending } = poll;
    if (isBehind() && state !== undefined) return (await view(state, version)) ?? nextNews();
    if (ending?.error !== undefined) throw ending.error;
    return undefined;
  };
  const next = async (): Promise<IteratorResult<LiveEvent<News>>> => {
    try {
      const news = await nextNews();
      if (news !== undefined) return { done: false, value: { news } };
    } catch (error) {
      stream.endWith({ error });
    }
    return { done: true, value: undefined };
  };
  const stream = createStream<LiveEvent<News>>(
    { next },
    {
      onEnd() {
        ended.abort();
        signal.removeEventListener('abort', stream.return);
        leavePoll();
        onLeave();
      },
    },
  );
  signal.addEventListener('abort', stream.return, { once: true });
  if (signal.aborted) void stream.return();
  return stream;
}
