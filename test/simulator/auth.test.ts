import { describe, expect, it } from 'vitest';
import { smallWorld, startSimulator } from './start-simulator.ts';

const unauthorized = [401, { message: '401 Unauthorized' }];

describe('a token', () => {
  it('comes in a header, as a bearer or in the query', async () => {
    const { world } = smallWorld();
    world.addToken({ user: 'owner', value: 'oauth-1', kind: 'oauth' });
    const { ask } = await startSimulator({ world });
    const list = '/projects/1/jobs';
    expect((await ask(list, { headers: { 'PRIVATE-TOKEN': 'glpat-owner' } })).status).toBe(200);
    for (const value of ['oauth-1', 'glpat-owner']) {
      const headers = { Authorization: `Bearer ${value}` };
      expect((await ask(list, { headers })).status).toBe(200);
    }
    expect((await ask(`${list}?access_token=oauth-1`)).status).toBe(200);
    expect((await ask(`${list}?private_token=glpat-owner`)).status).toBe(200);
    const odd = await ask(list, { headers: { 'PRIVATE-TOKEN': 'oauth-1' } });
    expect([odd.status, odd.json]).toEqual(unauthorized);
  });

  it('that expired or was revoked says so, with a challenge', async () => {
    const { world } = smallWorld();
    world.addToken({ user: 'owner', value: 'old', expired: true });
    world.addToken({ user: 'owner', value: 'gone', revoked: true, kind: 'oauth' });
    const { ask } = await startSimulator({ world });
    const old = await ask('/projects/1/jobs', { headers: { 'PRIVATE-TOKEN': 'old' } });
    expect(old.status).toBe(401);
    expect(old.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
    expect(old.json).toEqual({
      error: 'invalid_token',
      error_description: 'Token is expired. You can either do re-authorization or token refresh.',
    });
    const gone = await ask('/projects/1/jobs', { headers: { Authorization: 'Bearer gone' } });
    expect(gone.json.error_description).toBe(
      'Token was revoked. You have to re-authorize from the user.',
    );
  });

  it('reads with read_api, and not with a scope for something else', async () => {
    const { world } = smallWorld();
    world.addToken({ user: 'owner', value: 'reader', scopes: ['read_api'] });
    world.addToken({ user: 'owner', value: 'other', scopes: ['read_repository'] });
    const { ask } = await startSimulator({ world });
    expect((await ask('/projects/1/jobs', { headers: { 'PRIVATE-TOKEN': 'reader' } })).status).toBe(
      200,
    );
    const other = await ask('/projects/1/jobs', { headers: { 'PRIVATE-TOKEN': 'other' } });
    expect([other.status, other.json.error]).toEqual([403, 'insufficient_scope']);
  });

  it('that is fine-grained does only what it names', async () => {
    const { world, pipeline } = smallWorld();
    const job = world.addJob(pipeline, { status: 'failed' });
    world.addToken({ user: 'owner', value: 'fine', permissions: ['read_job'] });
    const { ask } = await startSimulator({ world });
    const headers = { 'PRIVATE-TOKEN': 'fine' };
    expect((await ask(`/projects/1/jobs/${job.id}`, { headers })).status).toBe(200);
    const retry = await ask(`/projects/1/jobs/${job.id}/retry`, { method: 'POST', headers });
    expect([retry.status, retry.json.error]).toEqual([403, 'insufficient_granular_scope']);
    expect(retry.json.error_description).toMatch('retry_job');
  });

  it('of a blocked user is refused with the reason', async () => {
    const { world } = smallWorld();
    const user = world.user('owner');
    if (user) user.state = 'blocked';
    const { get } = await startSimulator({ world });
    const answer = await get('/projects/1/jobs', 'owner');
    expect(answer.status).toBe(403);
    expect(answer.json).toEqual({ message: '403 Forbidden - Your account has been blocked.' });
  });

  it('acts as somebody else for an admin with scope sudo', async () => {
    const { world } = smallWorld();
    world.addToken({ user: 'admin', value: 'sudoer', scopes: ['api', 'sudo'] });
    const { ask } = await startSimulator({ world });
    const as = (token: string, name: string) =>
      ask('/user', { headers: { 'PRIVATE-TOKEN': token, Sudo: name } });
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
    const made = smallWorld();
    const job = made.world.addJob(made.pipeline, { status: 'running' });
    made.world.addToken({ value: 'glcbt-1', job });
    return { ...made, job };
  }
  const inHeader = { headers: { 'JOB-TOKEN': 'glcbt-1' } };
  const asBearer = { headers: { Authorization: 'Bearer glcbt-1' } };

  it.each([
    ['18.0', [401, 404, 404]],
    ['18.6', [200, 200, 404]],
    ['19.3', [200, 200, 200]],
  ] as const)('on %s reads lists as %o', async (version, expected) => {
    const { world, pipeline } = worldWithJobToken();
    const { ask } = await startSimulator({ world, version });
    const paths = ['jobs', `pipelines/${pipeline.id}/jobs`, `pipelines/${pipeline.id}/bridges`];
    const answers = await Promise.all(paths.map((path) => ask(`/projects/1/${path}`, inHeader)));
    expect(answers.map(({ status }) => status)).toEqual(expected);
  });

  it('reads and writes no single job', async () => {
    const { world, job } = worldWithJobToken();
    const { ask } = await startSimulator({ world });
    const path = `/projects/1/jobs/${job.id}`;
    const tries = [
      ask(path, inHeader),
      ask(`${path}/trace`, inHeader),
      ask(path, asBearer),
      ask(`${path}/cancel`, { ...inHeader, method: 'POST' }),
    ];
    for (const answer of await Promise.all(tries)) {
      expect([answer.status, answer.json]).toEqual(unauthorized);
    }
  });

  it('as a bearer is refused where its header form counts as none', async () => {
    const { world, project } = worldWithJobToken();
    project.visibility = 'public';
    const { ask } = await startSimulator({ world });
    expect((await ask('/projects/1', inHeader)).status).toBe(200);
    expect((await ask('/projects/1', asBearer)).status).toBe(401);
  });

  it('dies with its job', async () => {
    const { world, job } = worldWithJobToken();
    const { ask } = await startSimulator({ world });
    world.setStatus(job, 'canceling');
    expect((await ask('/projects/1/jobs', inHeader)).status).toBe(200);
    world.finishJob(job, 'canceled');
    expect((await ask('/projects/1/jobs', inHeader)).status).toBe(401);
  });

  it('reads another project only as far as that allows it', async () => {
    const { world } = worldWithJobToken();
    const other = world.addProject({ path: 'group/other', members: { developer: 'developer' } });
    const pipeline = world.addPipeline(other);
    const { ask } = await startSimulator({ world });
    const list = () => ask(`/projects/${other.id}/jobs`, inHeader);
    expect((await list()).json).toEqual({
      message: `403 Forbidden - Authentication by CI/CD job token not allowed from group/app to project #${other.id}.`,
    });
    other.jobTokenAllowlist.set('group/app', ['read_jobs']);
    expect((await list()).status).toBe(200);
    const bridges = await ask(`/projects/${other.id}/pipelines/${pipeline.id}/bridges`, inHeader);
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
