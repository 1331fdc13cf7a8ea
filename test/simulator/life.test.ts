import { expect, it } from 'vitest';
import { pipelineStatus } from '../../src/simulator/statuses.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { smallWorld, startSmallWorld } from './start-simulator.ts';

function statuses(jobs: readonly { status: string }[]): string[] {
  return jobs.map(({ status }) => status);
}

it('starts a queued job, prints its log and finishes it', () => {
  const { world, pipeline } = smallWorld();
  const job = world.addJob(pipeline, { status: 'pending', plan: { queueMs: 2_000, runMs: 9_000 } });
  world.advance(1_000);
  expect(job.status).toBe('pending');
  world.advance(1_000);
  expect(job.status).toBe('running');
  world.advance(4_000);
  expect(world.log(job).toString()).toBe('step 1 of 3\n');
  world.advance(5_000);
  expect(job.status).toBe('success');
  expect(world.log(job).toString()).toBe('step 1 of 3\nstep 2 of 3\nstep 3 of 3\n');
});

it('increases the duration of a running job', async () => {
  const { world, pipeline, get } = await startSmallWorld();
  const job = world.addJob(pipeline, { status: 'running', plan: { runMs: 60_000 } });
  const duration = async () => (await get(`/projects/1/jobs/${job.id}`, 'owner')).json.duration;
  expect(await duration()).toBe(0);
  world.advance(1_500);
  expect(await duration()).toBe(1.5);
});

it('starts a stage after the previous one, and waits at manual and delayed jobs', () => {
  const { world, pipeline } = smallWorld();
  const add = (stage: string, more = {}) =>
    world.addJob(pipeline, { stage, status: 'created', ...more });
  add('build');
  add('test', { plan: { outcome: 'failed' }, allowFailure: true });
  add('deploy', { when: 'delayed', plan: { delayMs: 10_000 } });
  add('deploy', { when: 'manual', allowFailure: true });
  expect(pipelineStatus(pipeline)).toBe('created');
  world.advance(10_000);
  expect(statuses(pipeline.jobs)).toEqual(['running', 'created', 'created', 'created']);
  expect(pipelineStatus(pipeline)).toBe('running');
  world.advance(60_000);
  expect(statuses(pipeline.jobs)).toEqual(['success', 'failed', 'scheduled', 'manual']);
  expect(pipelineStatus(pipeline)).toBe('scheduled');
  world.advance(60_000);
  expect(statuses(pipeline.jobs)).toEqual(['success', 'failed', 'success', 'manual']);
  expect(pipelineStatus(pipeline)).toBe('success');
  expect(pipeline.finishedAt).not.toBeNull();
});

it('skips later jobs after a failure, except those with when: on_failure or always', () => {
  const { world, pipeline } = smallWorld();
  world.addJob(pipeline, { stage: 'build', status: 'failed' });
  world.addJob(pipeline, { stage: 'deploy', status: 'created' });
  world.addJob(pipeline, { stage: 'deploy', status: 'created', when: 'on_failure' });
  world.addJob(pipeline, { stage: 'deploy', status: 'created', when: 'always' });
  world.advance(60_000);
  expect(statuses(pipeline.jobs)).toEqual(['failed', 'skipped', 'success', 'success']);
  expect(pipelineStatus(pipeline)).toBe('failed');
});

it('starts the downstream pipeline of a bridge, and ends the bridge with it', () => {
  const { world, pipeline, project } = smallWorld();
  const bridge = world.addBridge(pipeline, {
    status: 'pending',
    trigger: () => {
      const downstream = world.addPipeline(project, { source: 'parent_pipeline' });
      world.addJob(downstream, { status: 'created', plan: { outcome: 'failed' } });
      return downstream;
    },
  });
  world.advance(5_000);
  expect(bridge.downstream?.source).toBe('parent_pipeline');
  expect(bridge.status).toBe('running');
  world.advance(60_000);
  expect(bridge.status).toBe('failed');
});

it('skips all later jobs after a canceled one', () => {
  const { world, pipeline } = smallWorld();
  world.addJob(pipeline, { stage: 'build', status: 'canceled' });
  for (const when of ['on_success', 'on_failure', 'always', 'manual'] as const) {
    world.addJob(pipeline, { stage: 'deploy', status: 'created', when });
  }
  world.advance(1_000);
  expect(statuses(pipeline.jobs).slice(1)).toEqual(Array(4).fill('skipped'));
  expect(pipelineStatus(pipeline)).toBe('canceled');
});

it('keeps later stages waiting for a manual job, and goes on when it ends', () => {
  const { world, pipeline } = smallWorld();
  const manual = world.addJob(pipeline, { stage: 'approve', status: 'created', when: 'manual' });
  const later = world.addJob(pipeline, { stage: 'deploy', status: 'created' });
  world.advance(60_000);
  expect([manual.status, later.status]).toEqual(['manual', 'created']);
  expect(pipelineStatus(pipeline)).toBe('manual');
  expect(world.state.active.size).toBe(0);
  world.setStatus(manual, 'pending');
  world.advance(120_000);
  expect([manual.status, later.status]).toEqual(['success', 'success']);
});

it('ends a bridge like its downstream pipeline, or at once without `strategy: depend`', () => {
  const { world, pipeline, project } = smallWorld();
  const add = (status: string | null, strategy?: null) =>
    world.addBridge(pipeline, {
      status: 'running',
      strategy,
      downstream: status === null ? null : world.addPipeline(project, { status }),
    });
  const bridges = [
    ...['success', 'failed', 'canceled', 'skipped', 'manual'].map((status) => add(status)),
    add('manual', null),
    add(null),
  ];
  world.advance(1_000);
  const expected = 'success failed canceled failed running success failed';
  expect(statuses(bridges).join(' ')).toBe(expected);
  expect(bridges.at(-1)?.failureReason).toBe('downstream_pipeline_creation_failed');
});

it('does not change a frozen job or a log written by a test', () => {
  const { world, pipeline } = smallWorld();
  const frozen = world.addJob(pipeline, { status: 'running', plan: { frozen: true } });
  const written = world.addJob(pipeline, { status: 'running', log: 'mine' });
  world.appendLog(written, ' too');
  world.advance(120_000);
  expect(frozen.status).toBe('running');
  expect(world.log(frozen)).toHaveLength(0);
  expect([written.status, world.log(written).toString()]).toEqual(['success', 'mine too']);
  world.setLog(written, 'new');
  expect(world.log(written).toString()).toBe('new');
});

it('notifies listeners of status and log changes', () => {
  const { world, pipeline } = smallWorld();
  const job = world.addJob(pipeline, { status: 'running' });
  const changes: string[] = [];
  const stop = world.onChange((change) => {
    changes.push(
      change.type === 'job'
        ? `${change.from} → ${change.to} (${change.job.failureReason})`
        : `+${change.bytes}`,
    );
  });
  world.appendLog(job, 'héllo');
  world.finishJob(job, 'failed', 'job_execution_timeout');
  stop();
  world.setStatus(job, 'success');
  expect(changes).toEqual(['+6', 'running → failed (job_execution_timeout)']);
});

it('keeps a fixed pipeline status until a job changes', async () => {
  const { world, project } = smallWorld();
  const pipeline = world.addPipeline(project, { status: 'waiting_for_callback' });
  const job = world.addJob(pipeline, { status: 'running' });
  expect(pipelineStatus(pipeline)).toBe('waiting_for_callback');
  world.finishJob(job, 'success');
  expect(pipelineStatus(pipeline)).toBe('success');
});

it('deletes a job and a pipeline', () => {
  const { world, pipeline, project } = smallWorld();
  const [first, second] = [world.addJob(pipeline), world.addJob(pipeline)];
  world.deleteJob(first);
  expect(world.job(first.id)).toBeUndefined();
  expect(project.jobs).toEqual([second]);
  world.deletePipeline(pipeline);
  expect([project.jobs, project.pipelines, world.job(second.id)]).toEqual([[], [], undefined]);
});

it('keeps jobs in order of id, added in any order', () => {
  const { world, pipeline, project } = smallWorld();
  for (const id of [5, 12345678901, 3]) world.addJob(pipeline, { id });
  expect(project.jobs.map(({ id }) => id)).toEqual([3, 5, 12345678901]);
  expect(world.addJob(pipeline).id).toBe(12345678902);
});

it('throws for a project, pipeline, job or user that does not exist', () => {
  const world = createWorld({ now: new Date('2026-01-01T00:00:00Z') });
  expect(world.now).toBe(Date.UTC(2026, 0, 1));
  expect(() => world.addPipeline('no/project')).toThrow('no project no/project');
  expect(() => world.addJob(7)).toThrow('no pipeline 7');
  expect(() => world.setLog(7, '')).toThrow('no job 7');
  expect(() => world.addToken({ value: 'x' })).toThrow('x has no user');
});
