import { setImmediate } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Answer, Started } from '../helpers/start-gateway.ts';

/** A subscription as the client sees it. */
export interface Subscribed {
  /** Returns the next event; undefined at the end. */
  next(): Promise<Answer | undefined>;
  /** Returns all remaining events. */
  rest(): Promise<Answer[]>;
  /** Closes the connection, without first ending the subscription. */
  leave(): void;
}

/**
 * Parses server-sent events. Yields the data of each `event: next` until `event: complete`. Throws
 * if the stream ends without it.
 */
async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<Answer> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(piece, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith('event: complete')) return;
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield JSON.parse(data) as Answer;
    }
  }
  throw new Error('the stream broke off');
}

/** Subscribes over SSE, with the event names `next` and `complete` that GraphQL Yoga uses. */
export function subscribe(
  gateway: Pick<Started, 'url'>,
  query: string,
  options: { token?: string; variables?: Record<string, unknown> } = {},
): Subscribed {
  const leaving = new AbortController();
  const open = async (): Promise<AsyncGenerator<Answer>> => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...(options.token && { 'private-token': options.token }),
      },
      body: JSON.stringify({ query, variables: options.variables }),
      signal: leaving.signal,
    });
    if (!response.body) throw new Error('no body');
    return readEvents(response.body);
  };
  const opened = open();
  opened.catch(() => {});
  const leave = () => leaving.abort();
  onTestFinished(leave);
  const next = async () => {
    const { value, done } = await (await opened).next();
    return done ? undefined : value;
  };
  return {
    next,
    leave,
    async rest() {
      const events: Answer[] = [];
      for (let event = await next(); event; event = await next()) events.push(event);
      return events;
    },
  };
}

/** Calls `poll`, which advances a clock, until an event arrives. */
export async function pollFor<Event>(next: Promise<Event>, poll: () => void): Promise<Event> {
  let isHere = false;
  const event = next.finally(() => {
    isHere = true;
  });
  while (!isHere) {
    poll();
    await setImmediate();
  }
  return event;
}
