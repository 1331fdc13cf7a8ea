import { describe, expect, it } from 'vitest';
import {
  restAllowedAgents,
  restBridge,
  restJob,
  restPipeline,
  restProject,
} from '../../src/gitlab/rows.ts';
import type { Shape } from '../../src/gitlab/shape.ts';
import { smallWorld, startSimulator } from './start-simulator.ts';

const jobMissing = { message: '404 Not found' };

describe('a job', () => {
  it('has the keys of a job in the order GitLab sends them', async () => {
    const { world, pipeline } = smallWorld();
    const job = world.addJob(pipeline, {
      id: 12345678901,
      status: 'failed',
      coverage: 30.5,
      tagList: ['z', 'a'],
      log: 'boom\n',
      artifacts: [{ size: 3_221_225_472, filename: 'artifacts.zip', file_format: 'zip' }],
    });
    const { get } = await startSimulator({ world, externalUrl: 'https://gitlab.example.com' });
    const { json } = await get(`/projects/1/jobs/${job.id}`, 'owner');
    expect(Object.keys(json)).toEqual(
      'id status stage name ref tag coverage allow_failure created_at started_at finished_at erased_at duration queued_duration user commit pipeline failure_reason web_url project artifacts_file artifacts runner runner_manager artifacts_expire_at archived tag_list'.split(
        ' ',
      ),
    );
    expect(json).toMatchObject({
      id: 12345678901,
      failure_reason: 'script_failure',
      duration: 60,
      queued_duration: 2,
      web_url: 'https://gitlab.example.com/group/app/-/jobs/12345678901',
      artifacts_file: { filename: 'artifacts.zip', size: 3_221_225_472 },
      artifacts: [
        { file_type: 'archive', size: 3_221_225_472 },
        { file_type: 'trace', size: 5, filename: 'job.log', file_format: null },
      ],
      tag_list: ['a', 'z'],
      project: { ci_job_token_scope_enabled: true },
    });
    expect(Object.keys(json.pipeline)).toEqual(
      'id iid project_id sha ref status source created_at updated_at web_url'.split(' '),
    );
  });

  it('leaves out keys that older releases do not know', async () => {
    const { world, pipeline } = smallWorld();
    const job = world.addJob(pipeline);
    const { get } = await startSimulator({ world, version: '14.10' });
    const { json } = await get(`/projects/1/jobs/${job.id}`, 'owner');
    for (const key of ['erased_at', 'project', 'runner_manager', 'archived', 'failure_reason']) {
      expect(json).not.toHaveProperty(key);
    }
    expect(json.pipeline).not.toHaveProperty('iid');
    expect(json.user).toHaveProperty('skype');
    expect(json.runner.ip_address).toBe('10.1.2.3');
  });

  it('is not a bridge', async () => {
    const { world, pipeline } = smallWorld();
    const bridge = world.addBridge(pipeline);
    const { get } = await startSimulator({ world });
    for (const path of [`${bridge.id}`, `${bridge.id}/trace`]) {
      const answer = await get(`/projects/1/jobs/${path}`, 'owner');
      expect([answer.status, answer.json]).toEqual([404, jobMissing]);
    }
  });

  it('shows whatever a test puts in its place', async () => {
    const { world, pipeline } = smallWorld();
    const raw = { status: 'brand_new', runner: null, commit: undefined, coverage: 'odd' };
    const job = world.addJob(pipeline, { raw });
    const { get } = await startSimulator({ world });
    const { json } = await get(`/projects/1/jobs/${job.id}`, 'owner');
    expect(json).toMatchObject({ status: 'brand_new', runner: null, coverage: 'odd' });
    expect(json).not.toHaveProperty('commit');
  });

  it('keeps its archive until it expires', async () => {
    const { world, pipeline } = smallWorld();
    const job = world.addJob(pipeline, { artifacts: [{}], artifactsExpireAt: world.now + 1_000 });
    const { get } = await startSimulator({ world });
    const path = `/projects/1/jobs/${job.id}`;
    expect((await get(path, 'owner')).json).toHaveProperty('artifacts_file');
    world.advance(2_000);
    expect((await get(path, 'owner')).json).not.toHaveProperty('artifacts_file');
  });
});

it('is made of what the gateway reads, key by key', async () => {
  const { world, pipeline, project } = smallWorld();
  const artifacts = [{ filename: 'artifacts.zip', file_format: 'zip' }];
  const job = world.addJob(pipeline, { status: 'failed', artifacts });
  world.addBridge(pipeline, { downstream: world.addPipeline(project) });
  const running = world.addJob(pipeline, { status: 'running', environment: 'staging' });
  world.addToken({ value: 'glcbt-1', job: running });
  world.addAgent({ project });
  const { get, ask } = await startSimulator({ world });
  /* A key whose type is not the expected one would be set to null, and so differ from what was sent. */
  const fits = (sent: object, shape: Shape<unknown>) => {
    const read = structuredClone(sent);
    expect(shape.mismatch(read)).toBeUndefined();
    expect(read).toEqual(sent);
  };
  fits((await get(`/projects/1/jobs/${job.id}`, 'owner')).json, restJob);
  const [bridge] = (await get(`/projects/1/pipelines/${pipeline.id}/bridges`, 'owner')).json;
  fits(bridge, restBridge);
  fits((await get(`/projects/1/pipelines/${pipeline.id}`, 'owner')).json, restPipeline);
  fits((await get('/projects/1', 'owner')).json, restProject);
  const agents = (await ask('/job/allowed_agents', { headers: { 'JOB-TOKEN': 'glcbt-1' } })).json;
  fits(agents, restAllowedAgents);
});

describe('a trace', () => {
  it('is the bytes a job printed, whatever they are', async () => {
    const { world, pipeline } = smallWorld();
    const job = world.addJob(pipeline, { log: Buffer.from([0x1b, 0xff, 0xfe, 0x0a]) });
    const { simulator, ask } = await startSimulator({ world });
    const answer = await ask(`/projects/1/jobs/${job.id}/trace`, { as: 'owner' });
    expect(answer.headers.get('content-type')).toBe('text/plain');
    expect(answer.headers.get('content-disposition')).toBe(`infile; filename="${job.id}.log"`);
    const raw = await fetch(`${simulator.url}/api/v4/projects/1/jobs/${job.id}/trace`, {
      headers: { 'PRIVATE-TOKEN': 'glpat-owner' },
    });
    expect([...new Uint8Array(await raw.arrayBuffer())]).toEqual([0x1b, 0xff, 0xfe, 0x0a]);
  });

  it('is empty when nothing was printed, and missing only with its job', async () => {
    const { world, pipeline } = smallWorld();
    const job = world.addJob(pipeline, { status: 'pending' });
    const { get } = await startSimulator({ world });
    const empty = await get(`/projects/1/jobs/${job.id}/trace`, 'owner');
    expect([empty.status, empty.text]).toEqual([200, '']);
    expect((await get('/projects/1/jobs/999/trace', 'owner')).json).toEqual(jobMissing);
  });

  it('of a job in debug mode is for Developers, whoever may read jobs', async () => {
    const { world, project, pipeline } = smallWorld();
    project.visibility = 'public';
    const job = world.addJob(pipeline, { debug: true, log: 'SECRET=1' });
    const { get } = await startSimulator({ world });
    const path = `/projects/1/jobs/${job.id}/trace`;
    const reporter = await get(path, 'reporter');
    expect([reporter.status, reporter.json]).toEqual([403, { message: '403 Forbidden' }]);
    expect((await get(path, 'developer')).text).toBe('SECRET=1');
  });

  it('is read in part on 19.3, and whole before', async () => {
    const { world, pipeline } = smallWorld();
    const job = world.addJob(pipeline, { log: '0123456789' });
    const current = await startSimulator({ world });
    const path = `/projects/1/jobs/${job.id}/trace`;
    const text = async (query: string) => (await current.get(`${path}?${query}`, 'owner')).text;
    expect(await text('byte_offset=7')).toBe('789');
    expect(await text('byte_limit=3')).toBe('012');
    expect(await text('byte_offset=2&byte_limit=3')).toBe('234');
    expect(await text('byte_offset=99')).toBe('');
    for (const bad of ['byte_offset=-1', 'byte_limit=0', 'byte_limit=512001']) {
      const answer = await current.get(`${path}?${bad}`, 'owner');
      const name = bad.split('=')[0];
      expect(answer.status).toBe(400);
      expect(answer.json).toEqual({ error: `${name} does not have a valid value` });
    }
    const older = await startSimulator({ world, version: '18.6' });
    expect((await older.get(`${path}?byte_offset=7`, 'owner')).text).toBe('0123456789');
  });
});

describe('the running job’s own endpoints', () => {
  function worldWithJobToken() {
    const made = smallWorld();
    const { world, pipeline } = made;
    const job = world.addJob(pipeline, { status: 'running', environment: 'production/eu' });
    world.addToken({ value: 'glcbt-1', job });
    return { ...made, job };
  }

  it('know the job by its token, in either header', async () => {
    const { world, job } = worldWithJobToken();
    const { ask, get } = await startSimulator({ world });
    for (const headers of [{ 'JOB-TOKEN': 'glcbt-1' }, { Authorization: 'Bearer glcbt-1' }]) {
      expect((await ask('/job', { headers })).json.id).toBe(job.id);
    }
    expect((await get('/job?job_token=glcbt-1')).json.id).toBe(job.id);
  });

  it('are not for people, nor for the token of a job that ended', async () => {
    const { world, job } = worldWithJobToken();
    const { ask, get } = await startSimulator({ world });
    const person = await get('/job', 'owner');
    expect([person.status, person.json]).toEqual([404, { message: '404 Job Not Found' }]);
    const unauthorized = [401, { message: '401 Unauthorized' }];
    const nobody = await get('/job/allowed_agents');
    expect([nobody.status, nobody.json]).toEqual(unauthorized);
    world.finishJob(job, 'success');
    const late = await ask('/job', { headers: { 'JOB-TOKEN': 'glcbt-1' } });
    expect([late.status, late.json]).toEqual(unauthorized);
  });

  it('name the agents that the job may use', async () => {
    const { world, job, project } = worldWithJobToken();
    const own = world.addAgent({ project });
    const shared = world.addAgent({
      project: world.addProject({ path: 'group/clusters' }),
      access: [
        { path: 'group', environments: ['staging'], configuration: { default_namespace: 's' } },
        {
          path: 'group',
          environments: ['production/*'],
          configuration: { default_namespace: 'p' },
        },
        { path: 'group/app', protectedBranchesOnly: true },
      ],
    });
    const { ask } = await startSimulator({ world });
    const answer = await ask('/job/allowed_agents', { headers: { 'JOB-TOKEN': 'glcbt-1' } });
    expect(answer.headers.get('gitlab-feature-flag')).toMatch(/=true, .*=false/);
    expect(answer.json).toMatchObject({
      allowed_agents: [
        { id: own.id, config_project: { path_with_namespace: 'group/app' }, configuration: {} },
        {
          id: shared.id,
          configuration: { default_namespace: 'p', environments: ['production/*'] },
        },
      ],
      job: { id: job.id },
      pipeline: { id: job.pipeline.id },
      project: { id: 1, groups: [{ id: 1 }] },
      user: {
        username: 'developer',
        roles_in_project: ['guest', 'planner', 'reporter', 'developer', 'security_manager'],
      },
      environment: { tier: 'production', slug: 'production-eu' },
    });
  });

  it('leave out the environment a job has not, and roles that came later', async () => {
    const { world, pipeline } = smallWorld();
    world.addToken({ value: 'glcbt-2', job: world.addJob(pipeline, { status: 'running' }) });
    const { ask } = await startSimulator({ world, version: '16.0' });
    const answer = await ask('/job/allowed_agents', { headers: { 'JOB-TOKEN': 'glcbt-2' } });
    expect(answer.json).not.toHaveProperty('environment');
    expect(answer.json.user.roles_in_project).toEqual(['guest', 'reporter', 'developer']);
    expect(answer.headers.get('gitlab-feature-flag')).toBeNull();
  });
});

describe('what is beside jobs', () => {
  it('shows a project, and less of it to nobody', async () => {
    const { world, project } = smallWorld();
    project.visibility = 'public';
    const { get } = await startSimulator({ world });
    const mine = await get('/projects/group%2Fapp', 'developer');
    expect(mine.json).toMatchObject({
      id: 1,
      path_with_namespace: 'group/app',
      name_with_namespace: 'group / app',
      ci_job_token_scope_enabled: true,
      permissions: { project_access: { access_level: 30 } },
    });
    expect((await get('/projects/1')).json).not.toHaveProperty('ci_job_token_scope_enabled');
    expect((await get('/projects/1', 'stranger')).json.permissions.project_access).toBeNull();
  });

  it('shows a pipeline with coverage as text', async () => {
    const { world, pipeline } = smallWorld();
    world.addJob(pipeline, { coverage: 20 });
    world.addJob(pipeline, { coverage: 40 });
    const { get } = await startSimulator({ world });
    const { json } = await get(`/projects/1/pipelines/${pipeline.id}`, 'owner');
    expect(json).toMatchObject({
      status: 'success',
      coverage: '30.00',
      duration: 60,
      detailed_status: { text: 'passed', group: 'success' },
      user: { username: 'developer' },
    });
  });

  it('says who asks and what release it is', async () => {
    const { world } = smallWorld();
    const current = await startSimulator({ world });
    expect((await current.get('/user', 'reporter')).json.username).toBe('reporter');
    expect((await current.get('/user')).status).toBe(401);
    expect((await current.get('/version', 'guest')).json.version).toBe('19.3.0-ee');
    expect((await current.get('/metadata', 'guest')).json.enterprise).toBe(true);
    const older = await startSimulator({ world, version: '14.10' });
    expect((await older.get('/metadata', 'guest')).status).toBe(404);
  });
});

describe('every answer', () => {
  it('has an ETag that spares its body', async () => {
    const { world, pipeline } = smallWorld();
    const job = world.addJob(pipeline);
    const { ask } = await startSimulator({ world });
    const path = `/projects/1/jobs/${job.id}`;
    const first = await ask(path, { as: 'owner' });
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[0-9a-f]{32}"$/);
    expect(first.headers.get('cache-control')).toBe('max-age=0, private, must-revalidate');
    const again = await ask(path, { as: 'owner', headers: { 'If-None-Match': etag } });
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    job.name = 'renamed';
    const changed = await ask(path, { as: 'owner', headers: { 'If-None-Match': etag } });
    expect(changed.status).toBe(200);
  });

  it('names its request twice, as JSON without charset', async () => {
    const { world } = smallWorld();
    const { get } = await startSimulator({ world });
    const { headers } = await get('/projects/1/jobs', 'owner');
    const id = headers.get('x-request-id');
    expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(JSON.parse(headers.get('x-gitlab-meta') ?? '')).toEqual({
      correlation_id: id,
      version: '1',
    });
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('x-runtime')).toMatch(/^\d+\.\d+$/);
    expect(headers.get('vary')).toMatch('Origin');
  });

  it('to a HEAD has the headers of its GET', async () => {
    const { world } = smallWorld();
    const { ask, simulator } = await startSimulator({ world });
    const head = await ask('/projects/1/jobs', { method: 'HEAD', as: 'owner' });
    expect([head.status, head.text, head.headers.get('x-page')]).toEqual([200, '', '1']);
    expect(simulator.requests[0]?.route).toBe('GET /projects/:id/jobs');
  });

  it('stands below the path of a relative install', async () => {
    const { world, pipeline } = smallWorld();
    const job = world.addJob(pipeline);
    const { get, simulator } = await startSimulator({ world, basePath: '/gitlab' });
    const { json, headers } = await get('/projects/1/jobs', 'owner');
    expect(json[0].web_url).toBe(`${simulator.url}/group/app/-/jobs/${job.id}`);
    expect(headers.get('link')).toMatch(`<${simulator.url}/api/v4/projects/1/jobs?`);
    expect(simulator.requests[0]?.path).toBe('/gitlab/api/v4/projects/1/jobs');
  });
});
