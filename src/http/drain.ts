import type { ServerResponse } from 'node:http';
import { requestError } from '../operation/request-error.ts';

/** The error of a request that arrives during the shutdown. */
export const shuttingDown = () =>
  requestError('The gateway is restarting. Send the request again.', {
    code: 'SHUTTING_DOWN',
    status: 503,
    headers: { 'retry-after': '1' },
  });

/** The graceful shutdown of HTTP: running requests may finish, most new ones are refused. */
export type Drain = ReturnType<typeof createDrain>;

/** Prepares the graceful shutdown of a process, which serves normally until `begin` is called. */
export function createDrain() {
  const streams = new Set<ServerResponse>();
  const idleCallbacks = new Set<() => void>();
  let running = 0;
  const shutdown = new AbortController();

  return {
    get isDraining() {
      return shutdown.signal.aborted;
    },
    /** Aborted when the shutdown begins. Lets requests that wait for an event end early. */
    signal: shutdown.signal,
    /** Begins the shutdown. Idempotent. */
    begin() {
      if (shutdown.signal.aborted) return;
      shutdown.abort(shuttingDown());
      // `destroySoon` sends what has been written, then closes the connection.
      for (const { socket } of streams) socket?.destroySoon();
    },
    /**
     * Closes the connection of a stream when the shutdown begins, without the end message of the
     * stream's protocol. Clients reconnect after a broken connection, but not after an end message.
     */
    breakOff(response: ServerResponse) {
      streams.add(response);
      response.once('close', () => streams.delete(response));
    },
    /** Counts a response as running until it is closed. */
    watch(response: ServerResponse) {
      running += 1;
      // Uses `on`, because `once` would wrap the listener in another function. 'close' is emitted
      // only once anyway.
      response.on('close', () => {
        running -= 1;
        if (running > 0) return;
        for (const resolve of idleCallbacks) resolve();
        idleCallbacks.clear();
      });
    },
    /** Resolves when no response is running. */
    async idle() {
      if (running > 0) await new Promise<void>((resolve) => idleCallbacks.add(resolve));
    },
  };
}
