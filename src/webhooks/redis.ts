import type { Redis } from 'ioredis';
import * as z from 'zod';
import type { ChangeEvent } from '../live/notifications.ts';

/** Exchanges change events with the other processes and replicas of the gateway through Redis. */
export type Relay = Awaited<ReturnType<typeof openRedisRelay>>;

interface RelayOptions {
  /** `redis://` or `rediss://`, optionally with user and password. */
  url: string;
  /** Called with the events of other processes and replicas. */
  receive(event: ChangeEvent): void;
  /**
   * Called with `false` when the connection that receives events fails or is lost, and with `true`
   * when it is up again. Not called if the first attempt to connect succeeds.
   */
  onState(isUp: boolean): void;
}

/** Name of the channel. It must not change, because older versions of the gateway use it. */
const CHANNEL = 'gitlab-jobs-gateway:hints';
const MAX_RETRY_MS = 5_000;

const message = z.object({
  from: z.string(),
  topics: z.array(z.string()),
  project: z.string().optional(),
  ofJobs: z.boolean(),
});

function parseMessage(text: string): z.infer<typeof message> | undefined {
  try {
    return message.parse(JSON.parse(text));
  } catch {
    // An invalid message is ignored, for example one of an incompatible version of the gateway. The
    // next poll finds the change without it.
    return undefined;
  }
}

/**
 * Returns a function that takes the state of the connection. It calls `onState` when the state
 * changes, but not if the first state is `true`.
 */
function createStateReporter(onState: RelayOptions['onState']) {
  let isUp: boolean | undefined;
  return (isUpNow: boolean) => {
    const isFirst = isUp === undefined && isUpNow;
    if (isUpNow === isUp) return;
    isUp = isUpNow;
    if (!isFirst) onState(isUpNow);
  };
}

/**
 * Creates a client that connects and reconnects by itself. Its commands fail while it is
 * disconnected.
 */
function connect(create: typeof Redis, url: string): Redis {
  const client = new create(url, {
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 5_000,
    // Detects a dead connection with TCP keep-alive: Redis sends nothing to an idle subscriber.
    keepAlive: 5_000,
    retryStrategy: (times) => Math.min(MAX_RETRY_MS, 100 * 2 ** Math.min(times, 10)),
  });
  // Without a listener, ioredis would print connection errors. It reconnects after each of them.
  client.on('error', () => {});
  return client;
}

/**
 * Connects to Redis or Valkey. Events of all topics share one channel, because they are few and
 * small.
 */
export async function openRedisRelay({ url, receive, onState }: RelayOptions) {
  // Imported on demand, because most gateways do not use Redis.
  const { Redis: create } = await import('ioredis');
  const [publisher, subscriber] = [connect(create, url), connect(create, url)];
  const from = crypto.randomUUID();
  const reportState = createStateReporter(onState);

  subscriber.on('ready', () => {
    subscriber.subscribe(CHANNEL).then(
      () => reportState(true),
      () => subscriber.disconnect(true),
    );
  });
  subscriber.on('close', () => reportState(false));
  subscriber.on('message', (_channel, text) => {
    const event = parseMessage(text);
    if (event && event.from !== from) receive(event);
  });
  return {
    /**
     * Sends an event without waiting for Redis. Never throws: if the event is lost, polling finds
     * the change.
     */
    publish(event: ChangeEvent) {
      publisher.publish(CHANNEL, JSON.stringify({ ...event, from })).catch(() => {});
    },
    close() {
      subscriber.removeAllListeners('close');
      subscriber.disconnect();
      publisher.disconnect();
    },
  };
}
