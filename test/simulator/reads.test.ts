import { describe, expect, it } from 'vitest';
import {
  restAllowedAgents,
  restBridge,
  restJob,
  restPipeline,
  restProject,
} from '../../src/gitlab/rows.ts';
import type { Shape } from '../../src/gitlab/shape.ts';
import { smallWorld, startSimulator, startSmallWorld } from './start-simulator.ts';

const jobMissing = { message: '404 Not found' };

describe('a job', () => {
  it('has the keys in GitLab’s order', async () => {
    const { world, pipeline, get } = await startSmallWorld({
      externalUrl: 'https://gitlab.example.com',
    });
    const job = world.addJob(pipeline, {
      id: 12345678901,
      status: 'failed',
      coverage: 30.5,
      tagList: ['z', 'a'],
      log: 'boom\n',
      artifacts: [{ size: 3_221_225_472, filename: 'artifacts.zip', file_format: 'zip' }],
    });
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

  it('leaves out keys that older releases do not have', async () => {
    const { world, pipeline, get } = await startSmallWorld({ version: '14.10' });
    const job = world.addJob(pipeline);
    const { json } = await get(`/projects/1/jobs/${job.id}`, 'owner');
    for (const key of ['erased_at', 'project', 'runner_manager', 'archived', 'failure_reason']) {
      expect(json).not.toHaveProperty(key);
    }
    expect(json.pipeline).not.toHaveProperty('iid');
    expect(json.user).toHaveProperty('skype');
    expect(json.runner.ip_address).toBe('10.1.2.3');
  });

  it('cannot be a bridge', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    const bridge = world.addBridge(pipeline);
    for (const path of [`${bridge.id}`, `${bridge.id}/trace`]) {
      const response = await get(`/projects/1/jobs/${path}`, 'owner');
      expect([response.status, response.json]).toEqual([404, jobMissing]);
    }
  });

  it('has the keys that a test replaces', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    const raw = { status: 'brand_new', runner: null, commit: undefined, coverage: 'odd' };
    const job = world.addJob(pipeline, { raw });
    const { json } = await get(`/projects/1/jobs/${job.id}`, 'owner');
    expect(json).toMatchObject({ status: 'brand_new', runner: null, coverage: 'odd' });
    expect(json).not.toHaveProperty('commit');
  });

  it('keeps its archive until it expires', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    const job = world.addJob(pipeline, { artifacts: [{}], artifactsExpireAt: world.now + 1_000 });
    const path = `/projects/1/jobs/${job.id}`;
    expect((await get(path, 'owner')).json).toHaveProperty('artifacts_file');
    world.advance(2_000);
    expect((await get(path, 'owner')).json).not.toHaveProperty('artifacts_file');
  });
});

it('has the shapes that the gateway expects, key by key', async () => {
  const { world, pipeline, project, get, request } = await startSmallWorld();
  const artifacts = [{ filename: 'artifacts.zip', file_format: 'zip' }];
  const job = world.addJob(pipeline, { status: 'failed', artifacts });
  world.addBridge(pipeline, { downstream: world.addPipeline(project) });
  const running = world.addJob(pipeline, { status: 'running', environment: 'staging' });
  world.addToken({ value: 'glcbt-1', job: running });
  world.addAgent({ project });
  // `mismatch` sets a key with an unexpected type to null, so the copy then differs from the
  // original.
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
  const agents = (await request('/job/allowed_agents', { headers: { 'JOB-TOKEN': 'glcbt-1' } }))
    .json;
  fits(agents, restAllowedAgents);
});

describe('a trace', () => {
  it('is the exact bytes that a job printed', async () => {
    const { world, pipeline, simulator, request } = await startSmallWorld();
    const job = world.addJob(pipeline, { log: Buffer.from([0x1b, 0xff, 0xfe, 0x0a]) });
    const response = await request(`/projects/1/jobs/${job.id}/trace`, { as: 'owner' });
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(response.headers.get('content-disposition')).toBe(`infile; filename="${job.id}.log"`);
    const raw = await fetch(`${simulator.url}/api/v4/projects/1/jobs/${job.id}/trace`, {
      headers: { 'PRIVATE-TOKEN': 'glpat-owner' },
    });
    expect([...new Uint8Array(await raw.arrayBuffer())]).toEqual([0x1b, 0xff, 0xfe, 0x0a]);
  });

  it('is empty without output, and 404 only without a job', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    const job = world.addJob(pipeline, { status: 'pending' });
    const empty = await get(`/projects/1/jobs/${job.id}/trace`, 'owner');
    expect([empty.status, empty.text]).toEqual([200, '']);
    expect((await get('/projects/1/jobs/999/trace', 'owner')).json).toEqual(jobMissing);
  });

  it('of a job in debug mode needs the Developer role', async () => {
    const { world, project, pipeline, get } = await startSmallWorld();
    project.visibility = 'public';
    const job = world.addJob(pipeline, { debug: true, log: 'SECRET=1' });
    const path = `/projects/1/jobs/${job.id}/trace`;
    const reporter = await get(path, 'reporter');
    expect([reporter.status, reporter.json]).toEqual([403, { message: '403 Forbidden' }]);
    expect((await get(path, 'developer')).text).toBe('SECRET=1');
  });

  it('supports byte ranges on 19.3 and ignores them before', async () => {
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
      const response = await current.get(`${path}?${bad}`, 'owner');
      const name = bad.split('=')[0];
      expect(response.status).toBe(400);
      expect(response.json).toEqual({ error: `${name} does not have a valid value` });
    }
    const older = await startSimulator({ world, version: '18.6' });
    expect((await older.get(`${path}?byte_offset=7`, 'owner')).text).toBe('0123456789');
  });
});

describe('the running job’s own endpoints', () => {
  function worldWithJobToken() {
    const setup = smallWorld();
    const { world, pipeline } = setup;
    const job = world.addJob(pipeline, { status: 'running', environment: 'production/eu' });
    world.addToken({ value: 'glcbt-1', job });
    return { ...setup, job };
  }

  it('find the job by its token, in either header', async () => {
    const { world, job } = worldWithJobToken();
    const { request, get } = await startSimulator({ world });
    for (const headers of [{ 'JOB-TOKEN': 'glcbt-1' }, { Authorization: 'Bearer glcbt-1' }]) {
      expect((await request('/job', { headers })).json.id).toBe(job.id);
    }
    expect((await get('/job?job_token=glcbt-1')).json.id).toBe(job.id);
  });

  it('reject personal tokens and the token of a finished job', async () => {
    const { world, job } = worldWithJobToken();
    const { request, get } = await startSimulator({ world });
    const person = await get('/job', 'owner');
    expect([person.status, person.json]).toEqual([404, { message: '404 Job Not Found' }]);
    const unauthorized = [401, { message: '401 Unauthorized' }];
    const anonymous = await get('/job/allowed_agents');
    expect([anonymous.status, anonymous.json]).toEqual(unauthorized);
    world.finishJob(job, 'success');
    const late = await request('/job', { headers: { 'JOB-TOKEN': 'glcbt-1' } });
    expect([late.status, late.json]).toEqual(unauthorized);
  });

  it('list the agents that the job may use', async () => {
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
    const { request } = await startSimulator({ world });
    const response = await request('/job/allowed_agents', { headers: { 'JOB-TOKEN': 'glcbt-1' } });
    expect(response.headers.get('gitlab-feature-flag')).toMatch(/=true, .*=false/);
    expect(response.json).toMatchObject({
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

  it('leave out a missing environment and roles of later releases', async () => {
    const { world, pipeline, request } = await startSmallWorld({ version: '16.0' });
    world.addToken({ value: 'glcbt-2', job: world.addJob(pipeline, { status: 'running' }) });
    const response = await request('/job/allowed_agents', { headers: { 'JOB-TOKEN': 'glcbt-2' } });
    expect(response.json).not.toHaveProperty('environment');
    expect(response.json.user.roles_in_project).toEqual(['guest', 'reporter', 'developer']);
    expect(response.headers.get('gitlab-feature-flag')).toBeNull();
  });
});

describe('other reads', () => {
  it('return a project, with fewer keys to anonymous callers', async () => {
    const { project, get } = await startSmallWorld();
    project.visibility = 'public';
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

  it('return a pipeline with coverage as text', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    world.addJob(pipeline, { coverage: 20 });
    world.addJob(pipeline, { coverage: 40 });
    const { json } = await get(`/projects/1/pipelines/${pipeline.id}`, 'owner');
    expect(json).toMatchObject({
      status: 'success',
      coverage: '30.00',
      duration: 60,
      detailed_status: { text: 'passed', group: 'success' },
      user: { username: 'developer' },
    });
  });

  it('return the current user and the release', async () => {
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

describe('every response', () => {
  it('has an ETag, and is 304 if unchanged', async () => {
    const { world, pipeline, request } = await startSmallWorld();
    const job = world.addJob(pipeline);
    const path = `/projects/1/jobs/${job.id}`;
    const first = await request(path, { as: 'owner' });
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[0-9a-f]{32}"$/);
    expect(first.headers.get('cache-control')).toBe('max-age=0, private, must-revalidate');
    const again = await request(path, { as: 'owner', headers: { 'If-None-Match': etag } });
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    job.name = 'renamed';
    const changed = await request(path, { as: 'owner', headers: { 'If-None-Match': etag } });
    expect(changed.status).toBe(200);
  });

  it('has the request id in two headers, and a media type without charset', async () => {
    const { get } = await startSmallWorld();
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

  it('to HEAD has the headers of GET', async () => {
    const { request, simulator } = await startSmallWorld();
    const head = await request('/projects/1/jobs', { method: 'HEAD', as: 'owner' });
    expect([head.status, head.text, head.headers.get('x-page')]).toEqual([200, '', '1']);
    expect(simulator.requests[0]?.route).toBe('GET /projects/:id/jobs');
  });

  it('uses the base path of a relative URL installation', async () => {
    const { world, pipeline, get, simulator } = await startSmallWorld({ basePath: '/gitlab' });
    const job = world.addJob(pipeline);
    const { json, headers } = await get('/projects/1/jobs', 'owner');
    expect(json[0].web_url).toBe(`${simulator.url}/group/app/-/jobs/${job.id}`);
    expect(headers.get('link')).toMatch(`<${simulator.url}/api/v4/projects/1/jobs?`);
    expect(simulator.requests[0]?.path).toBe('/gitlab/api/v4/projects/1/jobs');
  });
});
