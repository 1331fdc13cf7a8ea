import { beforeEach, describe, expect, it } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { pipelineStatus } from '../../src/simulator/statuses.ts';
import type { World } from '../../src/simulator/world.ts';
import { startSimulator } from './start-simulator.ts';

interface Row {
  id: number;
  name: string;
  stage: string;
  status: string;
  allow_failure: boolean;
  created_at: string;
  downstream_pipeline?: { id: number; project_id: number; source: string; status: string } | null;
}

let world: World;
let request: Awaited<ReturnType<typeof startSimulator>>['request'];

beforeEach(async () => {
  world = seedWorld();
  ({ request } = await startSimulator({ world }));
});

function get(path: string, token: string = demo.token) {
  return request(path, { headers: { 'PRIVATE-TOKEN': token } });
}

async function rows(path: string): Promise<Row[]> {
  const response = await get(`${path}per_page=100`);
  expect(response.status).toBe(200);
  return response.json;
}

const pathOf = (projectId: number, id: number) => `/projects/${projectId}/pipelines/${id}`;
const checkout = (id: number) => pathOf(demo.checkoutProjectId, id);

/**
 * Returns the jobs and bridges of a pipeline, with all attempts that GitLab lists, oldest first.
 */
async function attempts(path: string): Promise<Row[]> {
  const builds = await rows(`${path}/jobs?include_retried=true&`);
  const bridges = await rows(`${path}/bridges?`);
  return [...builds, ...bridges].sort((one, other) => one.id - other.id);
}

const names = (list: readonly Row[]) => list.map(({ name }) => name);
const statusByName = (list: readonly Row[]) =>
  Object.fromEntries(list.map(({ name, status }) => [name, status]));

describe('the blocked pipeline of the demo', () => {
  const path = checkout(demo.blockedPipelineId);

  it('has ids stage by stage, from .pre to .post, trigger jobs in between', async () => {
    const stages = [...new Set((await attempts(path)).map(({ stage }) => stage))];
    const expected = '.pre build test contract package deploy production .post';
    expect(stages.join(' ')).toBe(expected);
  });

  it('lists the newest id first, and the retried job of a stage only if asked', async () => {
    const current = await rows(`${path}/jobs?`);
    const all = await rows(`${path}/jobs?include_retried=true&`);
    const ids = all.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((one, other) => other - one));
    const compiles = (list: Row[]) =>
      list.filter(({ stage }) => stage === 'build').map(({ name, status }) => [name, status]);
    expect(compiles(current)).toEqual([['compile', 'success']]);
    expect(compiles(all)).toEqual([
      ['compile', 'success'],
      ['compile', 'failed'],
    ]);
    expect(names(current)[0]).toBe('compile');
  });

  it('has parallel and matrix jobs, warnings, and jobs that wait', async () => {
    const found = await attempts(path);
    expect(names(found)).toEqual(
      expect.arrayContaining(['unit 1/5', 'unit 5/5', 'test: [linux, 20]', 'e2e: [chrome] 2/2']),
    );
    expect(statusByName(found)).toMatchObject({
      'mutation tests': 'failed',
      'load test': 'canceled',
      'stop review': 'scheduled',
      'seed test data': 'manual',
      approve: 'manual',
      'deploy production': 'created',
    });
    const allowed = found.filter((row) => row.allow_failure);
    expect(names(allowed)).toEqual(['mutation tests', 'load test', 'seed test data']);
    expect((await get(path)).json.status).toBe('manual');
  });

  it('continues when the jobs that wait are played', async () => {
    for (const { id, name } of await attempts(path)) {
      if (name !== 'approve' && name !== 'stop review') continue;
      const play = `/projects/${demo.checkoutProjectId}/jobs/${id}/play`;
      const played = await request(play, {
        method: 'POST',
        headers: { 'PRIVATE-TOKEN': demo.token },
      });
      expect(played.status).toBe(200);
    }
    world.advance(60_000);
    expect(statusByName(await attempts(path))['deploy production']).toBe('success');
    expect((await get(path)).json.status).toBe('success');
  });
});

describe('the chain of downstream pipelines', () => {
  async function downstream(path: string, name: string) {
    const bridge = (await rows(`${path}/bridges?`)).find((row) => row.name === name);
    return bridge?.downstream_pipeline;
  }

  it('goes through three projects and into a child pipeline', async () => {
    const path = checkout(demo.blockedPipelineId);
    const second = await downstream(path, 'payments contract');
    expect(second).toMatchObject({
      project_id: demo.paymentsProjectId,
      source: 'pipeline',
      status: 'success',
    });
    const third = await downstream(pathOf(demo.paymentsProjectId, second?.id ?? 0), 'preview');
    expect(third).toMatchObject({ project_id: demo.deployProjectId, source: 'pipeline' });
    const child = await downstream(path, 'docs');
    expect(child).toMatchObject({
      project_id: demo.checkoutProjectId,
      source: 'parent_pipeline',
    });
    const last = await attempts(pathOf(demo.deployProjectId, third?.id ?? 0));
    expect(names(last)).toEqual(['plan', 'apply: [eu]', 'apply: [us]']);
  });

  it('shows a downstream pipeline to a caller who cannot read it', async () => {
    const { developer } = demo.tokens;
    const second = await downstream(checkout(demo.blockedPipelineId), 'payments contract');
    const path = pathOf(demo.paymentsProjectId, second?.id ?? 0);
    const [bridge] = (await get(`${path}/bridges`, developer)).json as Row[];
    const third = bridge?.downstream_pipeline;
    expect(third).toMatchObject({ project_id: demo.deployProjectId, status: 'success' });
    const hidden = await get(pathOf(demo.deployProjectId, third?.id ?? 0), developer);
    expect(hidden.status).toBe(404);
  });

  it('never lists a retried trigger job, although its stage has no other job', async () => {
    const path = checkout(demo.retriedTriggerPipelineId);
    const contract = (list: Row[]) => list.filter(({ stage }) => stage === 'contract');
    const bridges = contract(await rows(`${path}/bridges?include_retried=true&`));
    expect(contract(await rows(`${path}/jobs?include_retried=true&`))).toEqual([]);
    expect(bridges.map(({ name, status }) => [name, status])).toEqual([
      ['payments contract', 'success'],
    ]);
    const pipeline = (await get(path)).json;
    const lateness = Date.parse(bridges[0]?.created_at ?? '') - Date.parse(pipeline.created_at);
    expect(lateness).toBeGreaterThan(60_000);
    expect(bridges[0]?.id).toBe(Math.max(...(await attempts(path)).map(({ id }) => id)));
    expect(pipeline.status).toBe('success');
  });
});

it('has a failed pipeline with skipped jobs and some that run after a failure', async () => {
  const path = checkout(demo.skippedPipelineId);
  expect(statusByName(await attempts(path))).toMatchObject({
    'unit 2/5': 'success',
    'unit 3/5': 'failed',
    'payments contract': 'skipped',
    approve: 'skipped',
    summary: 'success',
    'notify owners': 'success',
  });
  expect((await get(path)).json.status).toBe('failed');
});

it('has a pipeline of 300 jobs, one retried, with a stage of more than 100 names', async () => {
  const path = pathOf(demo.monorepoProjectId, demo.monorepoPipelineId);
  const total = async (query: string) =>
    (await get(`${path}/jobs?${query}per_page=100`)).headers.get('x-total');
  expect(await total('')).toBe('300');
  expect(await total('include_retried=true&')).toBe('301');
  const jobs = world.pipeline(demo.monorepoPipelineId)?.jobs ?? [];
  expect(new Set(jobs.filter(({ stage }) => stage === 'lint').map(({ name }) => name)).size).toBe(
    104,
  );
  const newest = jobs.at(-1);
  const retried = jobs.filter((job) => job.retried);
  expect(retried).toMatchObject([{ name: newest?.name, status: 'failed' }]);
  expect((await get(path)).json).toMatchObject({ status: 'success', duration: 155 });
});

it('runs a pipeline of the checkout, and the next one after it', () => {
  const running = world.pipeline(demo.runningCheckoutPipelineId);
  if (running === undefined) throw new Error('no running pipeline');
  const statuses = new Set<string>();
  for (let second = 0; second < 180; second += 1) {
    statuses.add(pipelineStatus(running));
    world.advance(1_000);
  }
  expect([...statuses]).toEqual(['running', 'scheduled', 'success']);
  const { pipelines = [] } = world.project(demo.checkoutProject) ?? {};
  const next = pipelines.filter(({ id, source }) => id > running.id && source === 'push');
  expect(next.map(pipelineStatus)).toEqual(['running']);
});
