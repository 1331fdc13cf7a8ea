import { describe, expect, it } from 'vitest';
import { smallWorld, startSimulator, startSmallWorld } from './start-simulator.ts';

const unauthorized = [401, { message: '401 Unauthorized' }];

describe('a token', () => {
  it('is read from a header, as a bearer token or from the query', async () => {
    const { world, request } = await startSmallWorld();
    world.addToken({ user: 'owner', value: 'oauth-1', kind: 'oauth' });
    const list = '/projects/1/jobs';
    expect((await request(list, { headers: { 'PRIVATE-TOKEN': 'glpat-owner' } })).status).toBe(200);
    for (const value of ['oauth-1', 'glpat-owner']) {
      const headers = { Authorization: `Bearer ${value}` };
      expect((await request(list, { headers })).status).toBe(200);
    }
    expect((await request(`${list}?access_token=oauth-1`)).status).toBe(200);
    expect((await request(`${list}?private_token=glpat-owner`)).status).toBe(200);
    const odd = await request(list, { headers: { 'PRIVATE-TOKEN': 'oauth-1' } });
    expect([odd.status, odd.json]).toEqual(unauthorized);
  });

  it('that is expired or revoked gets 401 with a challenge', async () => {
    const { world, request } = await startSmallWorld();
    world.addToken({ user: 'owner', value: 'old', expired: true });
    world.addToken({ user: 'owner', value: 'gone', revoked: true, kind: 'oauth' });
    const old = await request('/projects/1/jobs', { headers: { 'PRIVATE-TOKEN': 'old' } });
    expect(old.status).toBe(401);
    expect(old.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
    expect(old.json).toEqual({
      error: 'invalid_token',
      error_description: 'Token is expired. You can either do re-authorization or token refresh.',
    });
    const gone = await request('/projects/1/jobs', { headers: { Authorization: 'Bearer gone' } });
    expect(gone.json.error_description).toBe(
      'Token was revoked. You have to re-authorize from the user.',
    );
  });

  it('with scope read_api reads; with an unrelated scope it does not', async () => {
    const { world, request } = await startSmallWorld();
    world.addToken({ user: 'owner', value: 'reader', scopes: ['read_api'] });
    world.addToken({ user: 'owner', value: 'other', scopes: ['read_repository'] });
    expect(
      (await request('/projects/1/jobs', { headers: { 'PRIVATE-TOKEN': 'reader' } })).status,
    ).toBe(200);
    const other = await request('/projects/1/jobs', { headers: { 'PRIVATE-TOKEN': 'other' } });
    expect([other.status, other.json.error]).toEqual([403, 'insufficient_scope']);
  });

  it('that is fine-grained has only the permissions it names', async () => {
    const { world, pipeline, request } = await startSmallWorld();
    const job = world.addJob(pipeline, { status: 'failed' });
    world.addToken({ user: 'owner', value: 'fine', permissions: ['read_job'] });
    const headers = { 'PRIVATE-TOKEN': 'fine' };
    expect((await request(`/projects/1/jobs/${job.id}`, { headers })).status).toBe(200);
    const retry = await request(`/projects/1/jobs/${job.id}/retry`, { method: 'POST', headers });
    expect([retry.status, retry.json.error]).toEqual([403, 'insufficient_granular_scope']);
    expect(retry.json.error_description).toMatch('retry_job');
  });

  it('of a blocked user gets 403 with the reason', async () => {
    const { world, get } = await startSmallWorld();
    const user = world.user('owner');
    if (user) user.state = 'blocked';
    const response = await get('/projects/1/jobs', 'owner');
    expect(response.status).toBe(403);
    expect(response.json).toEqual({ message: '403 Forbidden - Your account has been blocked.' });
  });

  it('of an admin with scope sudo can act as another user', async () => {
    const { world, request } = await startSmallWorld();
    world.addToken({ user: 'admin', value: 'sudoer', scopes: ['api', 'sudo'] });
    const as = (token: string, name: string) =>
      request('/user', { headers: { 'PRIVATE-TOKEN': token, Sudo: name } });
    expect((await as('sudoer', 'guest')).json.username).toBe('guest');
    expect((await as('glpat-owner', 'guest')).json).toEqual({
      message: '403 Forbidden - Must be admin to use sudo',
    });
    expect((await as('glpat-admin', 'guest')).json.error).toBe('insufficient_scope');
    expect((await as('sudoer', 'nobody')).status).toBe(404);
  });
});

describe('a job token', () => {
  function worldWithJobToken() {
    const setup = smallWorld();
    const job = setup.world.addJob(setup.pipeline, { status: 'running' });
    setup.world.addToken({ value: 'glcbt-1', job });
    return { ...setup, job };
  }
  const inHeader = { headers: { 'JOB-TOKEN': 'glcbt-1' } };
  const asBearer = { headers: { Authorization: 'Bearer glcbt-1' } };

  it.each([
    ['18.0', [401, 404, 404, 404]],
    ['18.6', [200, 200, 404, 404]],
    ['19.3', [200, 200, 200, 200]],
  ] as const)('on %s reads lists as %o', async (version, expected) => {
    const { world, pipeline } = worldWithJobToken();
    const { request } = await startSimulator({ world, version });
    const ofPipeline = ['jobs', 'bridges'].map((name) => `pipelines/${pipeline.id}/${name}`);
    const paths = ['jobs', ...ofPipeline, 'pipelines'];
    const responses = await Promise.all(
      paths.map((path) => request(`/projects/1/${path}`, inHeader)),
    );
    expect(responses.map(({ status }) => status)).toEqual(expected);
  });

  it('cannot read or write a single job', async () => {
    const { world, job } = worldWithJobToken();
    const { request } = await startSimulator({ world });
    const path = `/projects/1/jobs/${job.id}`;
    const tries = [
      request(path, inHeader),
      request(`${path}/trace`, inHeader),
      request(path, asBearer),
      request(`${path}/cancel`, { ...inHeader, method: 'POST' }),
    ];
    for (const response of await Promise.all(tries)) {
      expect([response.status, response.json]).toEqual(unauthorized);
    }
  });

  it('as a bearer gets 401 on a route that ignores the JOB-TOKEN header', async () => {
    const { world, project } = worldWithJobToken();
    project.visibility = 'public';
    const { request } = await startSimulator({ world });
    expect((await request('/projects/1', inHeader)).status).toBe(200);
    expect((await request('/projects/1', asBearer)).status).toBe(401);
  });

  it('expires with its job', async () => {
    const { world, job } = worldWithJobToken();
    const { request } = await startSimulator({ world });
    world.setStatus(job, 'canceling');
    expect((await request('/projects/1/jobs', inHeader)).status).toBe(200);
    world.finishJob(job, 'canceled');
    expect((await request('/projects/1/jobs', inHeader)).status).toBe(401);
  });

  it('reads another project only as its allowlist permits', async () => {
    const { world } = worldWithJobToken();
    const other = world.addProject({ path: 'group/other', members: { developer: 'developer' } });
    const pipeline = world.addPipeline(other);
    const { request } = await startSimulator({ world });
    const list = () => request(`/projects/${other.id}/jobs`, inHeader);
    expect((await list()).json).toEqual({
      message: `403 Forbidden - Authentication by CI/CD job token not allowed from group/app to project #${other.id}.`,
    });
    other.jobTokenAllowlist.set('group/app', ['read_jobs']);
    expect((await list()).status).toBe(200);
    const bridges = await request(
      `/projects/${other.id}/pipelines/${pipeline.id}/bridges`,
      inHeader,
    );
    expect(bridges.json).toEqual({
      message: `403 Forbidden - Insufficient permissions to access this resource in project #${other.id}. The following token permission is required: read_pipelines.`,
    });
    other.jobTokenAllowlist.set('group/app', 'all');
    expect((await list()).status).toBe(200);
    other.jobTokenAllowlist.clear();
    other.jobTokenScopeEnabled = false;
    expect((await list()).status).toBe(200);
  });
});
