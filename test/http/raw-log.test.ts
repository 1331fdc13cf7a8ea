import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createWorld } from '../../src/simulator/world.ts';
import { sendJson, startUpstream } from '../gitlab/upstream.ts';
import { startGateway } from '../helpers/start-gateway.ts';

/**
 * The log of a job in a private project. It is not valid UTF-8, and a browser could render it as a
 * page.
 */
const LOG = Buffer.concat([
  Buffer.from('<script>alert(1)</script>\n'),
  Buffer.from([0xff, 0xfe, 0x0a]),
]);

async function start(log: Buffer = LOG) {
  const world = createWorld();
  for (const username of ['alice', 'eve']) {
    world.addUser({ username });
    world.addToken({ user: username, value: `glpat-${username}` });
  }
  const project = world.addProject({ path: 'group/app', id: 42, members: { alice: 'maintainer' } });
  world.addJob(world.addPipeline(project), { id: 1001, log });
  const started = await startGateway({ simulator: { world } });
  const get = (
    path: string,
    headers: Record<string, string> = { 'private-token': 'glpat-alice' },
  ) => fetch(`${started.url}${path}`, { headers });
  return { ...started, get };
}

describe('GET /jobs/:project/:id/trace', () => {
  it.each(['42', 'group%2Fapp'])(
    'passes the log of project %s on byte for byte, as text',
    async (project) => {
      const { get, calls } = await start();
      const response = await get(`/jobs/${project}/1001/trace`);
      expect(response.status).toBe(200);
      expect(Buffer.from(await response.arrayBuffer())).toEqual(LOG);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        'cache-control': 'private, no-store',
      });
      expect(calls()).toEqual([`GET /projects/${project}/jobs/1001/trace`]);
    },
  );

  it.each([
    ['group%2Fapp', '?download=1', 'attachment; filename="group-app-job-1001.log"'],
    ['42', '?x=2&download=1', 'attachment; filename="42-job-1001.log"'],
    ['42', '?download=0', 'inline; filename="1001.log"'],
    ['42', '', 'inline; filename="1001.log"'],
  ])('is a file to save if the address says so: %s%s', async (project, search, disposition) => {
    const { get, calls } = await start();
    const response = await get(`/jobs/${project}/1001/trace${search}`);
    expect(response.headers.get('content-disposition')).toBe(disposition);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(LOG);
    expect(calls()).toEqual([`GET /projects/${project}/jobs/1001/trace`]);
  });

  it.each([
    ['a stranger', { 'private-token': 'glpat-eve' }, 404, 'NOT_FOUND'],
    ['no credential', {}, 401, 'UNAUTHENTICATED'],
    ['an unknown token', { authorization: 'Bearer nonsense' }, 401, 'UNAUTHENTICATED'],
  ])('refuses %s', async (_who, headers, status, code) => {
    const { get } = await start();
    const response = await get('/jobs/42/1001/trace', headers as Record<string, string>);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  it.each([
    '/jobs/42/1e3/trace',
    '/jobs/..%2Fx/1/trace',
    '/jobs/%/1/trace',
    '/jobs/app/1/trace',
    '/jobs/a%2Fb%22%0D%0Ax%3A%20y/1/trace?download=1',
  ])('refuses %s without a call', async (path) => {
    const { get, calls } = await start();
    expect((await get(path)).status).toBe(400);
    expect(calls()).toEqual([]);
  });

  it('starts before GitLab has sent everything, and stops reading when the caller disconnects', async () => {
    const { get, simulator, bugs } = await start(Buffer.alloc(64 * 1024 * 1024, 'x'));
    const response = await get('/jobs/42/1001/trace');
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    await reader?.cancel();
    expect((await get('/jobs/42/1001/trace', {})).status).toBe(401);
    expect(simulator.requests.filter(({ route }) => route.endsWith('/trace'))).toHaveLength(2);
    expect(bugs).toEqual([]);
  });

  it('ends where GitLab’s response breaks off, and the next request is served', async () => {
    const { get, simulator, bugs } = await start(Buffer.alloc(1024 * 1024, 'x'));
    simulator.fail({ kind: 'truncated', match: '/trace' });
    // The download may fail before or after its headers were sent.
    const read = get('/jobs/42/1001/trace').then((response) => response.arrayBuffer());
    await expect(read).rejects.toThrow(/terminated|fetch failed/);
    expect((await (await get('/jobs/42/1001/trace')).arrayBuffer()).byteLength).toBe(1024 * 1024);
    expect(bugs).toEqual([]);
  });

  it('is refused before a call if the caller has too many downloads; every end makes space', async () => {
    let answer: (response: ServerResponse) => void = () => {};
    const open: ServerResponse[] = [];
    const gitlab = await startUpstream((_request, response) => {
      open.push(response);
      answer(response);
    });
    const { url, bugs } = await startGateway({ env: { GITLAB_URL: gitlab.url } });
    const get = (signal: AbortSignal | null = null) =>
      fetch(`${url}/jobs/42/1001/trace`, { headers: { 'private-token': 'glpat-alice' }, signal });
    for (const end of ['missing', 'forbidden', 'aborted', 'complete']) {
      const caller = new AbortController();
      const waiting = Array.from({ length: 12 }, () => get(caller.signal).catch(() => undefined));
      await expect.poll(() => open.length).toBe(12);
      const refused = await get();
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
      expect(await refused.json()).toMatchObject({ error: { code: 'RATE_LIMITED' } });
      expect(gitlab.log.splice(0)).toHaveLength(12);
      if (end === 'aborted') {
        const closed = open.map((response) => once(response, 'close'));
        caller.abort();
        await Promise.all(closed);
      }
      for (const response of open.splice(0)) {
        if (end === 'missing') sendJson(response, { message: '404 Not found' }, { status: 404 });
        if (end === 'forbidden') sendJson(response, { message: '403 Forbidden' }, { status: 403 });
        if (end === 'complete') response.writeHead(200, { 'content-type': 'text/plain' }).end('x');
      }
      for (const response of await Promise.all(waiting)) await response?.text();
    }
    answer = (response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('log');
    expect(await (await get()).text()).toBe('log');
    expect(bugs).toEqual([]);
  });

  it('serves the style sheet for logs in HTML', async () => {
    const { get, calls } = await start();
    const response = await get('/trace.css', {});
    expect(response.headers.get('content-type')).toContain('text/css');
    expect(await response.text()).toContain('.term-bold');
    expect(calls()).toEqual([]);
  });
});
