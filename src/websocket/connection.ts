import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { createPayloads } from './payloads.ts';

/** One client's connection and its running operations. */
export type Connection = ReturnType<typeof createConnection>;

interface RunningOperation {
  readonly controller: AbortController;
  isStream: boolean;
  onFinish(): void;
}

const SERVICE_RESTART = 1012;

/**
 * Maximum number of concurrent operations of one connection, including subscriptions. A query
 * returns at most 500 jobs of a list at once, so a client can subscribe to each of them. An
 * operation takes 20 kB of memory.
 */
export const MAX_OPERATIONS = 500;

/**
 * Number of unsent bytes at which backpressure begins. While more bytes wait to be sent to a
 * client, the gateway renders no events for the client, and stops reading its messages.
 */
const MAX_BUFFERED = 64 * 1024;

/**
 * Delays the rendering of events for a client that does not read. Returns an async function that
 * resolves when the next event may be rendered. `carrier` is the TCP connection of the socket.
 */
function createBackpressure(socket: WebSocket, carrier: Socket) {
  /** Each function starts the rendering of an event. The event that waits longest is first. */
  const waiting: (() => void)[] = [];
  let isScheduled = false;
  const isFull = () => socket.bufferedAmount > MAX_BUFFERED;
  // Renders one event per iteration of the event loop, and stops while the client does not read.
  const renderNext = () => {
    isScheduled = false;
    if (isFull()) return;
    waiting.shift()?.();
    schedule();
  };
  const schedule = () => {
    if (isScheduled || waiting.length === 0) return;
    isScheduled = true;
    setImmediate(renderNext);
  };
  const pauseIfFull = () => {
    if (isFull()) socket.pause();
  };
  carrier.on('drain', () => {
    if (socket.isPaused) socket.resume();
    schedule();
  });
  // Also checks after a ping, because the WebSocket library answers each ping, and the answers wait
  // to be sent, too.
  socket.on('message', pauseIfFull).on('ping', pauseIfFull);
  return (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      schedule();
    });
}

/** Creates the state of one connection, including its running operations. */
export function createConnection(socket: WebSocket, upgrade: IncomingMessage) {
  const running = new Map<string, RunningOperation>();
  const ready = createBackpressure(socket, upgrade.socket);
  let headers: Headers | undefined;
  let isRetiring = false;
  let operations = 0;
  const closeIfIdle = () => {
    const isPending = [...running.values()].some(({ isStream }) => !isStream);
    if (isRetiring && !isPending) socket.close(SERVICE_RESTART, 'Connect again');
  };
  return {
    upgrade,
    /**
     * Headers of the upgrade request, merged with the payload of `connection_init`. Empty before
     * that message.
     */
    get headers() {
      return headers ?? new Headers();
    },
    get isInitialized() {
      return headers !== undefined;
    },
    initialize(merged: Headers) {
      headers = merged;
    },
    get isRetiring() {
      return isRetiring;
    },
    /** Returns the number of the next operation, from 1. */
    countOperation: () => ++operations,
    /** Resolves when the client has read enough to get another event. */
    ready,
    get isFull() {
      return running.size >= MAX_OPERATIONS;
    },
    payloads: createPayloads(),
    close: (code: number, reason: string) => socket.close(code, reason),
    /**
     * Registers an operation. Returns a signal that is aborted when the operation ends, or when the
     * client no longer waits for the operation.
     */
    begin(id: string): AbortSignal {
      const controller = new AbortController();
      running.set(id, { controller, isStream: false, onFinish() {} });
      return controller.signal;
    },
    /** Marks an operation as a stream, so that a shutdown does not wait for its end. */
    stream(id: string) {
      const operation = running.get(id);
      if (operation) operation.isStream = true;
      closeIfIdle();
    },
    onFinish(id: string, callback: () => void) {
      const operation = running.get(id);
      if (operation) operation.onFinish = callback;
      else callback();
    },
    /**
     * Aborts a query or mutation that the client no longer waits for. Does not abort streams,
     * because graphql-ws ends them.
     */
    cancel(id: string) {
      const operation = running.get(id);
      if (operation && !operation.isStream) operation.controller.abort();
    },
    finish(id: string) {
      const operation = running.get(id);
      running.delete(id);
      operation?.controller.abort();
      operation?.onFinish();
      // Lets graphql-ws send the end of the operation first.
      setImmediate(closeIfIdle);
    },
    /** Closes the connection with "service restart" as soon as no response is pending. */
    retire() {
      isRetiring = true;
      closeIfIdle();
    },
    /** Aborts all operations, because the client has disconnected. */
    abandon() {
      for (const { controller } of running.values()) controller.abort();
    },
  };
}

/** Thrown if too many messages wait for operations to end. The limit is MAX_OPERATIONS. */
export class TooManyMessagesError extends Error {
  override readonly name = 'TooManyMessagesError';
}

/** Returns the type and operation id of a message; undefined for a message without an id. */
function headOf(text: string): { type: unknown; id: string } | undefined {
  try {
    const { type, id } = JSON.parse(text) as { type?: unknown; id?: unknown };
    return typeof id === 'string' ? { type, id } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a promise under the given key until it settles or another promise replaces it. */
function keep(promises: Map<string, Promise<unknown>>, id: string, promise: Promise<unknown>) {
  const settled: Promise<unknown> = promise
    .catch(() => {})
    .then(() => promises.get(id) === settled && promises.delete(id));
  promises.set(id, settled);
}

/**
 * Returns a function that passes messages to `handle`, and keeps the order of messages with one
 * operation id. A client may send `complete` for an operation and reuse its id. The new operation
 * then starts after the old one has ended, because graphql-ws (6.4) would otherwise send the old
 * result for the new operation. The function rejects with TooManyMessagesError if too many messages
 * wait.
 */
export function sequenceById(
  handle: (text: string) => Promise<void>,
  cancel: (id: string) => void,
): (text: string) => Promise<void> {
  const running = new Map<string, Promise<unknown>>();
  /**
   * For each operation id, the promise for which the next message with this id waits. The promise
   * resolves when an operation that the client completed has ended, or when an operation that
   * waited has started.
   */
  const pending = new Map<string, Promise<unknown>>();
  let waiting = 0;

  const subscribe = (id: string, text: string): Promise<void> => {
    const handled = handle(text);
    keep(running, id, handled);
    return handled;
  };
  const complete = (id: string, text: string): Promise<void> => {
    // The client no longer waits for the result.
    cancel(id);
    return handle(text);
  };
  return (text) => {
    const { type, id } = headOf(text) ?? { type: undefined, id: '' };
    const previous = pending.get(id);
    if (type === 'complete') {
      const handled = previous?.then(() => complete(id, text)) ?? complete(id, text);
      const ended = handled.then(() => running.get(id));
      keep(pending, id, ended);
      return handled;
    }
    if (type !== 'subscribe') return handle(text);
    if (!previous) return subscribe(id, text);
    if (waiting >= MAX_OPERATIONS) return Promise.reject(new TooManyMessagesError());
    waiting += 1;
    return new Promise((resolve, reject) => {
      const started = previous.then(() => {
        waiting -= 1;
        subscribe(id, text).then(resolve, reject);
      });
      keep(pending, id, started);
    });
  };
}
