import { Gitlab } from '@gitbeaker/rest';
import { describe, expect, it } from 'vitest';
import { smallWorld, startSimulator } from './start-simulator.ts';

/**
 * Starts a simulator and gitbeaker, an independent GitLab client, which the simulator must satisfy.
 */
async function withGitbeaker(token = 'glpat-maintainer') {
  const setup = smallWorld();
  const { simulator } = await startSimulator({ world: setup.world });
  const gitlab = new Gitlab({ host: simulator.url, token });
  return { ...setup, simulator, gitlab };
}

describe('gitbeaker', () => {
  it('lists a project’s jobs by status', async () => {
    const { gitlab, world, pipeline } = await withGitbeaker();
    world.addJob(pipeline, { name: 'lint', status: 'failed' });
    world.addJob(pipeline, { name: 'unit' });
    const jobs = await gitlab.Jobs.all('group/app', { scope: 'failed' });
    expect(jobs.map(({ name }) => name)).toEqual(['lint']);
  });

  it('pages by offset', async () => {
    const { gitlab, world, pipeline, simulator } = await withGitbeaker();
    for (let id = 1; id <= 5; id += 1) world.addJob(pipeline, { id });
    const { data, paginationInfo } = await gitlab.Jobs.all('group/app', {
      perPage: 2,
      page: 2,
      maxPages: 1,
      showExpanded: true,
    });
    expect(data.map(({ id }) => id)).toEqual([3, 2]);
    expect(paginationInfo).toMatchObject({ current: 2, next: 3, previous: 1, perPage: 2 });
    const all = await gitlab.Jobs.all('group/app', { perPage: 2 });
    expect(all.map(({ id }) => id)).toEqual([5, 4, 3, 2, 1]);
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('pages by keyset to the last row', async () => {
    const { gitlab, world, pipeline, simulator } = await withGitbeaker();
    for (let id = 12345678901; id <= 12345678905; id += 1) world.addJob(pipeline, { id });
    const jobs = await gitlab.Jobs.all(1, { pagination: 'keyset', perPage: 2 });
    expect(jobs.map(({ id }) => id)).toEqual([
      12345678905, 12345678904, 12345678903, 12345678902, 12345678901,
    ]);
    expect(simulator.requests).toHaveLength(3);
  });

  it('lists a pipeline’s jobs and bridges', async () => {
    const { gitlab, world, pipeline, project } = await withGitbeaker();
    const downstream = world.addPipeline(project);
    world.addJob(pipeline, { name: 'unit', retried: true });
    world.addJob(pipeline, { name: 'unit' });
    world.addBridge(pipeline, { name: 'trigger', downstream });
    const jobs = await gitlab.Jobs.all(1, { pipelineId: pipeline.id, includeRetried: true });
    expect(jobs).toHaveLength(2);
    const [bridge] = await gitlab.Jobs.allPipelineBridges(1, pipeline.id);
    expect(bridge?.downstream_pipeline.id).toBe(downstream.id);
  });

  it('reads a job and its log', async () => {
    const { gitlab, world, pipeline } = await withGitbeaker();
    const job = world.addJob(pipeline, { name: 'unit', log: 'one\ntwo\n' });
    const read = await gitlab.Jobs.show('group/app', job.id);
    expect(read).toMatchObject({ name: 'unit', status: 'success', pipeline: { project_id: 1 } });
    expect(await gitlab.Jobs.showLog('group/app', job.id)).toBe('one\ntwo\n');
  });

  it('cancels, retries, erases and plays', async () => {
    const { gitlab, world, pipeline } = await withGitbeaker();
    const running = world.addJob(pipeline, { status: 'running' });
    const failed = world.addJob(pipeline, { status: 'failed', log: 'x' });
    const manual = world.addJob(pipeline, { status: 'manual' });
    expect((await gitlab.Jobs.cancel(1, running.id)).status).toBe('canceling');
    const again = await gitlab.Jobs.retry(1, failed.id);
    expect(again).toMatchObject({ status: 'pending', name: failed.name });
    expect(again.id).not.toBe(failed.id);
    expect((await gitlab.Jobs.erase(1, failed.id)).artifacts).toEqual([]);
    const played = await gitlab.Jobs.play(1, manual.id, {
      jobVariablesAttributes: [{ key: 'A', value: '1' }],
    });
    expect(played.status).toBe('pending');
    expect(manual.variables).toEqual([{ key: 'A', value: '1' }]);
  });

  it('receives GitLab’s reason for a rejected write', async () => {
    const { gitlab, world, pipeline } = await withGitbeaker('glpat-developer');
    const running = world.addJob(pipeline, { status: 'running' });
    await expect(gitlab.Jobs.retry(1, running.id)).rejects.toMatchObject({
      cause: { description: '403 Forbidden - Job is not retryable' },
    });
  });

  it('reads project, pipeline, user and metadata', async () => {
    const { gitlab, pipeline } = await withGitbeaker();
    expect((await gitlab.Projects.show('group/app')).path_with_namespace).toBe('group/app');
    expect((await gitlab.Pipelines.show(1, pipeline.id)).ref).toBe('main');
    expect((await gitlab.Users.showCurrentUser()).username).toBe('maintainer');
    expect((await gitlab.Metadata.show()).version).toBe('19.3.0-ee');
  });
});
