import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { createTestClock } from '../gitlab/upstream.ts';
import { at, startGateway, textAt } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';

const FOLLOW = `subscription ($id: ID!) {
  pipelineUpdated(id: $id) {
    pipeline { status duration }
    changedJobs { kind databaseId status }
  }
}`;

/**
 * Starts a gateway and a simulated GitLab with a pipeline of 120 jobs and optionally a trigger job.
 * They change only when the test says so.
 */
async function start(options: { bridge?: boolean; simulator?: Partial<SimulatorOptions> } = {}) {
  const world = smallWorld();
  const pipeline = world.addPipeline(42, { id: 900, user: 'alice' });
  const plan = { frozen: true };
  for (let id = 5001; id <= 5120; id++) {
    world.addJob(pipeline, { id, name: `job ${id}`, status: 'created', plan });
  }
  world.setStatus(5001, 'running');
  if (options.bridge) {
    world.addBridge(pipeline, { id: 5200, name: 'deploy', status: 'created', plan });
  }
  const time = createTestClock();
  const gateway = await startGateway({
    simulator: { world, ...options.simulator },
    live: { clock: time.clock },
  });
  const id = toGlobalId('Pipeline', 42, 900);
  const follow = () => subscribe(gateway, FOLLOW, { token: tokens.alice, variables: { id } });
  return { ...gateway, world, follow, poll: () => time.advance(2_000) };
}

const update = (status: string, changedJobs: unknown, duration: unknown = null) => ({
  data: { pipelineUpdated: { pipeline: { status, duration }, changedJobs } },
});
const build = (id: number, status: string) => ({ kind: 'BUILD', databaseId: String(id), status });

describe('pipelineUpdated', () => {
  it('sends all jobs, then those that changed, and completes when the pipeline is finished', async () => {
    const { world, follow, poll, bugs } = await start();
    const pipeline = follow();
    const first = await pipeline.next();
    const changedJobs = at(first ?? {}, 'pipelineUpdated.changedJobs') as unknown[];
    expect(changedJobs).toHaveLength(120);
    expect(changedJobs.at(-1)).toEqual(build(5001, 'RUNNING'));
    world.setStatus(5001, 'success');
    world.setStatus(5002, 'running');
    world.setStatus(5003, 'running');
    poll();
    expect(await pipeline.next()).toEqual(
      update('RUNNING', [build(5003, 'RUNNING'), build(5002, 'RUNNING'), build(5001, 'SUCCESS')]),
    );
    for (let id = 5002; id <= 5120; id++) world.setStatus(id, 'success');
    poll();
    const [last, ...more] = await pipeline.rest();
    expect(last).toMatchObject(update('SUCCESS', {}, expect.any(Number)));
    expect(more).toEqual([]);
    expect(bugs).toEqual([]);
  });

  it('sends all jobs to a late subscriber, and later only changes', async () => {
    const { world, follow, poll } = await start();
    const early = follow();
    await early.next();
    world.setStatus(5002, 'running');
    poll();
    expect(await early.next()).toEqual(update('RUNNING', [build(5002, 'RUNNING')]));
    const late = follow();
    const first = await late.next();
    expect(first?.data?.['pipelineUpdated']).toMatchObject({ changedJobs: { length: 120 } });
    world.setStatus(5003, 'running');
    poll();
    const next = update('RUNNING', [build(5003, 'RUNNING')]);
    expect([await early.next(), await late.next()]).toEqual([next, next]);
  });

  it('sends trigger jobs, and stops reading their list if there are none', async () => {
    const withBridge = await start({ bridge: true });
    const pipeline = withBridge.follow();
    await pipeline.next();
    withBridge.world.setStatus(5200, 'running');
    withBridge.poll();
    expect(await pipeline.next()).toEqual(
      update('RUNNING', [{ kind: 'BRIDGE', databaseId: '5200', status: 'RUNNING' }]),
    );

    const without = await start();
    const other = without.follow();
    await other.next();
    const path = 'GET /projects/42/pipelines/900';
    const lists = [1, 2].map(
      (page) => `${path}/jobs?include_retried=true&page=${page}&per_page=100`,
    );
    expect(without.calls().sort()).toEqual(
      [path, `${path}/bridges?page=1&per_page=100`, ...lists].sort(),
    );
    without.world.setStatus(5002, 'running');
    without.poll();
    await other.next();
    expect(without.calls().sort()).toEqual([path, ...lists].sort());
  });

  it('sends the new job after a retry', async () => {
    const { world, follow, poll, query } = await start();
    const pipeline = follow();
    await pipeline.next();
    world.finishJob(5001, 'failed');
    poll();
    await pipeline.next();
    const retry = `mutation { jobRetry(input: { id: "${toGlobalId('Job', 42, 5001)}" }) { job { databaseId } } }`;
    const answer = await query(retry, { token: tokens.alice });
    poll();
    expect(await pipeline.next()).toMatchObject({
      data: {
        pipelineUpdated: {
          changedJobs: [{ databaseId: textAt(answer, 'jobRetry.job.databaseId') }],
        },
      },
    });
  });

  it('sends the pipeline after a job has disappeared, even if nothing else has changed', async () => {
    const { world, url, poll, bugs } = await start();
    const query = `subscription ($id: ID!) { pipelineUpdated(id: $id) {
      pipeline { board { jobCount } } changedJobs { databaseId }
    } }`;
    const variables = { id: toGlobalId('Pipeline', 42, 900) };
    const pipeline = subscribe({ url }, query, { token: tokens.alice, variables });
    expect(at((await pipeline.next()) ?? {}, 'pipelineUpdated.pipeline.board.jobCount')).toBe(120);
    world.deleteJob(5050);
    poll();
    expect((await pipeline.next())?.data).toEqual({
      pipelineUpdated: { pipeline: { board: { jobCount: 119 } }, changedJobs: [] },
    });
    expect(bugs).toEqual([]);
  });

  it.each([
    ['the id of a job', toGlobalId('Job', 42, 5001), 'BAD_USER_INPUT'],
    ['the id of a project', toGlobalId('Project', 42), 'BAD_USER_INPUT'],
    ['the id of a missing pipeline', toGlobalId('Pipeline', 42, 9), 'NOT_FOUND'],
  ])('refuses %s', async (_what, id, code) => {
    const gateway = await start();
    const [answer, ...more] = await subscribe(gateway, FOLLOW, {
      token: tokens.alice,
      variables: { id },
    }).rest();
    expect(answer?.errors?.[0]?.extensions).toMatchObject({ code });
    expect(more).toEqual([]);
  });
});
