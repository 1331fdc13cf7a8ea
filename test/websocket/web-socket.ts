import { type Client, createClient } from 'graphql-ws';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Answer, Started } from '../helpers/start-gateway.ts';

type Headers = Record<string, string>;

/** Returns a WebSocket class that sends these headers in its upgrade request. Browsers cannot. */
function socketWith(headers: Headers) {
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, { headers });
    }
  };
}

export const addressOf = ({ url }: Pick<Started, 'url'>) => `${url.replace('http', 'ws')}/graphql`;

/** Creates a client of graphql-ws, which is disposed when the test ends. */
export function connect(
  gateway: Pick<Started, 'url'>,
  options: { headers?: Headers; payload?: Record<string, unknown>; staysOpen?: boolean } = {},
): Client {
  const client = createClient({
    url: addressOf(gateway),
    webSocketImpl: socketWith(options.headers ?? {}),
    connectionParams: options.payload ?? {},
    retryAttempts: 0,
    // A lazy client closes the socket after its last operation.
    lazy: !options.staysOpen,
  });
  onTestFinished(() => void client.dispose());
  return client;
}

/** Executes an operation. Each call of `next` returns one result; undefined at the end. */
export function follow(client: Client, query: string, variables: Record<string, unknown> = {}) {
  const results = client.iterate<Record<string, unknown>>({ query, variables });
  return {
    async next(): Promise<Answer | undefined> {
      const { value, done } = await results.next();
      return done ? undefined : (value as Answer);
    },
    leave: () => results.return?.(),
  };
}
