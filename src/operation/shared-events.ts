import { LRUCache } from 'lru-cache';
import { shareEventLoop } from '../util/event-loop.ts';

/*
 * Subscribers that have equal operations and receive the same event share one execution and one
 * JSON text. An event comes from a poll with one credential (live/hub.ts), so nothing is shared
 * across callers.
 */

interface Response {
  readonly json: string;
  /**
   * Whether the execution made calls to GitLab, or waited for calls that were already running. The
   * calls of the poll that found the event do not count.
   */
  readonly readMore: boolean;
  readonly errors: readonly unknown[];
}

/** An operation with its coerced variables. `cached` identifies the operation. */
interface Operation {
  readonly cached: object;
  readonly variableValues: Readonly<Record<string, unknown>>;
}

/** Maximum characters of all cached responses together. */
const MAX_SIZE = 32 * 1024 * 1024;
/** How long a response is shared if its `readMore` is false. */
const MAX_AGE_MS = 30_000;
/**
 * How long a response is shared if its `readMore` is true. The time is short, because the values
 * must be current.
 */
const MAX_AGE_WITH_READS_MS = 1_000;
/**
 * Maximum characters of the variables of a shared operation. An operation with longer variables is
 * executed for each subscriber.
 */
const MAX_VARIABLES_LENGTH = 1_000;

/** Returns a function that assigns a number to each object. Cache keys contain the number. */
function createNumbering() {
  const numbers = new WeakMap<object, number>();
  let last = 0;
  return (object: object): number => {
    const number = numbers.get(object) ?? ++last;
    numbers.set(object, number);
    return number;
  };
}

/** Returns what is new in an event, such as changed jobs. Undefined if the event is an error. */
const newsOf = (event: unknown): object | undefined => {
  const { news } = event as { news?: unknown };
  return typeof news === 'object' && news !== null ? news : undefined;
};

/**
 * Lets subscribers with equal operations share the responses to an event. Returns a function that
 * creates an executor for one subscriber. For each event, the executor executes the operation or
 * returns the response that another subscriber's executor got. Responses with errors are not
 * shared. `perf` returns monotonic time in ms.
 */
export function createSharedEvents<R extends Response>(perf: { now(): number } = performance) {
  const numberOf = createNumbering();
  const running = new Map<string, Promise<R>>();
  const finished = new LRUCache<string, R>({
    maxSize: MAX_SIZE,
    sizeCalculation: ({ json }) => json.length + 1,
    ttlAutopurge: true,
    ttlResolution: 0,
    perf,
  });

  /**
   * Returns the cache key of an operation. Undefined if its variables are too long; its responses
   * are then not shared.
   */
  const keyOf = ({ cached, variableValues }: Operation): string | undefined => {
    const variables = JSON.stringify(variableValues);
    return variables.length > MAX_VARIABLES_LENGTH ? undefined : `${numberOf(cached)} ${variables}`;
  };
  const start = (key: string, execute: () => Promise<R>) => {
    const response = execute();
    running.set(key, response);
    const stop = () => running.delete(key);
    response.then((done) => {
      stop();
      const ttl = done.readMore ? MAX_AGE_WITH_READS_MS : MAX_AGE_MS;
      if (done.errors.length === 0) finished.set(key, done, { ttl });
    }, stop);
    return response;
  };

  const share = async (key: string, execute: () => Promise<R>): Promise<R> => {
    const known = finished.get(key);
    if (known) return known;
    const other = running.get(key);
    if (!other) return start(key, execute);
    const shared = await other.catch(() => undefined);
    // Lets other work run before this subscriber sends the response. Many subscribers may wait for
    // one response. Without pauses, sending it to all of them would block the event loop.
    await shareEventLoop();
    // An error may concern only the other subscriber, for example because that subscriber has
    // disconnected.
    return shared?.errors.length === 0 ? shared : execute();
  };

  return (operation: Operation) => {
    const operationKey = keyOf(operation);
    return async (event: unknown, execute: () => Promise<R>): Promise<R> => {
      await shareEventLoop();
      const news = newsOf(event);
      return operationKey && news ? share(`${numberOf(news)} ${operationKey}`, execute) : execute();
    };
  };
}
