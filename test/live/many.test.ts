import { describe, expect, it } from 'vitest';
import { startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';
import { FOLLOW, running, runningWorld } from './worlds.ts';

const VIEWERS = 200;

describe('many who watch one job', () => {
  it('cost the calls of one, and all see each change', async () => {
    const world = runningWorld();
    const { url, simulator, bugs } = await startGateway({
      simulator: { world },
      config: { pollIntervalMs: 100 },
    });
    const options = { token: tokens.alice, variables: { id: running.id } };
    const viewers = Array.from({ length: VIEWERS }, () => subscribe({ url }, FOLLOW, options));
    await Promise.all(viewers.map((viewer) => viewer.next()));
    world.setStatus(running.job, 'canceling');
    const changed = await Promise.all(viewers.map((viewer) => viewer.next()));
    expect(changed.every((event) => JSON.stringify(event).includes('CANCELING'))).toBe(true);
    world.finishJob(running.job, 'canceled');
    await Promise.all(viewers.map((viewer) => viewer.rest()));
    // Polls follow one another, whoever watches: far fewer than viewers, and never two at a time.
    expect(simulator.requests.length).toBeLessThan(VIEWERS / 2);
    expect(new Set(simulator.requests.map(({ path }) => path)).size).toBe(1);
    expect(bugs).toEqual([]);
  });

  it('are asked for with their own credential: who may not see the job is told so, and no more', async () => {
    const world = runningWorld();
    world.addUser({ username: 'stranger' });
    world.addToken({ user: 'stranger', value: 'glpat-stranger' });
    const { url, simulator } = await startGateway({
      simulator: { world },
      config: { pollIntervalMs: 100 },
    });
    const variables = { id: running.id };
    const alice = subscribe({ url }, FOLLOW, { token: tokens.alice, variables });
    expect(await alice.next()).toMatchObject({ data: { jobUpdated: { status: 'RUNNING' } } });
    const stranger = subscribe({ url }, FOLLOW, { token: 'glpat-stranger', variables });
    const told = await stranger.rest();
    expect(told).toMatchObject([{ errors: [{ extensions: { code: 'NOT_FOUND' } }] }]);
    expect(JSON.stringify(told)).not.toContain('RUNNING');
    const nobody = subscribe({ url }, FOLLOW, { variables });
    expect(await nobody.rest()).toMatchObject([
      { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    ]);
    const asked = new Set(simulator.requests.map(({ headers }) => headers['private-token']));
    expect(asked).toEqual(new Set([tokens.alice, 'glpat-stranger', undefined]));
    alice.leave();
  });

  it('end with an error when the token loses its rights', async () => {
    const world = runningWorld();
    const { url } = await startGateway({ simulator: { world }, config: { pollIntervalMs: 100 } });
    const job = subscribe({ url }, FOLLOW, { token: tokens.alice, variables: { id: running.id } });
    await job.next();
    for (const token of world.state.tokens.values()) token.revoked = true;
    expect(await job.rest()).toMatchObject([
      { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    ]);
  });
});

describe('a pipeline that is followed', () => {
  it('tells the jobs that changed since the last time, and completes at its end', async () => {
    const world = runningWorld();
    const { url, bugs } = await startGateway({
      simulator: { world },
      config: { pollIntervalMs: 100 },
    });
    const text = `subscription ($id: ID!) {
      pipelineUpdated(id: $id) { pipeline { status } changedJobs { databaseId status } } }`;
    const pipeline = subscribe({ url }, text, {
      token: tokens.alice,
      variables: { id: running.pipelineId },
    });
    const job = (status: string) => ({ databaseId: String(running.job), status });
    expect(await pipeline.next()).toEqual({
      data: { pipelineUpdated: { pipeline: { status: 'RUNNING' }, changedJobs: [job('RUNNING')] } },
    });
    world.finishJob(running.job, 'success');
    const rest = await pipeline.rest();
    expect(rest.at(-1)).toMatchObject({
      data: { pipelineUpdated: { pipeline: { status: 'SUCCESS' } } },
    });
    expect(JSON.stringify(rest)).toContain(JSON.stringify(job('SUCCESS')));
    expect(bugs).toEqual([]);
  });

  it('is refused where there is none, or the id is of another kind', async () => {
    const world = runningWorld();
    const { url } = await startGateway({ simulator: { world } });
    const text = 'subscription ($id: ID!) { pipelineUpdated(id: $id) { pipeline { status } } }';
    const wrong = subscribe({ url }, text, { token: tokens.alice, variables: { id: running.id } });
    expect(await wrong.rest()).toMatchObject([
      { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    ]);
  });
});
