import { expect, it, onTestFinished, vi } from 'vitest';
import type { ChangeEvent } from '../../src/live/notifications.ts';
import { openRedisRelay } from '../../src/webhooks/redis.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { createMemoryLog } from '../http/memory-log.ts';
import { freePort, isRedisMissing, startRedis, stopRedis, withoutRedis } from './redis-server.ts';

const event: ChangeEvent = { topics: ['job/1'], project: '42', ofJobs: true };

/** Opens the connection of one replica to Redis, and records the events that it receives. */
async function openReplica(port: number) {
  const received: ChangeEvent[] = [];
  const states: boolean[] = [];
  const relay = await openRedisRelay({
    url: `redis://127.0.0.1:${port}`,
    receive: (event) => received.push(event),
    onState: (isUp) => states.push(isUp),
  });
  onTestFinished(() => relay.close());
  return { relay, received, states };
}

it.skipIf(isRedisMissing)(
  `a relay sends events to the other replicas only, and reports each loss and recovery once${withoutRedis}`,
  async () => {
    const port = await freePort();
    const redis = await startRedis(port);
    const [one, other] = await Promise.all([openReplica(port), openReplica(port)]);
    const publishUntilReceived = async () => {
      const before = other.received.length;
      const publish = () => {
        one.relay.publish(event);
        return other.received.length;
      };
      await expect.poll(publish, { interval: 20 }).toBeGreaterThan(before);
    };
    await publishUntilReceived();
    expect(other.received[0]).toMatchObject(event);
    expect(one.received).toEqual([]);
    expect(one.states).toEqual([]);

    await stopRedis(redis);
    await expect.poll(() => other.states).toEqual([false]);
    one.relay.publish(event);

    await startRedis(port);
    await expect.poll(() => other.states).toEqual([false, true]);
    await publishUntilReceived();
  },
);

it('a gateway that cannot load the Redis client says so and serves without it', async () => {
  vi.doMock('ioredis', () => {
    throw new Error();
  });
  onTestFinished(() => void vi.doUnmock('ioredis'));
  const log = createMemoryLog();
  const env = { REDIS_URL: 'redis://127.0.0.1:1' };
  const { url, query } = await startGateway({ env, logger: log.logger });
  const message = 'the Redis client cannot be loaded: this process finds changes by polling only';
  expect(await log.line(({ msg }) => msg === message)).toMatchObject({
    level: 'error',
    err: { type: 'Error' },
  });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('\ngateway_redis_away 1\n');
  expect((await query('{ __typename }')).data).toEqual({ __typename: 'Query' });
});
