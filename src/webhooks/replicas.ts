import { type ChangeEvent, createNotifications } from '../live/notifications.ts';
import type { Clock } from '../util/clock.ts';
import { openRedisRelay, type Relay } from './redis.ts';

/** Exchanges change events with the other processes and replicas of the gateway. */
export type Replicas = ReturnType<typeof createReplicas>;

interface ReplicasOptions {
  clock: Clock;
  /** If undefined, replicas do not exchange events. */
  redisUrl: string | undefined;
  /**
   * Publishes an event to the other processes of this replica. Not called if Redis is configured,
   * because Redis also reaches these processes.
   */
  passOn?: ((event: ChangeEvent) => void) | undefined;
  /**
   * Called with `false` when the connection that receives events from Redis fails or is lost, and
   * with `true` when it is up again. Called with `false` and an error if the Redis client cannot be
   * loaded; the process then never connects.
   */
  onRelay(isUp: boolean, error?: unknown): void;
}

/**
 * Creates the exchange of change events. With Redis, all processes of all replicas receive each
 * event. Without Redis, only the processes of one replica receive each other's events.
 */
export function createReplicas({ clock, redisUrl, onRelay, passOn }: ReplicasOptions) {
  const notifications = createNotifications(clock);
  let relay: Relay | undefined;
  let isClosed = false;

  const connect = async (url: string) => {
    const opened = await openRedisRelay({
      url,
      receive: notifications.receive,
      onState(isUp) {
        if (!isUp) notifications.onMissedEvents();
        onRelay(isUp);
      },
    });
    if (isClosed) opened.close();
    else relay = opened;
  };
  if (redisUrl !== undefined) {
    connect(redisUrl).catch((error: unknown) => onRelay(false, error));
  }
  return {
    notifications,
    /**
     * Publishes an event of this process to its own listeners and to other processes. Redis reaches
     * the processes of all replicas. Without Redis, `passOn` reaches those of this replica. While a
     * configured Redis is unavailable, no other process receives the event.
     */
    publish(event: ChangeEvent) {
      notifications.receive(event);
      if (redisUrl === undefined) passOn?.(event);
      else relay?.publish(event);
    },
    close() {
      isClosed = true;
      relay?.close();
    },
  };
}
