import type { IncomingMessage } from 'node:http';
import type { SubscribePayload } from 'graphql-ws';
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
  /** Begins an operation, by the object it came as: its id may be used again at once. */
  begin(operation: SubscribePayload): AbortSignal;
  /** The operation is a stream by now: nobody waits for its end. */
  stream(operation: SubscribePayload): void;
  finish(operation: SubscribePayload): void;
  /** Closes it as soon as no answer is under way, with a code that says: connect again. */
  retire(): void;
  /** Ends everything that runs, because the client has gone. */
  abandon(): void;
}

const SERVICE_RESTART = 1012;

/** Keeps count of one socket's operations. */
export function createConnection(socket: WebSocket, upgrade: IncomingMessage): Connection {
  const running = new Map<SubscribePayload, AbortController>();
  /** Those of them that somebody waits for. */
  const answering = new Set<SubscribePayload>();
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
    begin(operation) {
      const controller = new AbortController();
      running.set(operation, controller);
      answering.add(operation);
      return controller.signal;
    },
    stream(operation) {
      answering.delete(operation);
      closeIfIdle();
    },
    finish(operation) {
      running.get(operation)?.abort();
      running.delete(operation);
      answering.delete(operation);
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
