import { describe, expect, it, onTestFinished } from 'vitest';
import { isKeysetUnsupported, isNotFound } from '../../src/gitlab/errors.ts';
import type { KeysetRequest } from '../../src/gitlab/pagination.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { type Version, versions } from '../../src/simulator/versions.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { connect, tokenOf } from './upstream.ts';

/**
 * Starts a simulated GitLab of a version, with five jobs and a bridge in a pipeline. Also creates a
 * client with the token of the project's owner.
 */
async function start(version: Version) {
  const world = createWorld();
  const project = world.addProject({ path: 'group/app', members: { owner: 'owner' } });
  world.addToken({ user: 'owner', value: 'glpat-owner-token' });
  const pipeline = world.addPipeline(project, { user: 'owner' });
  const jobs = Array.from({ length: 5 }, (_, n) =>
    world.addJob(pipeline, { id: 12345678901 + n, log: `log ${n}\n` }),
  );
  const bridge = world.addBridge(pipeline, {});
  const simulator = await createSimulator({ version, world });
  onTestFinished(() => simulator.close());
  const { as, transport } = connect(simulator.url);
  const gitlab = as(tokenOf('glpat-owner-token'));
  const ref = { project: 'group/app', id: String(pipeline.id) };
  return {
    world,
    project,
    pipeline: ref,
    jobs,
    bridge,
    simulator,
    gitlab,
    as,
    server: transport.server,
  };
}

const offset = { kind: 'offset', page: 1, perPage: 3 } as const;
const since = (version: Version, first: Version) =>
  versions.indexOf(version) >= versions.indexOf(first);

describe.each(versions)('the simulated GitLab %s', (version) => {
  it('returns rows that pass all checks, in lists and single reads', async () => {
    const { gitlab, pipeline, jobs, bridge, project } = await start(version);
    const page = await gitlab.listProjectJobs('group/app', {}, offset);
    expect(page).toMatchObject({ hasNext: true, hasPrevious: false });
    expect(page.items.map(({ id }) => id)).toEqual([12345678905, 12345678904, 12345678903]);
    const listed = await gitlab.listPipelineJobs(
      pipeline,
      { scope: ['success'] },
      { ...offset, page: 2 },
    );
    expect(listed).toMatchObject({ hasNext: false, hasPrevious: true, total: 5 });
    const { items } = await gitlab.listPipelineBridges(pipeline, {}, offset);
    expect(items).toMatchObject([
      { id: bridge.id, kind: 'BRIDGE', project_id: String(project.id) },
    ]);
    const job = await gitlab.getJob({ project: String(project.id), id: String(jobs[0]?.id) });
    expect(job).toMatchObject({ kind: 'BUILD', project_id: String(project.id) });
    expect(job).toEqual(await gitlab.getJob({ project: 'group/app', id: String(jobs[0]?.id) }));
    expect((await gitlab.getProject('group/app')).path_with_namespace).toBe('group/app');
    expect(await gitlab.getPipeline(pipeline)).toMatchObject({ id: Number(pipeline.id) });
    const trace = { project: 'group/app', id: String(jobs[2]?.id) };
    expect(String(await gitlab.getJobTrace(trace))).toBe('log 2\n');
    // Older servers ignore the byte offset and send the whole log (upstream.md §7).
    const tail = since(version, '19.3') ? '2\n' : 'log 2\n';
    expect(String(await gitlab.getJobTrace(trace, { byteOffset: 4 }))).toBe(tail);
  });

  it('supports keyset pages in both directions, or reports that it does not', async () => {
    const { gitlab, jobs, server } = await start(version);
    const list = (request: Partial<KeysetRequest>) =>
      gitlab.listProjectJobs(
        'group/app',
        {},
        { kind: 'keyset', perPage: 2, direction: 'older', ...request },
      );
    if (!since(version, '16.0')) {
      expect(isKeysetUnsupported(await list({}).catch((error: unknown) => error))).toBe(true);
      return;
    }
    const ids = async (request: Partial<KeysetRequest>) => {
      const { items, hasNext } = await list(request);
      return [...items.map(({ id }) => Number(id) - 12345678901), hasNext];
    };
    expect(await ids({})).toEqual([4, 3, true]);
    expect(await ids({ id: String(jobs[3]?.id) })).toEqual([2, 1, true]);
    expect(await ids({ id: String(jobs[1]?.id) })).toEqual([0, false]);
    expect(await ids({ direction: 'newer' })).toEqual([1, 0, false]);
    expect(await ids({ direction: 'newer', id: String(jobs[1]?.id) })).toEqual([3, 2, true]);
    expect(server).toMatchObject({
      keyset: true,
      builtCursors: true,
      cursorHeaders: since(version, '19.3'),
    });
  });

  it('performs writes and reports refusals', async () => {
    const { gitlab, world, jobs, simulator } = await start(version);
    const ref = { project: 'group/app', id: String(jobs[4]?.id), kind: 'BUILD' } as const;
    const again = await gitlab.retryJob(ref, {});
    expect(again.id).not.toBe(jobs[4]?.id);
    const refused = await gitlab.retryJob(ref, {}).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      status: 403,
      gitlabMessage: '403 Forbidden - Job is not retryable',
    });
    expect(await gitlab.eraseJob({ ...ref, id: String(jobs[0]?.id) })).toMatchObject({
      kind: 'BUILD',
    });
    expect(world.log(jobs[0]?.id ?? 0)).toHaveLength(0);
    expect(simulator.requests.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  it('follows a moved project', async () => {
    const { gitlab, world, jobs } = await start(version);
    world.moveProject('group/app', 'group/new-name');
    const job = await gitlab.getJob({ project: 'group/app', id: String(jobs[0]?.id) });
    expect(job).toMatchObject({ id: jobs[0]?.id, project_id: '1' });
  });

  it('responds with 404 for a bridge’s id and to callers without access', async () => {
    const { gitlab, as, world, bridge, jobs } = await start(version);
    world.addUser({ username: 'stranger' });
    world.addToken({ user: 'stranger', value: 'glpat-stranger-token' });
    const project = 'group/app';
    const calls = [
      gitlab.getJob({ project, id: String(bridge.id) }),
      as(tokenOf('glpat-stranger-token')).getJob({ project, id: String(jobs[0]?.id) }),
    ];
    for (const one of await Promise.allSettled(calls)) {
      expect(one.status === 'rejected' && isNotFound(one.reason)).toBe(true);
    }
  });

  it('revalidates unchanged responses', async () => {
    const { gitlab, jobs, simulator } = await start(version);
    const ref = { project: 'group/app', id: String(jobs[0]?.id) };
    const first = await gitlab.getJob(ref);
    expect(await gitlab.getJob(ref)).toEqual(first);
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 304]);
  });

  it('finds the job of a job token', async () => {
    const { as, world, jobs } = await start(version);
    const job = jobs[4];
    if (!job) throw new Error('no job');
    world.setStatus(job, 'running');
    world.addToken({ value: 'glcbt-64_job-token', job });
    const own = as(tokenOf('glcbt-64_job-token', 'job-token'));
    expect(await own.getCurrentJob()).toMatchObject({ id: job.id, kind: 'BUILD', project_id: '1' });
    expect(await own.getAllowedAgents()).toMatchObject({ job: { id: job.id } });
  });
});
