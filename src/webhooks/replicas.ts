import {
  type ChangeEvent,
  createNotifications,
  type Notifications,
} from '../live/notifications.ts';
import type { Clock } from '../util/clock.ts';
import { openRedisRelay, type Relay } from './redis.ts';

/** Hints of this process and of its replicas. */
export interface Replicas {
  readonly notifications: Notifications;
  /** Passes on a hint that came to this process. */
  publish(hint: ChangeEvent): void;
  close(): void;
}

/** What passing on hints takes. */
export interface ReplicasOptions {
  clock: Clock;
  /** Where the replicas meet; undefined for a single one. */
  redisUrl: string | undefined;
  /** Hands a hint on to other processes of this replica, which do without where Redis does it. */
  passOn?: ((hint: ChangeEvent) => void) | undefined;
  /** Told when replicas are out of reach, and when they are back. */
  onRelay(isUp: boolean): void;
}

/** Connects the replicas' hints. Without Redis, or while it is away, each replica has its own. */
export function createReplicas({ clock, redisUrl, onRelay, passOn }: ReplicasOptions): Replicas {
  const wakeUps = createNotifications(clock);
  let relay: Relay | undefined;
  let isClosed = false;

  const connect = async (url: string) => {
    const opened = await openRedisRelay({
      url,
      receive: wakeUps.receive,
      onState(isUp) {
        if (!isUp) wakeUps.onMissedEvents();
        onRelay(isUp);
      },
    });
    if (isClosed) opened.close();
    else relay = opened;
  };
  if (redisUrl !== undefined) void connect(redisUrl);
  return {
    notifications: wakeUps,
    publish(hint) {
      wakeUps.receive(hint);
      if (redisUrl === undefined) passOn?.(hint);
      else relay?.publish(hint);
    },
    close() {
      isClosed = true;
      relay?.close();
    },
  };
}
