import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { ChangeEvent } from '../live/notifications.ts';

/** Passes hints on to the other replicas, and theirs to this one. */
export interface Relay {
  /** Never waits, and never fails: a hint that is lost is made up for by polling. */
  publish(hint: ChangeEvent): void;
  close(): void;
}

/** What a relay takes. */
export interface RelayOptions {
  /** `redis://` or `rediss://`, with user and password if there are any. */
  url: string;
  /** Told of the hints of others. */
  receive(hint: ChangeEvent): void;
  /** Told when hints can be missed from now on (`false`), and when no longer. Not of the first connection. */
  onState(isUp: boolean): void;
}

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
    // Of another version of the gateway, or nobody's: polling finds what it may have told.
    return undefined;
  }
}

/** Tells of each loss and each return once, however often a client says so. */
function createState(onState: RelayOptions['onState']) {
  let isUp: boolean | undefined;
  return (now: boolean) => {
    const isFirst = isUp === undefined && now;
    if (now === isUp) return;
    isUp = now;
    if (!isFirst) onState(now);
  };
}

/** A connection that comes back by itself, and takes no orders while it is gone. */
function open(create: typeof Redis, url: string): Redis {
  const client = new create(url, {
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 5_000,
    // A connection that died without a word is noticed; Redis sends a subscriber nothing by itself.
    keepAlive: 5_000,
    retryStrategy: (times) => Math.min(MAX_RETRY_MS, 100 * 2 ** Math.min(times, 10)),
  });
  // Each is told of by the state.
  client.on('error', () => {});
  return client;
}

/**
 * Connects to Redis or Valkey. One channel carries all hints: they are few and small, and each replica
 * knows by itself whom they concern. ioredis is loaded here, so that only those who use it pay for it.
 */
export async function openRedisRelay({ url, receive, onState }: RelayOptions): Promise<Relay> {
  const { Redis: create } = await import('ioredis');
  const [publisher, subscriber] = [open(create, url), open(create, url)];
  const from = crypto.randomUUID();
  const tell = createState(onState);

  subscriber.on('ready', () => {
    subscriber.subscribe(CHANNEL).then(
      () => tell(true),
      () => subscriber.disconnect(true),
    );
  });
  subscriber.on('close', () => tell(false));
  subscriber.on('message', (_channel, text) => {
    const hint = parseMessage(text);
    if (hint && hint.from !== from) receive(hint);
  });
  return {
    publish(hint) {
      publisher.publish(CHANNEL, JSON.stringify({ ...hint, from })).catch(() => {});
    },
    close() {
      subscriber.removeAllListeners('close');
      subscriber.disconnect();
      publisher.disconnect();
    },
  };
}
