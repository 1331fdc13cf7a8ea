import { onAbort } from './abort.ts';
import { type Clock, pause } from './clock.ts';
import { readConnection } from './connection.ts';
import { createLogPosition } from './log-position.ts';
import { GatewayError, type Result } from './result.ts';

export interface SubscribeOptions {
  /** Ends the subscription: the iterator rejects with the signal's reason. */
  signal?: AbortSignal;
  /** The name of the operation to run, if the document has several. */
  operationName?: string;
  /** The hash of a trusted document, sent instead of its text. */
  documentId?: string;
  /**
   * Called before the client pauses and connects again, with the error that ended the last
   * connection.
   */
  onRetry?: (error: GatewayError, pauseMs: number) => void;
}

type Variables = Readonly<Record<string, unknown>>;

interface Subscription {
  document: string;
  variables: Variables;
  options: SubscribeOptions;
  clock: Clock;
  /** Creates a request with these variables. The returned function sends it. */
  request(variables: Variables): (signal: AbortSignal) => Promise<Response>;
}

const MAX_PAUSE_MS = 30_000;

/** The maximum of `setTimeout`; a longer timer would fire immediately. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The abort reason if the caller ends the iteration with `return()`. */
const RETURNED = Symbol('returned');

/**
 * Returns the pause in ms before the next connection: the server's `retryAfter`, plus a backoff.
 * The backoff grows with each failure up to `MAX_PAUSE_MS`. It is randomized, so that clients do
 * not all reconnect at the same time.
 */
function pauseAfter({ retryAfter = 0 }: GatewayError, failures: number, random: number): number {
  const backoffMs = Math.min(1000 * 2 ** failures, MAX_PAUSE_MS) * (0.5 + random / 2);
  return Math.min(retryAfter * 1000 + backoffMs, MAX_TIMER_MS);
}

/** Yields the results of one connection after another until the subscription is complete. */
async function* readResults<Data>(
  { document, variables, options, clock, request }: Subscription,
  signal: AbortSignal,
): AsyncGenerator<Result<Data>, void> {
  const position = createLogPosition(document, options.operationName, variables);
  let failures = 0;
  const recover = async (error: unknown) => {
    if (signal.aborted) throw signal.reason;
    if (!(error instanceof GatewayError) || !error.isRetryable) throw error;
    const pauseMs = pauseAfter(error, failures, clock.random());
    failures += 1;
    options.onRetry?.(error, pauseMs);
    await pause(clock, pauseMs, signal);
  };
  for (;;) {
    try {
      const open = request(position.variables);
      for await (const result of readConnection<Data>(open, clock, signal)) {
        position.advance(result);
        failures = 0;
        yield result;
      }
      return;
    } catch (error) {
      await recover(error);
    }
  }
}

const DONE = { done: true, value: undefined } as const;

/** Returns the results of a subscription, which connects when the iterator is first read. */
export function subscribe<Data>(subscription: Subscription): AsyncIterableIterator<Result<Data>> {
  const stop = new AbortController();
  const results = readResults<Data>(subscription, stop.signal);
  const close = (reason: unknown) => {
    // Ends a call of `next` that still waits. `results.return()` alone would wait for that call.
    stop.abort(reason);
    return results.return().catch(() => {});
  };
  const forget = onAbort(subscription.options.signal, close);
  return {
    async next() {
      try {
        if (stop.signal.aborted) throw stop.signal.reason;
        const next = await results.next();
        if (next.done) forget();
        return next;
      } catch (error) {
        forget();
        if (error === RETURNED) return DONE;
        throw error;
      }
    },
    async return() {
      forget();
      await close(RETURNED);
      return DONE;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
