import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import type { Fault } from '../../src/simulator/simulator.ts';
import { systemClock } from '../../src/util/clock.ts';
import { createTestClock } from '../gitlab/upstream.ts';
import { at, codesOf, startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';
import { FOLLOW, running, runningWorld } from './worlds.ts';

const { id } = running;
const job = (status: string) => ({ data: { jobUpdated: { id, status } } });

/** Starts a gateway whose polls the test triggers. */
async function start() {
  const time = createTestClock();
  const world = runningWorld();
  const begin = time.now();
  const gateway = await startGateway({
    simulator: { world },
    live: { clock: time.clock },
    // The timers of the transport run in real time, but its `now` follows the clock of the test.
    transport: { clock: { ...systemClock, now: () => Date.now() + time.now() - begin } },
  });
  const follow = (query = FOLLOW, variables: Record<string, unknown> = { id }) =>
    subscribe(gateway, query, { token: tokens.alice, variables });
  /** Waits until the next poll is scheduled, advances the clock, and waits for the poll's call. */
  const poll = async (ms = 2_000) => {
    await expect.poll(() => time.timers.size).toBe(1);
    const before = gateway.simulator.requests.length;
    time.advance(ms);
    await expect.poll(() => gateway.simulator.requests.length).toBeGreaterThan(before);
  };
  return { ...gateway, world, time, follow, poll };
}

describe('jobUpdated', () => {
  it('sends the current state, then each change, and completes when the job is finished', async () => {
    const { world, follow, poll, bugs } = await start();
    const subscriber = follow();
    expect(await subscriber.next()).toEqual(job('RUNNING'));
    world.setStatus(running.job, 'canceling');
    await poll();
    expect(await subscriber.next()).toEqual(job('CANCELING'));
    world.finishJob(running.job, 'canceled');
    await poll();
    expect(await subscriber.rest()).toEqual([job('CANCELED')]);
    expect(bugs).toEqual([]);
  });

  it('sends a finished job once', async () => {
    const { world, follow, calls } = await start();
    world.finishJob(running.job, 'success');
    expect(await follow().rest()).toEqual([job('SUCCESS')]);
    expect(calls()).toHaveLength(1);
  });

  it('does not send an event when only the duration changes', async () => {
    const { world, follow, poll } = await start();
    const subscriber = follow(
      'subscription ($id: ID!) { jobUpdated(id: $id) { status duration } }',
    );
    await subscriber.next();
    world.advance(5_000);
    await poll();
    world.finishJob(running.job, 'success');
    await poll();
    expect(await subscriber.rest()).toMatchObject([
      { data: { jobUpdated: { status: 'SUCCESS' } } },
    ]);
  });

  it('reads nested fields again for each event', async () => {
    const { world, follow, poll } = await start();
    const subscriber = follow(
      'subscription ($id: ID!) { jobUpdated(id: $id) { trace { text(format: RAW) } pipeline { updatedAt duration } } }',
    );
    const texts: unknown[] = [];
    for (const status of ['canceling', 'canceled']) {
      const event = await subscriber.next();
      texts.push(at(event ?? {}, 'jobUpdated.trace.text'));
      world.appendLog(running.job, status);
      world.setStatus(running.job, status);
      await poll();
    }
    expect(texts).toEqual(['', 'canceling']);
  });

  it('sends the other fields of an event when one fails', async () => {
    const { simulator, follow } = await start();
    simulator.fail({ kind: '500', match: '/trace' });
    const text = 'subscription ($id: ID!) { jobUpdated(id: $id) { status trace { byteSize } } }';
    const event = await follow(text).next();
    expect(event?.data).toEqual({ jobUpdated: { status: 'RUNNING', trace: null } });
    expect(codesOf(event ?? {})).toEqual({ 'jobUpdated.trace': 'UPSTREAM_UNAVAILABLE' });
  });

  it.each([
    ['an invalid id', 'x', 'BAD_USER_INPUT'],
    ['the id of a bridge', toGlobalId('Bridge', 42, 700, 1003), 'BAD_USER_INPUT'],
    ['the id of a pipeline', toGlobalId('Pipeline', 42, 700), 'BAD_USER_INPUT'],
    ['the id of a missing job', toGlobalId('Job', 42, 1), 'NOT_FOUND'],
  ])('refuses %s', async (_what, wrong, code) => {
    const { follow, calls } = await start();
    const [answer, ...more] = await follow(FOLLOW, { id: wrong }).rest();
    expect(answer?.errors?.[0]?.extensions).toMatchObject({ code });
    expect([more.length, calls().length]).toEqual([0, code === 'NOT_FOUND' ? 1 : 0]);
  });

  it('ends with an error when the job is deleted', async () => {
    const { world, follow, poll } = await start();
    const subscriber = follow();
    await subscriber.next();
    world.deleteJob(running.job);
    await poll();
    expect((await subscriber.rest()).map(codesOf)).toEqual([{ jobUpdated: 'NOT_FOUND' }]);
  });

  it.each([
    ['500', 'UPSTREAM_UNAVAILABLE'],
    ['502', 'UPSTREAM_UNAVAILABLE'],
    ['503', 'UPSTREAM_UNAVAILABLE'],
    ['504', 'UPSTREAM_TIMEOUT'],
    ['html', 'UPSTREAM_UNAVAILABLE'],
    ['reset', 'UPSTREAM_UNAVAILABLE'],
    ['truncated', 'UPSTREAM_UNAVAILABLE'],
    ['429-json', 'RATE_LIMITED'],
  ] as [Fault['kind'], string][])(
    'survives a %s between reads, but fails with it at the first read',
    async (kind, code) => {
      const { world, simulator, follow, poll } = await start();
      const subscriber = follow();
      await subscriber.next();
      simulator.fail({ kind, times: Number.POSITIVE_INFINITY });
      await poll();
      await poll(10_000);
      simulator.clearFaults();
      world.setStatus(running.job, 'canceling');
      await poll(60_000);
      expect(await subscriber.next()).toEqual(job('CANCELING'));
      subscriber.leave();

      const other = await start();
      other.simulator.fail({ kind, times: Number.POSITIVE_INFINITY });
      expect((await other.follow().rest()).map(codesOf)).toEqual([{ jobUpdated: code }]);
    },
  );

  it('waits for as long as Retry-After says', async () => {
    const { world, simulator, time, follow, poll, calls } = await start();
    const subscriber = follow();
    await subscriber.next();
    simulator.fail({ kind: '429', retryAfter: 30 });
    await poll();
    await expect.poll(() => time.timers.size).toBe(1);
    calls();
    time.advance(29_000);
    await new Promise(setImmediate);
    expect(calls()).toEqual([]);
    world.setStatus(running.job, 'canceling');
    // The simulator renews the quota a little later than the end of its Retry-After.
    await poll(90_000);
    expect(await subscriber.next()).toEqual(job('CANCELING'));
  });

  it('ends with an error if Retry-After is too long', async () => {
    const { simulator, follow, poll } = await start();
    const subscriber = follow();
    await subscriber.next();
    simulator.fail({ kind: '429', retryAfter: 3_600 });
    await poll();
    const [event] = await subscriber.rest();
    expect(event?.errors?.[0]?.extensions).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfter: 3_600,
    });
  });
});
