import { createStream } from '../util/streams.ts';
import type { Poll } from './poll.ts';

/** What a subscriber receives: news, or a final error. */
export type LiveEvent<News> = { news: News } | { error: unknown };

/** The events of one subscription; ends when the resource is finished. */
export type LiveEvents<News> = AsyncIterableIterator<LiveEvent<News>>;

/**
 * Derives a subscriber's next event from a state; undefined until the state changes again. It remembers
 * what the subscriber has received, so nothing is queued: a slow subscriber skips intermediate states,
 * but always receives the last one.
 */
export type View<State, News> = (state: State) => News | undefined | Promise<News | undefined>;

/**
 * Subscribes to a poll until it ends or the signal is aborted. Calls `onLeave` once, however the
 * subscription ends.
 */
export function subscribeTo<State, News>(
  poll: Poll<State>,
  view: View<State, News>,
  { signal, onLeave }: { signal: AbortSignal; onLeave(): void },
): LiveEvents<News> {
  let seenVersion = 0;
  let onChange = () => {};
  const leavePoll = poll.join(() => onChange());

  const isBehind = () => poll.version > seenVersion;
  const change = () =>
    new Promise<void>((resolve) => {
      onChange = resolve;
    });
  /** Waits for news; undefined at the end. */
  const nextNews = async (): Promise<News | undefined> => {
    while (!isBehind() && !poll.ending) await change();
    const { state, version, ending } = poll;
    if (isBehind() && state !== undefined) {
      const news = await view(state);
      if (news !== undefined) return news;
      seenVersion = version;
      return nextNews();
    }
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
