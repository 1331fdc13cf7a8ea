import { expect, it } from 'vitest';
import { smallWorld, startSimulator, startSmallWorld } from './start-simulator.ts';

const projectMissing = { message: '404 Project Not Found' };
const jobMissing = { message: '404 Not found' };
const unauthorized = { message: '401 Unauthorized' };
const forbidden = { message: '403 Forbidden' };

it('responds with 404 and the key `error` if no route matches', async () => {
  const { get, simulator } = await startSmallWorld();
  for (const path of ['/projects/group/app/jobs', '/jobs', '/projects/1/jobs/2/3', '/nothing']) {
    const response = await get(path, 'owner');
    expect(response.status).toBe(404);
    expect(response.json).toEqual({ error: '404 Not Found' });
  }
  expect(simulator.requests.map(({ route }) => route)).toEqual(['', '', '', '']);
});

it('requires a credential before it validates parameters on the jobs endpoints', async () => {
  const { get } = await startSmallWorld();
  for (const path of ['/projects/1/jobs?scope=bad', '/projects/1/jobs/abc', '/projects/9/jobs']) {
    const response = await get(path);
    expect(response.status).toBe(401);
    expect(response.json).toEqual(unauthorized);
  }
});

it('validates parameters before the project lookup', async () => {
  const { get, post } = await startSmallWorld();
  const list = await get('/projects/9/jobs?scope=bad', 'owner');
  expect([list.status, list.json]).toEqual([400, { error: 'scope does not have a valid value' }]);
  const job = await get('/projects/9/jobs/abc', 'owner');
  expect([job.status, job.json]).toEqual([400, { error: 'job_id is invalid' }]);
  const pipeline = await get('/projects/9/pipelines/x/jobs?page=y', 'owner');
  expect(pipeline.json).toEqual({ error: 'pipeline_id is invalid, page is invalid' });
  const cancel = await post('/projects/9/jobs/1/cancel', 'owner', { force: 'perhaps' });
  expect(cancel.json).toEqual({ error: 'force is invalid' });
});

it('hides a private project from non-members, and jobs of other projects from everyone', async () => {
  const { world, pipeline, get } = await startSmallWorld();
  const job = world.addJob(pipeline);
  world.addProject({ path: 'group/other', members: { developer: 'developer' } });
  expect((await get('/projects/1/jobs', 'stranger')).json).toEqual(projectMissing);
  expect((await get('/projects/77/jobs', 'owner')).json).toEqual(projectMissing);
  expect((await get('/projects/app/jobs', 'owner')).json).toEqual(projectMissing);
  const elsewhere = await get(`/projects/group%2Fother/jobs/${job.id}`, 'developer');
  expect([elsewhere.status, elsewhere.json]).toEqual([404, jobMissing]);
});

it('rejects a guest if pipelines are not public, before the job lookup', async () => {
  const { project, get } = await startSmallWorld();
  project.publicPipelines = false;
  for (const path of ['/jobs', '/jobs/99', '/jobs/99/trace', '/pipelines/99/jobs']) {
    const response = await get(`/projects/1${path}`, 'guest');
    expect([path, response.status, response.json]).toEqual([path, 403, forbidden]);
  }
  expect((await get('/projects/1/jobs', 'reporter')).status).toBe(200);
});

it('allows a guest to read jobs if pipelines are public', async () => {
  const { get } = await startSmallWorld();
  expect((await get('/projects/1/jobs', 'guest')).status).toBe(200);
});

it('needs no credential for a public project’s pipeline, but one for its jobs', async () => {
  const { project, pipeline, get } = await startSmallWorld();
  const path = `/projects/1/pipelines/${pipeline.id}`;
  expect((await get(`${path}/jobs`)).json).toEqual(projectMissing);
  project.visibility = 'internal';
  expect((await get(`${path}/jobs`)).json).toEqual(projectMissing);
  expect((await get(`${path}/jobs`, 'stranger')).status).toBe(200);
  project.visibility = 'public';
  for (const each of [path, `${path}/jobs`, `${path}/bridges`, '/projects/1']) {
    expect([each, (await get(each)).status]).toEqual([each, 200]);
  }
  expect((await get('/projects/1/jobs')).json).toEqual(unauthorized);
  project.publicPipelines = false;
  expect((await get(`${path}/jobs`)).json).toEqual(forbidden);
});

it('rejects an invalid credential even on public routes', async () => {
  const { project, pipeline, request } = await startSmallWorld();
  project.visibility = 'public';
  const response = await request(`/projects/1/pipelines/${pipeline.id}/jobs`, {
    headers: { 'PRIVATE-TOKEN': 'nonsense' },
  });
  expect([response.status, response.json]).toEqual([401, unauthorized]);
});

it('finds a project by number and by path, ignoring case, with dots too', async () => {
  const { world, get } = await startSmallWorld();
  world.addProject({ path: 'group/sub/app.js', members: { owner: 'owner' } });
  for (const id of ['group%2Fapp', 'GROUP%2FApp', '1']) {
    expect((await get(`/projects/${id}`, 'owner')).json.id).toBe(1);
  }
  expect((await get('/projects/group%2Fsub%2Fapp.js/jobs', 'owner')).status).toBe(200);
  expect((await get('/projects/group%252Fapp', 'owner')).json).toEqual(projectMissing);
});

it('gives members of parent groups their role, and an admin every permission', async () => {
  const { world, get, post } = await startSmallWorld();
  world.addGroup({ path: 'top', members: { stranger: 'developer' } });
  const project = world.addProject({ path: 'top/deep/app', publicPipelines: false });
  const job = world.addJob(world.addPipeline(project), { status: 'running' });
  expect((await get('/projects/top%2Fdeep%2Fapp/jobs', 'stranger')).status).toBe(200);
  expect((await get('/projects/top%2Fdeep%2Fapp/jobs', 'guest')).status).toBe(404);
  expect((await post(`/projects/${project.id}/jobs/${job.id}/cancel`, 'admin')).status).toBe(201);
});

it('does not find a project pending deletion', async () => {
  const { project, get } = await startSmallWorld();
  project.pendingDeletion = true;
  expect((await get('/projects/1', 'owner')).json).toEqual(projectMissing);
});

it('redirects a GET of a moved project to its number on the external address', async () => {
  const { world, project, pipeline } = smallWorld();
  world.moveProject(project, 'new/home');
  world.addJob(pipeline, { id: 5 });
  const { get, post, request } = await startSimulator({
    world,
    externalUrl: 'https://gitlab.example.com/git',
  });
  const moved = await get('/projects/group%2Fapp/jobs?scope[]=failed&page=2', 'owner');
  const location = 'https://gitlab.example.com/git/api/v4/projects/1/jobs?scope[]=failed&page=2';
  expect(moved.status).toBe(301);
  expect(moved.headers.get('location')).toBe(location);
  expect(moved.text).toBe(`This resource has been moved permanently to ${location}`);
  expect(moved.headers.get('content-type')).toBe('text/plain');
  const cancel = await post('/projects/group%2Fapp/jobs/5/cancel', 'owner');
  expect(cancel.status).toBe(405);
  expect(cancel.json).toEqual({ message: 'Non GET methods are not allowed for moved projects' });
  const head = await request('/projects/group%2Fapp/jobs', { method: 'HEAD', as: 'owner' });
  expect(head.status).toBe(405);
  expect((await get('/projects/group%2Fapp/jobs', 'stranger')).json).toEqual(projectMissing);
  expect((await get('/projects/new%2Fhome/jobs', 'owner')).status).toBe(200);
});

it.each(['14.10', '16.0'] as const)(
  'serves a moved project without redirect on %s',
  async (version) => {
    const { world, project, get } = await startSmallWorld({ version });
    world.moveProject(project, 'new/home');
    expect((await get('/projects/group%2Fapp/jobs', 'owner')).status).toBe(200);
  },
);

it('ignores unknown parameters', async () => {
  const { world, pipeline, get } = await startSmallWorld();
  world.addJob(pipeline, { status: 'success' });
  expect((await get('/projects/1/jobs?status=failed&id_after=7', 'owner')).json).toHaveLength(1);
});

it('rejects API v3, and returns HTML outside the API', async () => {
  const { simulator } = await startSimulator({ basePath: '/gitlab' });
  const v3 = await fetch(`${simulator.url}/api/v3/projects`);
  expect(v3.status).toBe(410);
  expect(await v3.json()).toEqual({ error: 'API V3 is no longer supported. Use API V4 instead.' });
  const root = await fetch(simulator.url.replace('/gitlab', '/api/v4/version'));
  expect(root.status).toBe(404);
  expect(root.headers.get('content-type')).toMatch('text/html');
});
