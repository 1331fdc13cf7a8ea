import { describe, expect, it } from 'vitest';
import { smallWorld, startSimulator, startSmallWorld, type Username } from './start-simulator.ts';

const forbidden = { message: '403 Forbidden' };
const jobMissing = { message: '404 Not found' };

async function withJob(options: Parameters<ReturnType<typeof smallWorld>['world']['addJob']>[1]) {
  const setup = smallWorld();
  const job = setup.world.addJob(setup.pipeline, options);
  const started = await startSimulator({ world: setup.world });
  const act = (action: string, as: Username, body?: unknown) =>
    started.post(`/projects/1/jobs/${job.id}/${action}`, as, body);
  return { ...setup, ...started, job, act };
}

describe('every write', () => {
  it.each(['cancel', 'retry', 'erase', 'play'])(
    '%s needs a token with scope api',
    async (action) => {
      const { world, request, job, post } = await withJob({ status: 'success' });
      const path = `/projects/1/jobs/${job.id}/${action}`;
      expect((await post(path)).json).toEqual({ message: '401 Unauthorized' });
      world.addToken({ user: 'owner', value: 'reader', scopes: ['read_api'] });
      const small = await request(path, { method: 'POST', headers: { 'PRIVATE-TOKEN': 'reader' } });
      expect(small.status).toBe(403);
      expect(small.json).toEqual({
        error: 'insufficient_scope',
        error_description:
          'The request requires higher privileges than provided by the access token.',
        scope: 'api read_api',
      });
      expect(job.status).toBe('success');
    },
  );

  it.each(['cancel', 'retry', 'erase', 'play'])('%s rejects a Reporter', async (action) => {
    const { act, post } = await withJob({ status: 'running', when: 'manual' });
    const response = await act(action, 'reporter');
    expect([response.status, response.json]).toEqual([403, forbidden]);
    const hidden = await post(`/projects/1/jobs/1/${action}`, 'stranger');
    expect(hidden.json).toEqual({ message: '404 Project Not Found' });
  });

  it('responds with 404 for a missing job; without write access only since 18.3', async () => {
    const { post, world } = await withJob({});
    for (const action of ['cancel', 'retry', 'erase', 'play']) {
      expect((await post(`/projects/1/jobs/99/${action}`, 'owner')).json).toEqual(jobMissing);
    }
    expect((await post('/projects/1/jobs/99/retry', 'reporter')).status).toBe(404);
    expect((await post('/projects/1/jobs/99/cancel', 'reporter')).status).toBe(403);
    const older = await startSimulator({ world, version: '18.0' });
    expect((await older.post('/projects/1/jobs/99/retry', 'reporter')).status).toBe(403);
  });

  it.each(['cancel', 'retry', 'play'])(
    '%s needs push access to a protected ref',
    async (action) => {
      const { act, project } = await withJob({ status: 'failed', when: 'manual' });
      project.protectedRefs.set('main', 'maintainer');
      expect((await act(action, 'developer')).json).toEqual(forbidden);
      expect((await act(action, 'maintainer')).status).toBeLessThan(300);
    },
  );

  it('can conflict with a concurrent write', async () => {
    const { act, job } = await withJob({ status: 'failed' });
    job.locked = true;
    const response = await act('retry', 'owner');
    expect([response.status, response.json]).toEqual([
      409,
      { message: '409 Conflict: Resource lock' },
    ]);
  });
});

describe('cancel', () => {
  it.each(['created', 'pending', 'preparing', 'scheduled', 'manual'])(
    'ends a %s job immediately',
    async (status) => {
      const { act } = await withJob({ status });
      const { status: code, json } = await act('cancel', 'developer');
      expect([code, json.status]).toEqual([201, 'canceled']);
      expect(json.finished_at).not.toBeNull();
    },
  );

  it('lets a running job run its after_script', async () => {
    const { act, world, job } = await withJob({ status: 'running' });
    const { json } = await act('cancel', 'developer');
    expect([json.status, json.finished_at]).toEqual(['canceling', null]);
    world.advance(5_000);
    expect(job.status).toBe('canceled');
  });

  it('ends a running job immediately on 16.0 or with an old runner', async () => {
    const { act, job, world, pipeline } = await withJob({ status: 'running' });
    job.gracefulCancel = false;
    expect((await act('cancel', 'developer')).json.status).toBe('canceled');
    const running = world.addJob(pipeline, { status: 'running' });
    const older = await startSimulator({ world, version: '16.0' });
    const response = await older.post(`/projects/1/jobs/${running.id}/cancel`, 'developer');
    expect(response.json.status).toBe('canceled');
  });

  it.each(['success', 'failed', 'canceled', 'skipped', 'canceling'])(
    'responds with 201 and changes nothing if the job is %s',
    async (status) => {
      const { act } = await withJob({ status });
      const response = await act('cancel', 'developer');
      expect([response.status, response.json.status]).toEqual([201, status]);
    },
  );

  it('with force ends only a canceling job, and needs a Maintainer', async () => {
    const { act, world, pipeline, post } = await withJob({ status: 'canceling' });
    expect((await act('cancel', 'developer', { force: true })).json).toEqual(forbidden);
    expect((await act('cancel', 'maintainer', { force: true })).json.status).toBe('canceled');
    const running = world.addJob(pipeline, { status: 'running' });
    const kept = await post(`/projects/1/jobs/${running.id}/cancel?force=1`, 'maintainer');
    expect([kept.status, kept.json.status]).toEqual([201, 'running']);
  });

  it('ignores force on 18.0', async () => {
    const { world, job } = await withJob({ status: 'pending' });
    const older = await startSimulator({ world, version: '18.0' });
    const response = await older.post(`/projects/1/jobs/${job.id}/cancel?force=true`, 'developer');
    expect(response.json.status).toBe('canceled');
  });

  it('can require a higher role, and rejects bridges', async () => {
    const { act, project, world, pipeline, post } = await withJob({ status: 'pending' });
    project.cancelRole = 'maintainer';
    expect((await act('cancel', 'developer')).json).toEqual(forbidden);
    const bridge = world.addBridge(pipeline, { status: 'running' });
    const response = await post(`/projects/1/jobs/${bridge.id}/cancel`, 'owner');
    expect(response.json).toEqual(jobMissing);
  });
});

describe('retry', () => {
  it.each(['success', 'failed', 'canceled', 'canceling'])(
    'of a %s job creates a new job',
    async (status) => {
      const { act, job, world } = await withJob({ status, name: 'unit', user: 'owner' });
      const response = await act('retry', 'developer');
      expect(response.status).toBe(201);
      expect(response.json).toMatchObject({
        id: job.id + 1,
        name: 'unit',
        status: 'pending',
        user: { username: 'developer' },
        runner: null,
        artifacts: [],
      });
      expect([job.status, job.retried]).toEqual([status, true]);
      expect(world.job(job.id + 1)?.pipeline).toBe(job.pipeline);
    },
  );

  it.each(['skipped', 'manual', 'created', 'pending', 'running'])(
    'rejects a %s job',
    async (status) => {
      const { act } = await withJob({ status });
      const response = await act('retry', 'owner');
      expect(response.status).toBe(403);
      expect(response.json).toEqual({ message: '403 Forbidden - Job is not retryable' });
    },
  );

  it('rejects a second retry, and an archived job', async () => {
    const { act, world, pipeline, post } = await withJob({ status: 'failed' });
    await act('retry', 'owner');
    const again = await act('retry', 'owner');
    expect(again.json).toEqual({ message: '403 Forbidden - Job is not retryable' });
    const archived = world.addJob(pipeline, { archived: true });
    expect((await post(`/projects/1/jobs/${archived.id}/retry`, 'owner')).json).toEqual(forbidden);
  });

  it('accepts a bridge since 17.0 and returns it as a job', async () => {
    const { world, pipeline, post } = await withJob({});
    const bridge = world.addBridge(pipeline, { status: 'failed', plan: { frozen: true } });
    const { status, json } = await post(`/projects/1/jobs/${bridge.id}/retry`, 'owner');
    expect([status, json.status]).toEqual([201, 'pending']);
    expect(json).toHaveProperty('artifacts', []);
    expect(json).not.toHaveProperty('downstream_pipeline');
    expect(json).not.toHaveProperty('runner_manager');
    const older = await startSimulator({ world, version: '16.0' });
    const second = world.addBridge(pipeline, { status: 'failed' });
    const missing = await older.post(`/projects/1/jobs/${second.id}/retry`, 'owner');
    expect(missing.json).toEqual(jobMissing);
  });

  it('checks inputs on 19.3 under the name `inputs`, and ignores them before', async () => {
    const inputs = { environment: { options: ['staging', 'production'] } };
    const { act, world, job } = await withJob({ status: 'failed', inputs });
    const unknown = await act('retry', 'owner', { inputs: { x: '1' } });
    expect([unknown.status, unknown.json]).toEqual([
      400,
      { message: '400 Bad request - Unknown input: x' },
    ]);
    const bad = await act('retry', 'owner', { inputs: { environment: 'development' } });
    expect(bad.json).toEqual({
      message:
        '400 Bad request - `environment` input: `development` cannot be used because it is not in the list of allowed options',
    });
    expect((await act('retry', 'owner', { inputs: 'x' })).json).toEqual({
      error: 'inputs is invalid',
    });
    expect(job.retried).toBe(false);
    const older = await startSimulator({ world, version: '18.0' });
    const ignored = await older.post(`/projects/1/jobs/${job.id}/retry?inputs[x]=1`, 'owner');
    expect(ignored.status).toBe(201);
  });

  it('resets later jobs that were skipped', async () => {
    const { world, pipeline, act } = await withJob({ status: 'failed', stage: 'test' });
    const later = world.addJob(pipeline, { status: 'skipped', stage: 'deploy' });
    await act('retry', 'owner');
    expect(later.status).toBe('created');
    world.advance(120_000);
    expect(later.status).toBe('success');
  });
});

describe('a whole pipeline', () => {
  async function withJobs(options = {}) {
    const started = await startSmallWorld(options);
    const { world, pipeline, post } = started;
    const add = (name: string, status: string, more = {}) =>
      world.addJob(pipeline, { name, status, plan: { frozen: true }, ...more });
    const act = (action: string, as?: Username) =>
      post(`/projects/1/pipelines/${pipeline.id}/${action}`, as);
    const statuses = () =>
      Object.fromEntries(
        pipeline.jobs.filter(({ retried }) => !retried).map(({ name, status }) => [name, status]),
      );
    return { ...started, add, act, statuses };
  }

  it('is retried: current failed and canceled jobs again, skipped ones after them', async () => {
    const { add, act, statuses, pipeline, world } = await withJobs();
    add('bad', 'failed', { stage: 'test' });
    add('stopped', 'canceled', { stage: 'test' });
    add('good', 'success', { stage: 'test' });
    add('late', 'skipped', { stage: 'deploy' });
    world.addBridge(pipeline, { name: 'trigger', status: 'failed', stage: 'test' });
    const response = await act('retry', 'developer');
    expect(response.status).toBe(201);
    expect(response.json).toMatchObject({ id: pipeline.id, status: 'running' });
    expect(statuses()).toEqual({
      bad: 'pending',
      stopped: 'pending',
      good: 'success',
      late: 'created',
      trigger: 'pending',
    });
    expect((await act('retry', 'developer')).status).toBe(201);
    expect(pipeline.jobs).toHaveLength(5 + 3);
  });

  it('is canceled, trigger jobs included, manual ones not; 200 even if there is nothing to cancel', async () => {
    const { add, act, statuses, pipeline, world } = await withJobs();
    add('waits', 'pending');
    add('runs', 'running');
    add('good', 'success');
    add('asks', 'manual');
    add('later', 'scheduled');
    world.addBridge(pipeline, { name: 'trigger', status: 'running' });
    for (let count = 0; count < 2; count++) {
      expect((await act('cancel', 'developer')).status).toBe(200);
      expect(statuses()).toEqual({
        waits: 'canceled',
        runs: 'canceling',
        good: 'success',
        asks: 'manual',
        later: 'canceled',
        trigger: 'canceled',
      });
    }
  });

  it('is canceled with its child pipelines, unless it has no job to cancel itself', async () => {
    const { add, act, pipeline, project, world } = await withJobs();
    const other = world.addProject({ path: 'group/other' });
    const addBelow = (parent: typeof pipeline, source: string, of = project) => {
      const downstream = world.addPipeline(of, { source });
      world.addJob(downstream, { status: 'running', plan: { frozen: true } });
      world.addBridge(parent, { status: 'success', downstream });
      return downstream;
    };
    const child = addBelow(pipeline, 'parent_pipeline');
    const grandchild = addBelow(child, 'parent_pipeline');
    const foreign = addBelow(pipeline, 'pipeline', other);
    const statuses = () => [child, grandchild, foreign].map(({ jobs }) => jobs[0]?.status);
    await act('cancel', 'developer');
    expect(statuses()).toEqual(['running', 'running', 'running']);
    add('runs', 'running');
    await act('cancel', 'developer');
    expect(statuses()).toEqual(['canceling', 'canceling', 'running']);
  });

  it.each(['retry', 'cancel'])('%s checks the caller, the ref and locks', async (action) => {
    const { add, act, project, post } = await withJobs();
    const job = add('job', action === 'retry' ? 'failed' : 'running');
    expect((await act(action)).status).toBe(401);
    expect((await act(action, 'stranger')).json).toEqual({ message: '404 Project Not Found' });
    expect((await act(action, 'reporter')).json).toEqual(forbidden);
    expect((await post(`/projects/1/pipelines/99/${action}`, 'owner')).json).toEqual(jobMissing);
    project.protectedRefs.set('main', 'maintainer');
    expect((await act(action, 'developer')).json).toEqual(forbidden);
    job.locked = true;
    expect((await act(action, 'owner')).json).toEqual({ message: '409 Conflict: Resource lock' });
    expect(job).toMatchObject({
      retried: false,
      status: action === 'retry' ? 'failed' : 'running',
    });
  });

  it('can be retried five times a minute by each user on 19.3, not limited before', async () => {
    const { act, world, pipeline } = await withJobs();
    const statusesOf = async (as: Username, count: number) => {
      const responses = [];
      for (let at = 0; at < count; at++) responses.push((await act('retry', as)).status);
      return responses;
    };
    expect(await statusesOf('developer', 6)).toEqual([201, 201, 201, 201, 201, 429]);
    expect(await statusesOf('owner', 1)).toEqual([201]);
    const { headers, json } = await act('retry', 'developer');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(json.message.error).toContain('too many times');
    world.advance(60_000);
    expect(await statusesOf('developer', 1)).toEqual([201]);
    const older = await startSimulator({ world, version: '18.0' });
    for (let count = 0; count < 6; count++) {
      const path = `/projects/1/pipelines/${pipeline.id}/retry`;
      expect((await older.post(path, 'developer')).status).toBe(201);
    }
  });
});

it('a retry of one job can be limited per minute; rejected ones count', async () => {
  const { world, pipeline, post } = await startSmallWorld({ jobRetryLimit: 3 });
  const [first, second] = [0, 1].map(() => world.addJob(pipeline, { status: 'failed' }));
  const retry = async (id = 0) => (await post(`/projects/1/jobs/${id}/retry`, 'owner')).status;
  expect([await retry(first?.id), await retry(first?.id), await retry(first?.id)]).toEqual([
    201, 403, 403,
  ]);
  expect(await retry(first?.id)).toBe(429);
  expect(await retry(second?.id)).toBe(201);
});

describe('erase', () => {
  it('deletes log and artifacts once', async () => {
    const { act, world, job } = await withJob({
      log: 'text',
      artifacts: [{}],
      artifactsExpireAt: '2027-01-01T00:00:00Z',
    });
    const { status, json } = await act('erase', 'maintainer');
    expect(status).toBe(201);
    expect(json).toMatchObject({ status: 'success', artifacts: [], artifacts_expire_at: null });
    expect(json.erased_at).toBe(new Date(world.now).toISOString());
    expect(json).not.toHaveProperty('artifacts_file');
    expect(world.log(job)).toHaveLength(0);
    const again = await act('erase', 'maintainer');
    expect([again.status, again.json]).toEqual([
      403,
      { message: '403 Forbidden - Job is not erasable!' },
    ]);
  });

  it('rejects a job that is not complete', async () => {
    const { act } = await withJob({ status: 'running', log: 'text' });
    expect((await act('erase', 'owner')).json.message).toMatch('not erasable!');
  });

  it('needs a Maintainer, or the Developer who owns the job on an unprotected ref', async () => {
    const { act, world, pipeline, project, post } = await withJob({ log: 'x', user: 'owner' });
    expect((await act('erase', 'developer')).json).toEqual(forbidden);
    const own = world.addJob(pipeline, { log: 'x', user: 'developer' });
    project.protectedRefs.set('main', 'developer');
    const path = `/projects/1/jobs/${own.id}/erase`;
    expect((await post(path, 'developer')).json).toEqual(forbidden);
    project.protectedRefs.clear();
    expect((await post(path, 'developer')).status).toBe(201);
  });

  it('conflicts with a stats refresh', async () => {
    const { act, project } = await withJob({ log: 'x' });
    project.statsRefreshing = true;
    const response = await act('erase', 'owner');
    expect(response.status).toBe(409);
    expect(response.json.message).toMatch('undergoing stats refresh');
  });

  it('accepts an archived job on new releases only', async () => {
    const { act, world, job } = await withJob({ log: 'x', archived: true });
    const older = await startSimulator({ world, version: '16.0' });
    const refused = await older.post(`/projects/1/jobs/${job.id}/erase`, 'owner');
    expect(refused.json).toEqual(forbidden);
    expect((await act('erase', 'owner')).status).toBe(201);
  });
});

describe('play', () => {
  it.each(['manual', 'scheduled'])('starts a %s job as the caller', async (status) => {
    const { act, job } = await withJob({ status, user: 'owner' });
    const response = await act('play', 'developer');
    expect(response.status).toBe(200);
    expect(response.json).toMatchObject({
      id: job.id,
      status: 'pending',
      user: { username: 'developer' },
    });
  });

  it('returns a bridge in the shape of a bridge', async () => {
    const { world, pipeline, post } = await withJob({});
    const bridge = world.addBridge(pipeline, { status: 'manual' });
    const { status, json } = await post(`/projects/1/jobs/${bridge.id}/play`, 'owner');
    expect([status, json.downstream_pipeline]).toEqual([200, null]);
    expect(json).not.toHaveProperty('artifacts');
  });

  it('creates a new job for a manual job that is complete', async () => {
    const { act, job } = await withJob({ status: 'success', when: 'manual' });
    const { status, json } = await act('play', 'owner');
    expect([status, json.id]).toEqual([200, job.id + 1]);
  });

  it.each([{ status: 'success' }, { status: 'running', when: 'manual' as const }])(
    'rejects %o',
    async (options) => {
      const { act } = await withJob(options);
      const response = await act('play', 'owner');
      expect(response.status).toBe(400);
      expect(response.json).toEqual({ message: '400 Bad request - Unplayable Job' });
    },
  );

  it('rejects an archived job', async () => {
    const { act } = await withJob({ status: 'manual', archived: true });
    expect((await act('play', 'owner')).json).toEqual(forbidden);
  });

  it('reports every variable without key or value, and starts nothing', async () => {
    const { act, job } = await withJob({ status: 'manual' });
    const response = await act('play', 'owner', {
      job_variables_attributes: [{ key: 'A', value: '1' }, { value: '2' }, { key: 'C' }],
    });
    expect(response.status).toBe(400);
    expect(response.json).toEqual({
      error:
        'job_variables_attributes[1][key] is missing, job_variables_attributes[2][value] is missing',
    });
    const odd = await act('play', 'owner', { job_variables_attributes: 'A=1' });
    expect(odd.json).toEqual({ error: 'job_variables_attributes is invalid' });
    expect(job.status).toBe('manual');
  });

  it('accepts variables as JSON and as a form', async () => {
    const { act, request, world, pipeline, job } = await withJob({ status: 'manual' });
    await act('play', 'owner', { job_variables_attributes: [{ key: 'A', value: '1' }] });
    expect(job.variables).toEqual([{ key: 'A', value: '1' }]);
    const second = world.addJob(pipeline, { status: 'manual' });
    await request(`/projects/1/jobs/${second.id}/play`, {
      method: 'POST',
      as: 'owner',
      body: new URLSearchParams([
        ['job_variables_attributes[][key]', 'A'],
        ['job_variables_attributes[][value]', '1'],
        ['job_variables_attributes[][key]', 'B'],
        ['job_variables_attributes[][value]', '2'],
      ]),
    });
    expect(second.variables).toEqual([
      { key: 'A', value: '1' },
      { key: 'B', value: '2' },
    ]);
  });

  it('rejects variables below the role the project requires', async () => {
    const { act, project } = await withJob({ status: 'manual' });
    project.variablesRole = 'maintainer';
    const body = { job_variables_attributes: [{ key: 'A', value: '1' }] };
    expect((await act('play', 'developer', body)).json).toEqual(forbidden);
    expect((await act('play', 'developer')).status).toBe(200);
  });

  it('checks job_inputs on 19.3', async () => {
    const { act } = await withJob({ status: 'manual', inputs: { region: {} } });
    const bad = await act('play', 'owner', { job_inputs: { zone: 1 } });
    expect(bad.json).toEqual({ message: '400 Bad request - Unknown input: zone' });
    expect((await act('play', 'owner', { job_inputs: { region: 'eu' } })).status).toBe(200);
  });
});

it('rejects a body that is not JSON', async () => {
  const { request, job } = await withJob({ status: 'manual' });
  const response = await request(`/projects/1/jobs/${job.id}/play`, {
    method: 'POST',
    as: 'owner',
    body: '{',
    headers: { 'Content-Type': 'application/json' },
  });
  expect(response.status).toBe(400);
});
