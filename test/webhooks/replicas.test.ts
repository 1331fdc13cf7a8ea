import { expect, it, onTestFinished } from 'vitest';
import type { ChangeEvent } from '../../src/live/notifications.ts';
import { openRedisRelay } from '../../src/webhooks/redis.ts';
import { freePort, isRedisMissing, startRedis, stopRedis, withoutRedis } from './redis-server.ts';

const hint: ChangeEvent = { topics: ['job/1'], project: '42', ofJobs: true };

/** One replica's end, which notes what it hears. */
async function openEnd(port: number) {
  const heard: ChangeEvent[] = [];
  const states: boolean[] = [];
  const relay = await openRedisRelay({
    url: `redis://127.0.0.1:${port}`,
    receive: (one) => heard.push(one),
    onState: (isUp) => states.push(isUp),
  });
  onTestFinished(() => relay.close());
  return { relay, heard, states };
}

it.skipIf(isRedisMissing)(
  `a relay passes hints on to the others alone, and tells once of each loss and return${withoutRedis}`,
  async () => {
    const port = await freePort();
    const redis = await startRedis(port);
    const [one, other] = await Promise.all([openEnd(port), openEnd(port)]);
    const tellUntilHeard = async () => {
      const before = other.heard.length;
      const told = () => {
        one.relay.publish(hint);
        return other.heard.length;
      };
      await expect.poll(told, { interval: 20 }).toBeGreaterThan(before);
    };
    await tellUntilHeard();
    expect(other.heard[0]).toMatchObject(hint);
    expect(one.heard).toEqual([]);
    expect(one.states).toEqual([]);

    await stopRedis(redis);
    await expect.poll(() => other.states).toEqual([false]);
    one.relay.publish(hint);

    await startRedis(port);
    await expect.poll(() => other.states).toEqual([false, true]);
    await tellUntilHeard();
  },
);
