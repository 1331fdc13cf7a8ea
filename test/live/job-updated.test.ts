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

/** A gateway that polls when the test says so. */
async function start() {
  const time = createTestClock();
  const world = runningWorld();
  const begin = time.now();
  const gateway = await startGateway({
    simulator: { world },
    live: { clock: time.clock },
    // Retries of a call wait in real time, and for nothing; what GitLab said of times passes as the test’s does.
    transport: { clock: { ...systemClock, now: () => Date.now() + time.now() - begin } },
  });
  const follow = (query = FOLLOW, variables: Record<string, unknown> = { id }) =>
    subscribe(gateway, query, { token: tokens.alice, variables });
  /** Lets time pass once the next poll is planned, and waits for its call. */
  const poll = async (ms = 2_000) => {
    await expect.poll(() => time.timers.size).toBe(1);
    const before = gateway.simulator.requests.length;
    time.advance(ms);
    await expect.poll(() => gateway.simulator.requests.length).toBeGreaterThan(before);
  };
  return { ...gateway, world, time, follow, poll };
}

describe('jobUpdated', () => {
  it('sends the job now, then each change, and completes at its end', async () => {
    const { world, follow, poll, bugs } = await start();
    const viewer = follow();
    expect(await viewer.next()).toEqual(job('RUNNING'));
    world.setStatus(running.job, 'canceling');
    await poll();
    expect(await viewer.next()).toEqual(job('CANCELING'));
    world.finishJob(running.job, 'canceled');
    await poll();
    expect(await viewer.rest()).toEqual([job('CANCELED')]);
    expect(bugs).toEqual([]);
  });

  it('sends a finished job once', async () => {
    const { world, follow, calls } = await start();
    world.finishJob(running.job, 'success');
    expect(await follow().rest()).toEqual([job('SUCCESS')]);
    expect(calls()).toHaveLength(1);
  });

  it('does not tell that time passes', async () => {
    const { world, follow, poll } = await start();
    const viewer = follow('subscription ($id: ID!) { jobUpdated(id: $id) { status duration } }');
    await viewer.next();
    world.advance(5_000);
    await poll();
    world.finishJob(running.job, 'success');
    await poll();
    expect(await viewer.rest()).toMatchObject([{ data: { jobUpdated: { status: 'SUCCESS' } } }]);
  });

  it('reads what is selected below anew for each event', async () => {
    const { world, follow, poll } = await start();
    const viewer = follow(
      'subscription ($id: ID!) { jobUpdated(id: $id) { trace { text(format: RAW) } pipeline { updatedAt duration } } }',
    );
    const texts: unknown[] = [];
    for (const status of ['canceling', 'canceled']) {
      const event = await viewer.next();
      texts.push(at(event ?? {}, 'jobUpdated.trace.text'));
      world.appendLog(running.job, status);
      world.setStatus(running.job, status);
      await poll();
    }
    expect(texts).toEqual(['', 'canceling']);
  });

  it('keeps other fields of an event whole when one fails', async () => {
    const { simulator, follow } = await start();
    simulator.fail({ kind: '500', match: '/trace' });
    const text = 'subscription ($id: ID!) { jobUpdated(id: $id) { status trace { byteSize } } }';
    const event = await follow(text).next();
    expect(event?.data).toEqual({ jobUpdated: { status: 'RUNNING', trace: null } });
    expect(codesOf(event ?? {})).toEqual({ 'jobUpdated.trace': 'UPSTREAM_UNAVAILABLE' });
  });

  it.each([
    ['an id that nobody gave out', 'x', 'BAD_USER_INPUT'],
    ['a bridge’s id', toGlobalId('Bridge', 42, 700, 1003), 'BAD_USER_INPUT'],
    ['a pipeline’s id', toGlobalId('Pipeline', 42, 700), 'BAD_USER_INPUT'],
    ['the id of a job that is not there', toGlobalId('Job', 42, 1), 'NOT_FOUND'],
  ])('refuses %s', async (_what, wrong, code) => {
    const { follow, calls } = await start();
    const [answer, ...more] = await follow(FOLLOW, { id: wrong }).rest();
    expect(answer?.errors?.[0]?.extensions).toMatchObject({ code });
    expect([more.length, calls().length]).toEqual([0, code === 'NOT_FOUND' ? 1 : 0]);
  });

  it('ends when the job is gone', async () => {
    const { world, follow, poll } = await start();
    const viewer = follow();
    await viewer.next();
    world.deleteJob(running.job);
    await poll();
    expect((await viewer.rest()).map(codesOf)).toEqual([{ jobUpdated: 'NOT_FOUND' }]);
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
    'outlasts a %s in between; at the beginning it is an error',
    async (kind, code) => {
      const { world, simulator, follow, poll } = await start();
      const viewer = follow();
      await viewer.next();
      simulator.fail({ kind, times: Number.POSITIVE_INFINITY });
      await poll();
      await poll(10_000);
      simulator.clearFaults();
      world.setStatus(running.job, 'canceling');
      await poll(60_000);
      expect(await viewer.next()).toEqual(job('CANCELING'));
      viewer.leave();

      const other = await start();
      other.simulator.fail({ kind, times: Number.POSITIVE_INFINITY });
      expect((await other.follow().rest()).map(codesOf)).toEqual([{ jobUpdated: code }]);
    },
  );

  it('keeps still for as long as GitLab says', async () => {
    const { world, simulator, time, follow, poll, calls } = await start();
    const viewer = follow();
    await viewer.next();
    simulator.fail({ kind: '429', retryAfter: 30 });
    await poll();
    await expect.poll(() => time.timers.size).toBe(1);
    calls();
    time.advance(29_000);
    await new Promise(setImmediate);
    expect(calls()).toEqual([]);
    world.setStatus(running.job, 'canceling');
    // The throttle’s quota is renewed a little later than its Retry-After says.
    await poll(90_000);
    expect(await viewer.next()).toEqual(job('CANCELING'));
  });

  it('gives up where GitLab wants to be left alone for long', async () => {
    const { simulator, follow, poll } = await start();
    const viewer = follow();
    await viewer.next();
    simulator.fail({ kind: '429', retryAfter: 3_600 });
    await poll();
    const [event] = await viewer.rest();
    expect(event?.errors?.[0]?.extensions).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfter: 3_600,
    });
  });
});
