import { describe, expect, it } from 'vitest';
import { createTestClock } from '../gitlab/upstream.ts';
import { codesOf, type StartOptions, startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';
import { FOLLOW, running, runningWorld } from './worlds.ts';

const SUBSCRIBERS = 200;
const PIPELINE = `subscription ($id: ID!) {
  pipelineUpdated(id: $id) { pipeline { status duration } changedJobs { databaseId status } }
}`;
const TAIL = 'subscription ($id: ID!) { jobTraceAppended(id: $id) { text complete } }';

/** Starts a gateway whose polls the test triggers. */
async function start(options: StartOptions = {}) {
  const time = createTestClock();
  const world = runningWorld('log');
  const gateway = await startGateway({
    simulator: { world },
    live: { clock: time.clock },
    ...options,
  });
  const watch = (query: string, token: string = tokens.alice) => {
    const id = query === PIPELINE ? running.pipelineId : running.id;
    return subscribe(gateway, query, { token, variables: { id } });
  };
  return { ...gateway, world, watch, poll: () => time.advance(2_000) };
}

const job = (status: string) => ({ data: { jobUpdated: { id: running.id, status } } });

describe('many subscribers of one job', () => {
  it('cost the calls of one, and all receive each change', async () => {
    const { world, watch, poll, calls, bugs } = await start();
    const subscribers = Array.from({ length: SUBSCRIBERS }, () => watch(FOLLOW));
    const nextOfAll = () => Promise.all(subscribers.map((subscriber) => subscriber.next()));
    const all = (status: string) => subscribers.map(() => job(status));
    expect(await nextOfAll()).toEqual(all('RUNNING'));
    world.setStatus(running.job, 'canceling');
    poll();
    expect(await nextOfAll()).toEqual(all('CANCELING'));
    world.finishJob(running.job, 'canceled');
    poll();
    expect(await nextOfAll()).toEqual(all('CANCELED'));
    expect(await nextOfAll()).toEqual(subscribers.map(() => undefined));
    expect(calls()).toEqual(Array(3).fill(`GET /projects/42/jobs/${running.job}`));
    expect(bugs).toEqual([]);
  });

  it('share the reads of the job with subscribers of its log', async () => {
    const { watch, calls } = await start();
    await Promise.all([watch(FOLLOW).next(), watch(TAIL).next(), watch(TAIL).next()]);
    const path = `GET /projects/42/jobs/${running.job}`;
    expect(calls()).toEqual([path, `${path}/trace`]);
  });

  it('are limited by the number of subscriptions of the gateway', async () => {
    const { watch, calls } = await start({ config: { maxSubscriptions: 2 } });
    const [first, second] = [watch(FOLLOW), watch(FOLLOW)];
    await Promise.all([first.next(), second.next()]);
    calls();
    const [refused] = await watch(FOLLOW).rest();
    expect(refused?.errors?.[0]?.extensions).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfter: null,
    });
    expect(calls()).toEqual([]);
    second.leave();
    await expect
      .poll(async () => (await watch(FOLLOW).next())?.errors, { interval: 10 })
      .toBeUndefined();
  });
});

describe('a caller with many subscriptions', () => {
  it('does not exceed the limit per caller', async () => {
    const config = { maxSubscriptions: 10, maxSubscriptionsPerCaller: 2 };
    const { watch } = await start({ config });
    const mine = [watch(FOLLOW), watch(PIPELINE)];
    await Promise.all(mine.map((each) => each.next()));
    expect((await watch(FOLLOW).rest()).map(codesOf)).toEqual([{ jobUpdated: 'RATE_LIMITED' }]);
    expect(await watch(FOLLOW, tokens.bob).next()).toMatchObject({ data: { jobUpdated: {} } });
    mine[0]?.leave();
    await expect
      .poll(async () => (await watch(FOLLOW).next())?.errors, { interval: 10 })
      .toBeUndefined();
  });
});

describe('subscribers of one resource with different rights', () => {
  it.each([
    ['job', FOLLOW, 'jobUpdated'],
    ['pipeline', PIPELINE, 'pipelineUpdated'],
    ['log', TAIL, 'jobTraceAppended'],
  ])('each read the %s with their own credential', async (_what, query, field) => {
    const { world, watch, poll, simulator } = await start();
    // The subscriber with access gets an event before the others subscribe. It must continue to
    // receive events.
    const alice = watch(query);
    expect(await alice.next()).toMatchObject({ data: { [field]: {} } });
    const [stranger, nobody] = [watch(query, tokens.mallory), watch(query, '')];
    const [hidden, refused] = [await stranger.rest(), await nobody.rest()];
    expect(hidden.map(codesOf)).toEqual([{ [field]: 'NOT_FOUND' }]);
    // GitLab shows pipelines of public projects without a credential, and so answers 404 instead of
    // 401 if the project is private (upstream.md §1.1).
    expect(refused.map(codesOf)).toEqual([
      { [field]: query === PIPELINE ? 'NOT_FOUND' : 'UNAUTHENTICATED' },
    ]);
    world.appendLog(running.job, 'more');
    world.finishJob(running.job, 'failed');
    poll();
    expect(await alice.next()).toMatchObject({ data: { [field]: {} } });
    const asked = simulator.requests.map(({ headers }) => headers['private-token']);
    expect(new Set(asked)).toEqual(new Set([tokens.alice, tokens.mallory, undefined]));
  });

  it('are not affected by a change of another’s rights', async () => {
    const { world, watch, poll } = await start();
    const [alice, bob] = [watch(FOLLOW), watch(FOLLOW, tokens.bob)];
    await Promise.all([alice.next(), bob.next()]);
    for (const token of world.state.tokens.values()) {
      if (token.value === tokens.bob) token.revoked = true;
    }
    world.setStatus(running.job, 'canceling');
    poll();
    expect((await bob.rest()).map(codesOf)).toEqual([{ jobUpdated: 'UNAUTHENTICATED' }]);
    expect(await alice.next()).toEqual(job('CANCELING'));
  });
});
