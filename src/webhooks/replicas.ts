import { createWakeUps, type Hint, type WakeUps } from '../live/notifications.ts';
import type { Clock } from '../util/clock.ts';
import { openRedisRelay, type Relay } from './redis.ts';

/** Hints of this process and of its replicas. */
export interface Hints {
  readonly wakeUps: WakeUps;
  /** Passes on a hint that came to this process. */
  tell(hint: Hint): void;
  close(): void;
}

/** What passing on hints takes. */
export interface HintsOptions {
  clock: Clock;
  /** Where the replicas meet; undefined for a single one. */
  redisUrl: string | undefined;
  /** Hands a hint on to other processes of this replica, which do without where Redis does it. */
  passOn?: ((hint: Hint) => void) | undefined;
  /** Told when replicas are out of reach, and when they are back. */
  onRelay(isUp: boolean): void;
}

/** Connects the replicas' hints. Without Redis, or while it is away, each replica has its own. */
export function createHints({ clock, redisUrl, onRelay, passOn }: HintsOptions): Hints {
  const wakeUps = createWakeUps(clock);
  let relay: Relay | undefined;
  let isClosed = false;

  const connect = async (url: string) => {
    const opened = await openRedisRelay({
      url,
      receive: wakeUps.receive,
      onState(isUp) {
        if (!isUp) wakeUps.lose();
        onRelay(isUp);
      },
    });
    if (isClosed) opened.close();
    else relay = opened;
  };
  if (redisUrl !== undefined) void connect(redisUrl);
  return {
    wakeUps,
    tell(hint) {
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
