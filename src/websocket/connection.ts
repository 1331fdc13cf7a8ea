import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';

/** One client's connection, and what runs on it. */
export interface Connection {
  readonly upgrade: IncomingMessage;
  /** What speaks for the client, once it has introduced itself. */
  headers: Headers;
  /** Whether it takes no new operations. */
  readonly isRetiring: boolean;
  /** Closes it, with a code and a reason that the client sees. */
  close(code: number, reason: string): void;
  /** Begins an operation, by its id. The signal says that nobody wants its answer any more. */
  begin(id: string): AbortSignal;
  /** The operation is a stream by now: nobody waits for its end, and whoever leaves it ends the stream. */
  stream(id: string): void;
  /** The client no longer waits for an answer, if it did. */
  leave(id: string): void;
  finish(id: string): void;
  /** Closes it as soon as no answer is under way, with a code that says: connect again. */
  retire(): void;
  /** Ends everything that runs, because the client has gone. */
  abandon(): void;
}

const SERVICE_RESTART = 1012;

/** Keeps count of one socket's operations. */
export function createConnection(socket: WebSocket, upgrade: IncomingMessage): Connection {
  const running = new Map<string, AbortController>();
  /** Those of them that somebody waits for. */
  const answering = new Set<string>();
  let isRetiring = false;
  const closeIfIdle = () => {
    if (isRetiring && answering.size === 0) socket.close(SERVICE_RESTART, 'Connect again');
  };
  return {
    upgrade,
    headers: new Headers(),
    get isRetiring() {
      return isRetiring;
    },
    close: (code, reason) => socket.close(code, reason),
    begin(id) {
      const controller = new AbortController();
      running.set(id, controller);
      answering.add(id);
      return controller.signal;
    },
    stream(id) {
      answering.delete(id);
      closeIfIdle();
    },
    leave(id) {
      if (answering.has(id)) running.get(id)?.abort();
    },
    finish(id) {
      running.get(id)?.abort();
      running.delete(id);
      answering.delete(id);
      // Not before the client was told of the end.
      setImmediate(closeIfIdle);
    },
    retire() {
      isRetiring = true;
      closeIfIdle();
    },
    abandon() {
      for (const controller of running.values()) controller.abort();
    },
  };
}
