import { describe, expect, it } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { pipelineStatus } from '../../src/simulator/statuses.ts';
import { startSimulator } from './start-simulator.ts';

describe('the demo', () => {
  it('has the pipelines and jobs it names', () => {
    const now = Date.UTC(2026, 10, 22, 12);
    const world = seedWorld({ now });
    expect(world.now).toBe(now);
    const status = (id: number) => world.job(id)?.status;
    expect(status(demo.runningJobId)).toBe('running');
    expect(status(demo.manualJobId)).toBe('manual');
    expect(status(demo.delayedJobId)).toBe('created');
    expect(status(demo.successJobId)).toBe('success');
    expect(world.job(demo.successJobId)?.artifacts[0]?.size).toBe(3_221_225_472);
    expect(world.job(demo.failedJobId)).toMatchObject({
      status: 'failed',
      failureReason: 'script_failure',
    });
    expect(world.job(demo.retriedJobId)).toMatchObject({ retried: true, status: 'failed' });
    expect(world.job(demo.retryJobId)).toMatchObject({ name: 'unit tests', coverage: 93.41 });
    expect(world.job(demo.erasedJobId)?.erasedAt).not.toBeNull();
    expect(world.job(demo.archivedJobId)?.archived).toBe(true);
    expect(world.job(demo.bridgeId)?.downstream?.id).toBe(demo.downstreamPipelineId);
    const pipelines = [
      demo.pipelineId,
      demo.failedPipelineId,
      demo.runningPipelineId,
      demo.downstreamPipelineId,
    ].map((id) => {
      const pipeline = world.pipeline(id);
      return pipeline && pipelineStatus(pipeline);
    });
    expect(pipelines).toEqual(['success', 'failed', 'running', 'success']);
  });

  it('has no id twice', () => {
    const { projects } = seedWorld().state;
    const all = [...projects.values()];
    for (const rows of [all.flatMap(({ jobs }) => jobs), all.flatMap((one) => one.pipelines)]) {
      const ids = rows.map(({ id }) => id);
      expect(ids.length).toBeGreaterThan(0);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('gives its tokens the access of their roles', async () => {
    const { request } = await startSimulator({ world: seedWorld() });
    const status = async (token: string, path: string) =>
      (await request(path, { headers: { 'PRIVATE-TOKEN': token } })).status;
    const { tokens } = demo;
    const web = '/projects/acme%2Fshop%2Fweb/jobs';
    const api = '/projects/acme%2Fshop%2Fapi/jobs';
    expect(await status(tokens.maintainer, api)).toBe(200);
    expect(await status(tokens.developer, api)).toBe(200);
    expect(await status(tokens.guest, web)).toBe(200);
    expect(await status(tokens.guest, api)).toBe(403);
    expect(await status(tokens.expired, web)).toBe(401);
    const own = await request('/job/allowed_agents', { headers: { 'JOB-TOKEN': tokens.job } });
    expect(own.json).toMatchObject({
      job: { id: demo.runningJobId },
      allowed_agents: [{ configuration: { default_namespace: 'shop' } }],
      environment: { slug: 'review-main' },
    });
  });

  it('prints logs with colors, sections, timestamps and progress bars', () => {
    const world = seedWorld();
    const text = (id: number) => world.log(id).toString();
    const failed = text(demo.failedJobId);
    expect(failed).toMatch(/section_start:\d{10}:step_script\r/);
    expect(failed).toMatch('\u001b[31;1mAssertionError');
    expect(failed.trimEnd()).toMatch(/ERROR: Job failed: exit code 1\S*$/);
    const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [0-9a-f]{2}[EO][+ ]/;
    const lines = text(demo.successJobId).trimEnd().split('\n');
    expect(lines.every((line) => stamp.test(line))).toBe(true);
    expect(lines.some((line) => line[31] === '+')).toBe(true);
    expect(text(demo.runningJobId - 1)).not.toMatch('Job succeeded');
    const length = text(demo.runningJobId).length;
    world.advance(5_000);
    expect(text(demo.runningJobId).length).toBeGreaterThan(length);
  });

  it('keeps starting pipelines within a bounded size', () => {
    const world = seedWorld();
    const { pipelines, jobs } = world.state;
    const size = { pipelines: pipelines.size, jobs: jobs.size };
    const started = new Set<number>();
    for (let minutes = 0; minutes < 120; minutes += 1) {
      world.advance(60_000);
      for (const id of pipelines.keys()) started.add(id);
    }
    expect(started.size).toBeGreaterThan(100);
    expect(pipelines.size).toBeLessThan(size.pipelines + 40);
    expect(jobs.size).toBeLessThan(size.jobs + 400);
    expect(world.state.active.size).toBeLessThan(8);
    expect(world.job(demo.failedJobId)).toBeDefined();
  });

  it('keeps its job token valid', async () => {
    const world = seedWorld();
    const { request } = await startSimulator({ world });
    world.finishJob(demo.runningJobId, 'success');
    world.advance(1_000);
    const own = await request('/job', { headers: { 'JOB-TOKEN': demo.tokens.job } });
    expect([own.status, own.json.status]).toEqual([200, 'running']);
  });

  it('advances in real time once started', async () => {
    const world = seedWorld();
    const before = world.now;
    const { simulator } = await startSimulator({ world });
    const moved = new Promise<void>((resolve) => {
      world.onTick(() => resolve());
    });
    simulator.start(5);
    await moved;
    expect(world.now).toBeGreaterThan(before);
  });
});
