import { describe, expect, it } from 'vitest';
import { encodeCursor } from '../../src/simulator/pagination.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { smallWorld, startSimulator, startSmallWorld } from './start-simulator.ts';

type Row = { id: number; name: string };

function ids(rows: Row[]): number[] {
  return rows.map(({ id }) => id);
}

function worldWithJobs(count: number) {
  const setup = smallWorld();
  for (let id = 1; id <= count; id += 1) {
    setup.world.addJob(setup.pipeline, { id, status: id % 2 === 0 ? 'failed' : 'success' });
  }
  return setup;
}

async function startWithJobs(count: number, options: SimulatorOptions = {}) {
  const setup = worldWithJobs(count);
  return { ...setup, ...(await startSimulator({ world: setup.world, ...options })) };
}

describe('a project’s jobs', () => {
  it('are builds only, newest first, retried ones included', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    world.addJob(pipeline, { id: 12345678901 });
    world.addJob(pipeline, { id: 7, retried: true });
    world.addBridge(pipeline, { id: 8 });
    expect(ids((await get('/projects/1/jobs', 'owner')).json)).toEqual([12345678901, 7]);
  });

  it('are filtered by one or several scopes', async () => {
    const { get, request } = await startWithJobs(6);
    expect(ids((await get('/projects/1/jobs?scope=failed', 'owner')).json)).toEqual([6, 4, 2]);
    const both = await get('/projects/1/jobs?scope[]=failed&scope[]=success', 'owner');
    expect(both.json).toHaveLength(6);
    const hash = await request('/projects/1/jobs?scope[0]=failed', { as: 'owner' });
    expect(ids(hash.json)).toEqual([6, 4, 2]);
  });

  it.each(['scope=', 'scope=failed,success', 'scope[]=failed&scope[]=nope', 'scope=brand_new'])(
    'reject %s',
    async (query) => {
      const { get } = await startSmallWorld();
      const response = await get(`/projects/1/jobs?${query}`, 'owner');
      expect(response.status).toBe(400);
      expect(response.json).toEqual({ error: 'scope does not have a valid value' });
    },
  );

  it('are filtered by ref only on 19.3', async () => {
    const { world, pipeline } = smallWorld();
    world.addJob(pipeline, { ref: 'main' });
    world.addJob(pipeline, { ref: 'topic' });
    const current = await startSimulator({ world });
    expect((await current.get('/projects/1/jobs?ref=topic', 'owner')).json).toHaveLength(1);
    expect((await current.get('/projects/1/jobs?ref=', 'owner')).json).toHaveLength(2);
    const older = await startSimulator({ world, version: '18.6' });
    expect((await older.get('/projects/1/jobs?ref=topic', 'owner')).json).toHaveLength(2);
  });
});

describe('offset pagination', () => {
  it('has page headers without a total for a project’s jobs', async () => {
    const { get, simulator } = await startWithJobs(5);
    const { headers, json } = await get('/projects/group%2Fapp/jobs?page=2&per_page=2', 'owner');
    expect(ids(json)).toEqual([3, 2]);
    const all = Object.fromEntries(headers);
    expect(all).toMatchObject({
      'x-page': '2',
      'x-per-page': '2',
      'x-next-page': '3',
      'x-prev-page': '1',
    });
    expect(all).not.toHaveProperty('x-total');
    const url = (page: number) =>
      `<${simulator.url}/api/v4/projects/group%2Fapp/jobs?id=group%2Fapp&page=${page}&per_page=2>`;
    expect(all['link']).toBe(
      `${url(1)}; rel="prev", ${url(3)}; rel="next", ${url(1)}; rel="first"`,
    );
  });

  it('has no next page on the last page, and an empty list after it', async () => {
    const { get } = await startWithJobs(4);
    const last = await get('/projects/1/jobs?page=2&per_page=2', 'owner');
    expect(last.headers.get('x-next-page')).toBe('');
    expect((await get('/projects/1/jobs?page=9', 'owner')).json).toEqual([]);
  });

  it('counts a project’s jobs on 14.10, up to 10,000', async () => {
    const { world, pipeline, get } = await startWithJobs(5, { version: '14.10' });
    const { headers } = await get('/projects/1/jobs?per_page=2', 'owner');
    expect(headers.get('x-total')).toBe('5');
    expect(headers.get('x-total-pages')).toBe('3');
    expect(headers.get('link')).toMatch(/page=3&per_page=2>; rel="last"/);
    for (let id = 6; id <= 10_001; id += 1) world.addJob(pipeline, { id });
    const many = await get('/projects/1/jobs', 'owner');
    expect(many.headers.get('x-total')).toBeNull();
    expect(many.headers.get('x-next-page')).toBe('2');
    expect(many.headers.get('link')).not.toMatch('rel="last"');
  });

  it('counts a pipeline’s jobs, and reports at least one page', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    const path = `/projects/1/pipelines/${pipeline.id}/jobs`;
    const none = await get(path, 'owner');
    expect(none.headers.get('x-total')).toBe('0');
    expect(none.headers.get('x-total-pages')).toBe('1');
    world.addJob(pipeline);
    const one = await get(`${path}?scope[]=success`, 'owner');
    expect(one.headers.get('x-total')).toBe('1');
    expect(one.headers.get('link')).toMatch(
      `?id=1&include_retried=false&page=1&per_page=20&pipeline_id=${pipeline.id}&scope%5B%5D=success>; rel="first"`,
    );
  });

  it('limits per_page to 100 and rejects invalid numbers', async () => {
    const { get } = await startWithJobs(101);
    const clamped = await get('/projects/1/jobs?per_page=1000', 'owner');
    expect(clamped.headers.get('x-per-page')).toBe('100');
    expect(clamped.json).toHaveLength(100);
    const zero = await get('/projects/1/jobs?per_page=0', 'owner');
    expect(zero.json).toEqual({ error: 'per_page has a value not allowed' });
    const word = await get('/projects/1/jobs?page=one', 'owner');
    expect(word.json).toEqual({ error: 'page is invalid' });
  });

  it('rejects page 0 since 18.6 and reads it as 1 before', async () => {
    const { world } = worldWithJobs(1);
    const current = await startSimulator({ world });
    const response = await current.get('/projects/1/jobs?page=0&per_page=-1', 'owner');
    expect(response.json).toEqual({
      error: 'page does not have a valid value, per_page does not have a valid value',
    });
    const older = await startSimulator({ world, version: '18.0' });
    const first = await older.get('/projects/1/jobs?page=0', 'owner');
    expect(first.headers.get('x-page')).toBe('1');
  });

  it('ends at row 50,000 on 16.0 and if the limit is enforced', async () => {
    const { world } = worldWithJobs(1);
    const error =
      'Offset pagination has a maximum allowed offset of 50000 for requests that return objects of type Ci::Build. Remaining records can be retrieved using keyset pagination.';
    for (const options of [{ version: '16.0' as const }, { enforceOffsetLimit: true }]) {
      const { get } = await startSimulator({ world, ...options });
      const response = await get('/projects/1/jobs?page=501&per_page=100', 'owner');
      expect([response.status, response.json]).toEqual([405, { error }]);
      expect((await get('/projects/1/jobs?page=500&per_page=100', 'owner')).status).toBe(200);
    }
    const { get } = await startSimulator({ world });
    expect((await get('/projects/1/jobs?page=501&per_page=100', 'owner')).status).toBe(200);
  });

  it('repeats a token of the query in its links, as GitLab does', async () => {
    const { get } = await startWithJobs(3);
    const { headers } = await get('/projects/1/jobs?per_page=1&private_token=glpat-owner');
    expect(headers.get('link')).toMatch('private_token=glpat-owner');
  });
});

describe('keyset pagination', () => {
  const list = '/projects/1/jobs?pagination=keyset&per_page=2';

  it('encodes cursors as GitLab does', () => {
    expect(encodeCursor(149771, 'n')).toBe('eyJpZCI6IjE0OTc3MSIsIl9rZCI6Im4ifQ==');
  });

  it('follows Link with the same filter; the last page has no Link', async () => {
    const { get, simulator } = await startWithJobs(8);
    const first = await get(`${list}&scope[]=failed`, 'owner');
    expect(ids(first.json)).toEqual([8, 6]);
    expect(first.headers.get('x-page')).toBeNull();
    const cursor = encodeCursor(6, 'n').replaceAll('=', '%3D');
    expect(first.headers.get('link')).toBe(
      `<${simulator.url}/api/v4/projects/1/jobs?cursor=${cursor}&id=1&page=1&pagination=keyset&per_page=2&scope%5B%5D=failed>; rel="next"`,
    );
    const next = /<.*\/api\/v4(.*)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await get(next, 'owner');
    expect(ids(second.json)).toEqual([4, 2]);
    expect(second.headers.get('link')).toBeNull();
  });

  it('returns both cursors on 19.3 only', async () => {
    const { world } = worldWithJobs(6);
    const current = await startSimulator({ world });
    const path = `${list}&cursor=${encodeCursor(5, 'n')}`;
    const { headers } = await current.get(path, 'owner');
    expect(headers.get('x-next-cursor')).toBe(encodeCursor(3, 'n'));
    expect(headers.get('x-prev-cursor')).toBe(encodeCursor(4, 'p'));
    const older = await startSimulator({ world, version: '18.6' });
    const before = await older.get(path, 'owner');
    expect(before.headers.get('link')).toMatch('rel="next"');
    expect(before.headers.get('x-next-cursor')).toBeNull();
  });

  it('pages backward to the nearest newer rows, still newest first', async () => {
    const { get } = await startWithJobs(6);
    const middle = await get(`${list}&cursor=${encodeCursor(3, 'p')}`, 'owner');
    expect(ids(middle.json)).toEqual([5, 4]);
    expect(middle.headers.get('x-next-cursor')).toBe(encodeCursor(4, 'n'));
    expect(middle.headers.get('x-prev-cursor')).toBe(encodeCursor(5, 'p'));
    const top = await get(`${list}&cursor=${encodeCursor(4, 'p')}`, 'owner');
    expect(ids(top.json)).toEqual([6, 5]);
    expect(top.headers.get('x-prev-cursor')).toBeNull();
    expect(top.headers.get('link')).toMatch('rel="next"');
  });

  it('starts at either end for a cursor without id', async () => {
    const { get } = await startWithJobs(5);
    const cursor = (json: string) => Buffer.from(json).toString('base64url');
    const first = await get(`${list}&cursor=${cursor('{"_kd":"n"}')}`, 'owner');
    expect(ids(first.json)).toEqual([5, 4]);
    expect(first.headers.get('x-prev-cursor')).toBeNull();
    const last = await get(`${list}&cursor=${cursor('{"_kd":"p"}')}`, 'owner');
    expect(ids(last.json)).toEqual([2, 1]);
    expect(last.headers.get('link')).toBeNull();
    expect(last.headers.get('x-prev-cursor')).toBe(encodeCursor(2, 'p'));
  });

  it('accepts cursors with ids that do not exist', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    world.addJob(pipeline, { id: 12345678901 });
    world.addJob(pipeline, { id: 12345678999 });
    const window = `/projects/1/jobs?pagination=keyset&per_page=99&cursor=${encodeCursor(12345679000, 'n')}`;
    expect(ids((await get(window, 'owner')).json)).toEqual([12345678999, 12345678901]);
  });

  it('has no headers on an empty page', async () => {
    const { get } = await startWithJobs(2);
    const { json, headers } = await get(`${list}&cursor=${encodeCursor(1, 'n')}`, 'owner');
    expect(json).toEqual([]);
    expect([headers.get('link'), headers.get('x-next-cursor')]).toEqual([null, null]);
  });

  it.each([
    'nonsense!',
    Buffer.from('[1]').toString('base64url'),
    Buffer.from('{"id":"x","_kd":"n"}').toString('base64url'),
    Buffer.from('{"id":"1","name":"a","_kd":"n"}').toString('base64url'),
    Buffer.from('{').toString('base64url'),
  ])('responds with 500 to the cursor %s', async (cursor) => {
    const { get } = await startWithJobs(2);
    const response = await get(`${list}&cursor=${encodeURIComponent(cursor)}`, 'owner');
    expect(response.status).toBe(500);
    expect(response.json).toEqual({ message: '500 Internal Server Error' });
  });

  it('rejects other orders, and is not available on 14.10', async () => {
    const { world } = worldWithJobs(1);
    const error = 'Keyset pagination is not yet available for this type of request';
    const current = await startSimulator({ world });
    for (const order of ['sort=asc', 'order_by=name']) {
      const response = await current.get(`${list}&${order}`, 'owner');
      expect([response.status, response.json]).toEqual([405, { error }]);
    }
    expect((await current.get(`${list}&order_by=id&sort=desc`, 'owner')).status).toBe(200);
    const older = await startSimulator({ world, version: '14.10' });
    expect((await older.get(list, 'owner')).json).toEqual({ error });
  });
});

describe('a pipeline’s lists', () => {
  it('leave out retried jobs by default, and bridges always', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    world.addJob(pipeline, { id: 1, retried: true });
    world.addJob(pipeline, { id: 3 });
    world.addBridge(pipeline, { id: 2 });
    const path = `/projects/1/pipelines/${pipeline.id}/jobs`;
    expect(ids((await get(path, 'owner')).json)).toEqual([3]);
    expect(ids((await get(`${path}?include_retried=true`, 'owner')).json)).toEqual([3, 1]);
    expect(ids((await get(`${path}?include_retried=0`, 'owner')).json)).toEqual([3]);
    const invalid = await get(`${path}?include_retried=maybe`, 'owner');
    expect(invalid.json).toEqual({ error: 'include_retried is invalid' });
  });

  it('reject a hash as scope, ignore keyset, and need an existing pipeline', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    world.addJob(pipeline);
    const path = `/projects/1/pipelines/${pipeline.id}/jobs`;
    const hash = await get(`${path}?scope[0]=failed`, 'owner');
    expect(hash.json).toEqual({ error: 'scope does not have a valid value' });
    const keyset = await get(`${path}?pagination=keyset&cursor=invalid`, 'owner');
    expect(keyset.headers.get('x-total')).toBe('1');
    const none = await get('/projects/1/pipelines/999/bridges', 'owner');
    expect([none.status, none.json]).toEqual([404, { message: '404 Not found' }]);
  });

  it('have bridges with their downstream pipelines, also as trigger_jobs since 19.2', async () => {
    const { world, pipeline, project } = smallWorld();
    const downstream = world.addPipeline(project, { source: 'parent_pipeline' });
    world.addJob(downstream, { status: 'running' });
    world.addBridge(pipeline, { id: 5, name: 'trigger', downstream, status: 'failed' });
    world.addBridge(pipeline, { id: 4, retried: true });
    const current = await startSimulator({ world });
    const path = `/projects/1/pipelines/${pipeline.id}`;
    const { json } = await current.get(`${path}/bridges`, 'owner');
    expect(json).toHaveLength(1);
    expect(json[0]).toMatchObject({
      id: 5,
      failure_reason: 'script_failure',
      downstream_pipeline: { id: downstream.id, status: 'running', source: 'parent_pipeline' },
    });
    for (const key of ['runner', 'runner_manager', 'artifacts', 'archived', 'tag_list']) {
      expect(json[0]).not.toHaveProperty(key);
    }
    expect((await current.get(`${path}/trigger_jobs`, 'owner')).json).toEqual(json);
    const older = await startSimulator({ world, version: '18.6' });
    const missing = await older.get(`${path}/trigger_jobs`, 'owner');
    expect([missing.status, missing.json]).toEqual([404, { error: '404 Not Found' }]);
  });
});

/**
 * Starts a simulator with pipelines 11 to 17 of project 1. The pipeline of the small world is
 * deleted.
 */
async function startWithPipelines(options: SimulatorOptions = {}) {
  const setup = smallWorld();
  const { world, project, pipeline } = setup;
  world.deletePipeline(pipeline);
  const hour = 3_600_000;
  const add = (id: number, more: Parameters<typeof world.addPipeline>[1]) =>
    world.addPipeline(project, { id, createdAt: world.now - (20 - id) * hour, ...more });
  add(11, { ref: 'main', status: 'success', user: 'owner' });
  add(12, { ref: 'topic', status: 'failed', sha: 'c0ffee', user: 'developer' });
  add(13, { ref: 'v1', tag: true, status: 'canceled', source: 'schedule', name: 'Nightly' });
  add(14, { ref: 'main', status: 'running', user: 'owner' });
  add(15, { ref: 'main', status: 'pending', source: 'parent_pipeline' });
  add(16, { ref: 'refs/merge-requests/7/head', source: 'merge_request_event', status: 'pending' });
  const invalid = add(17, { ref: 'topic', status: 'failed', yamlErrors: 'jobs: no job' });
  invalid.updatedAt = world.now;
  return { ...setup, ...(await startSimulator({ world, ...options })) };
}

describe('a project’s pipelines', () => {
  it('are rows of embedded members with a name, newest first, without child pipelines', async () => {
    const { get } = await startWithPipelines();
    const { json, headers } = await get('/projects/1/pipelines', 'owner');
    expect(ids(json)).toEqual([17, 16, 14, 13, 12, 11]);
    expect(Object.keys(json[3]).sort()).toEqual(
      'created_at id iid name project_id ref sha source status updated_at web_url'.split(' '),
    );
    expect(json[3].name).toBe('Nightly');
    expect(headers.get('x-total')).toBe('6');
  });

  it.each([
    ['ref=topic', [17, 12]],
    ['ref=refs/merge-requests/7/head', [16]],
    ['ref=', [17, 16, 14, 13, 12, 11]],
    ['sha=c0ffee', [12]],
    ['source=parent_pipeline', [15]],
    ['source=schedule', [13]],
    ['status=failed', [17, 12]],
    ['status=skipped', []],
    ['username=developer', [12]],
    ['username=nobody', []],
    ['name=Nightly', [13]],
    ['yaml_errors=true', [17]],
    ['yaml_errors=false&status=failed', [12]],
    ['scope=running', [14]],
    ['scope=pending', [16]],
    ['scope=finished', [17, 13, 12, 11]],
    ['scope=tags', [13]],
    ['scope=branches&source=push', [17, 14]],
    ['updated_after=2026-11-22T08:00:00Z', [17]],
    ['updated_before=2026-11-22T02:00:00Z', [12, 11]],
    ['created_after=2026-11-22T05:00:00Z', [17]],
    ['created_before=2026-11-22T01:00:00Z&ref=main', [11]],
    ['order_by=id&sort=asc', [11, 12, 13, 14, 16, 17]],
    ['order_by=updated_at', [17, 16, 14, 13, 12, 11]],
    ['order_by=status&sort=asc', [13, 12, 17, 16, 14, 11]],
    ['order_by=ref', [13, 17, 12, 16, 14, 11]],
    ['page=2&per_page=2', [14, 13]],
    ['page=2&per_page=4&order_by=ref', [14, 11]],
  ])('are filtered and sorted: %s', async (query, expected) => {
    const { get } = await startWithPipelines();
    const { status, json } = await get(`/projects/1/pipelines?${query}`, 'owner');
    expect({ status, ids: ids(json) }).toEqual({ status: 200, ids: expected });
  });

  it.each([
    ['status=nope', 'status does not have a valid value'],
    ['status=', 'status does not have a valid value'],
    ['status[]=failed', 'status does not have a valid value'],
    ['source=pigeon', 'source does not have a valid value'],
    ['scope=all', 'scope does not have a valid value'],
    ['order_by=name', 'order_by does not have a valid value'],
    ['sort=down', 'sort does not have a valid value'],
    ['updated_after=soon', 'updated_after is invalid'],
    ['yaml_errors=maybe', 'yaml_errors is invalid'],
    ['status=nope&page=x', 'status does not have a valid value, page is invalid'],
  ])('refuse %s with 400', async (query, error) => {
    const { get } = await startWithPipelines();
    const { status, json } = await get(`/projects/1/pipelines?${query}`, 'owner');
    expect([status, json]).toEqual([400, { error }]);
  });

  it('refuse a status that the release does not know', async () => {
    const { get } = await startWithPipelines({ version: '16.0' });
    expect((await get('/projects/1/pipelines?status=canceling', 'owner')).status).toBe(400);
  });

  it('have links with all parameters of the request and the defaults of its order', async () => {
    const { get } = await startWithPipelines();
    const { headers } = await get('/projects/1/pipelines?ref=main&per_page=1', 'owner');
    expect(headers.get('link')).toContain(
      '/api/v4/projects/1/pipelines?id=1&order_by=id&page=2&per_page=1&ref=main&sort=desc>; rel="next"',
    );
    expect(headers.get('x-total-pages')).toBe('2');
  });

  it('are shown without a credential if project and pipelines are public', async () => {
    const { get, project } = await startWithPipelines();
    const path = '/projects/1/pipelines';
    expect((await get(path)).json).toEqual({ message: '404 Project Not Found' });
    expect((await get(path, 'stranger')).json).toEqual({ message: '404 Project Not Found' });
    project.visibility = 'public';
    expect((await get(path)).status).toBe(200);
    project.publicPipelines = false;
    expect((await get(path, 'guest')).json).toEqual({ message: '403 Forbidden' });
    expect((await get(path, 'reporter')).status).toBe(200);
  });
});
