import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/simulator.ts';
import { smallWorld, startSimulator } from './start-simulator.ts';

const tooMany = {
  message: { error: 'This endpoint has been requested too many times. Try again later.' },
};

describe('the limit on a project’s jobs', () => {
  it('counts a user’s calls over all projects, before the project is looked for', async () => {
    const { world } = smallWorld();
    const { get } = await startSimulator({ world, jobsIndexLimit: 2 });
    expect((await get('/projects/1/jobs', 'owner')).status).toBe(200);
    expect((await get('/projects/99/jobs', 'owner')).status).toBe(404);
    const third = await get('/projects/1/jobs', 'owner');
    expect([third.status, third.json]).toEqual([429, tooMany]);
    expect(third.headers.get('retry-after')).toBeNull();
    expect((await get('/projects/1/jobs', 'guest')).status).toBe(200);
    expect((await get('/projects/1/pipelines', 'owner')).status).toBe(200);
    world.advance(60_000);
    expect((await get('/projects/1/jobs', 'owner')).status).toBe(200);
  });

  it('does not exist on 14.10', async () => {
    const { world } = smallWorld();
    const { get } = await startSimulator({ world, version: '14.10', jobsIndexLimit: 1 });
    await get('/projects/1/jobs', 'owner');
    expect((await get('/projects/1/jobs', 'owner')).status).toBe(200);
  });
});

describe('the throttle', () => {
  const rateLimit = { limit: 2, periodMs: 30_000 };

  it('tells on every answer what is left, and refuses in plain text', async () => {
    const { world } = smallWorld();
    const { get } = await startSimulator({ world, rateLimit });
    const first = await get('/user', 'owner');
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'ratelimit-name': 'throttle_authenticated_api',
      'ratelimit-limit': '4',
      'ratelimit-observed': '1',
      'ratelimit-remaining': '1',
    });
    await get('/user', 'owner');
    world.advance(1_000);
    const third = await get('/user', 'owner');
    expect([third.status, third.text]).toEqual([429, 'Retry later\n']);
    expect(third.headers.get('content-type')).toBe('text/plain');
    expect(third.headers.get('retry-after')).toBe('29');
    const reset = Number(third.headers.get('ratelimit-reset')) * 1_000;
    expect(reset - world.now).toBe(29_000);
    expect(Date.parse(third.headers.get('ratelimit-resettime') ?? '')).toBe(reset);
    expect(Date.parse(third.headers.get('date') ?? '')).toBe(world.now);
    expect((await get('/user', 'guest')).status).toBe(200);
    world.advance(29_000);
    expect((await get('/user', 'owner')).status).toBe(200);
  });

  it('speaks only when it refuses before 18.6', async () => {
    const { world } = smallWorld();
    const { get } = await startSimulator({ world, rateLimit, version: '18.0' });
    expect((await get('/user', 'owner')).headers.get('ratelimit-limit')).toBeNull();
    await get('/user', 'owner');
    expect((await get('/user', 'owner')).headers.get('ratelimit-limit')).toBe('4');
  });

  it('comes before the credential is looked at', async () => {
    const { ask } = await startSimulator({ rateLimit });
    const bad = { headers: { 'PRIVATE-TOKEN': 'nonsense' } };
    expect((await ask('/user', bad)).status).toBe(401);
    await ask('/user', bad);
    const third = await ask('/user', bad);
    expect([third.status, third.headers.get('ratelimit-name')]).toEqual([
      429,
      'throttle_unauthenticated_api',
    ]);
  });
});

describe('a fault', () => {
  async function withFault(fault: Fault, options: { version?: '16.0' } = {}) {
    const { world, pipeline } = smallWorld();
    const job = world.addJob(pipeline, { id: 1, status: 'failed', log: 'x'.repeat(4_000) });
    const started = await startSimulator({ world, ...options });
    started.simulator.fail(fault);
    return { ...started, world, pipeline, job };
  }

  it.each([
    ['429', 429, 'text/plain', 'Retry later'],
    ['429-json', 429, 'application/json', 'requested too many times'],
    ['500', 500, 'application/json', '500 Internal Server Error'],
    ['502', 502, 'text/html; charset=utf-8', 'GitLab is not responding'],
    ['503', 503, 'text/html; charset=utf-8', 'Service unavailable'],
    ['504', 504, 'text/html; charset=utf-8', '504'],
    ['html', 200, 'text/html; charset=utf-8', 'Sign in'],
    ['maintenance', 503, 'application/json', 'system is in maintenance mode'],
    ['redirect', 302, 'text/html', 'redirected'],
  ] as const)('%s answers %i once', async (kind, status, type, text) => {
    const { get, simulator } = await withFault({ kind });
    const answer = await get('/user', 'owner');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type]);
    expect(answer.text).toMatch(text);
    expect((await get('/user', 'owner')).status).toBe(200);
    expect(simulator.requests.map((each) => each.status)).toEqual([status, 200]);
  });

  it('meets the requests it is meant for, as often as it is told', async () => {
    const { get, simulator } = await withFault({ kind: '500', match: /jobs\/1$/, times: 2 });
    expect((await get('/projects/1/jobs', 'owner')).status).toBe(200);
    for (const status of [500, 500, 200]) {
      expect((await get('/projects/1/jobs/1', 'owner')).status).toBe(status);
    }
    simulator.fail({ kind: '502', match: 'GET /api/v4/user', times: Number.POSITIVE_INFINITY });
    expect((await get('/user', 'owner')).status).toBe(502);
    expect((await get('/user', 'owner')).status).toBe(502);
    simulator.clearFaults();
    expect((await get('/user', 'owner')).status).toBe(200);
  });

  it('says when to come back and where to go', async () => {
    const { get, simulator } = await withFault({ kind: '429', retryAfter: 7 });
    const limited = await get('/user', 'owner');
    expect(limited.headers.get('retry-after')).toBe('7');
    expect(limited.headers.get('ratelimit-remaining')).toBe('0');
    simulator.fail({ kind: 'redirect', location: 'https://elsewhere.example.com/' });
    const away = await get('/user', 'owner');
    expect(away.headers.get('location')).toBe('https://elsewhere.example.com/');
    simulator.fail({ kind: 'redirect' });
    const signIn = await get('/user', 'owner');
    expect(signIn.headers.get('location')).toBe(`${simulator.url}/users/sign_in`);
  });

  it('of maintenance is a 403 on old releases', async () => {
    const { post } = await withFault({ kind: 'maintenance', match: 'POST' }, { version: '16.0' });
    const answer = await post('/projects/1/jobs/1/retry', 'owner');
    expect([answer.status, answer.json]).toEqual([
      403,
      { message: 'You cannot perform write operations on a read-only instance' },
    ]);
  });

  it('breaks the connection, at once or in the middle', async () => {
    const { get, simulator } = await withFault({ kind: 'reset' });
    await expect(get('/projects/1/jobs/1/trace', 'owner')).rejects.toThrow();
    simulator.fail({ kind: 'truncated' });
    await expect(get('/projects/1/jobs/1/trace', 'owner')).rejects.toThrow();
    expect(simulator.requests.map(({ status }) => status)).toEqual([0, 0]);
  });

  it('lets a write happen and loses its answer', async () => {
    const { post, world, job } = await withFault({ kind: 'reset', afterHandling: true });
    await expect(post('/projects/1/jobs/1/retry', 'owner')).rejects.toThrow();
    expect(job.retried).toBe(true);
    expect(world.job(2)?.status).toBe('pending');
  });

  it('otherwise leaves everything as it was', async () => {
    const { post, job } = await withFault({ kind: '502' });
    expect((await post('/projects/1/jobs/1/retry', 'owner')).status).toBe(502);
    expect(job.retried).toBe(false);
  });

  it('never answers, until the client gives up', async () => {
    const { ask, simulator } = await withFault({ kind: 'hang' });
    const giveUp = new AbortController();
    const asked = ask('/user', { as: 'owner', signal: giveUp.signal });
    const heard = new Promise<void>((resolve) => {
      const look = () => (simulator.requests.length > 0 ? resolve() : setImmediate(look));
      look();
    });
    await heard;
    giveUp.abort();
    await expect(asked).rejects.toThrow();
    expect(simulator.requests[0]?.status).toBe(0);
  });

  it('answers late', async () => {
    const { get } = await withFault({ kind: 'slow', delayMs: 20 });
    const startedAt = performance.now();
    expect((await get('/user', 'owner')).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThan(15);
  });
});

describe('the simulator', () => {
  it('logs each request as it came', async () => {
    const { world, pipeline } = smallWorld();
    world.addJob(pipeline, { id: 3, status: 'manual' });
    const { simulator, post } = await startSimulator({ world });
    const body = { job_variables_attributes: [{ key: 'A', value: '1' }] };
    await post('/projects/group%2Fapp/jobs/3/play?x=%20y', 'owner', body);
    expect(simulator.requests).toHaveLength(1);
    expect(simulator.requests[0]).toMatchObject({
      method: 'POST',
      path: '/api/v4/projects/group%2Fapp/jobs/3/play?x=%20y',
      body,
      status: 200,
      route: 'POST /projects/:id/jobs/:job_id/play',
    });
    expect(simulator.requests[0]?.query.get('x')).toBe(' y');
    expect(simulator.requests[0]?.headers['private-token']).toBe('glpat-owner');
  });

  it('waits before each answer if told to', async () => {
    const { simulator, get } = await startSimulator({ latencyMs: 20 });
    const startedAt = performance.now();
    await get('/version');
    expect(performance.now() - startedAt).toBeGreaterThan(15);
    simulator.setLatency(0);
    expect((await get('/version')).status).toBe(401);
  });

  it('closes while requests wait', async () => {
    const { simulator, get } = await startSimulator({ latencyMs: 60_000 });
    const asked = get('/version');
    const failed = expect(asked).rejects.toThrow();
    await new Promise<void>((resolve) => {
      const look = () => (simulator.requests.length > 0 ? resolve() : setImmediate(look));
      look();
    });
    await simulator.close();
    await failed;
  });

  it('says when its port is taken', async () => {
    const { simulator } = await startSimulator();
    const port = Number(new URL(simulator.url).port);
    await expect(startSimulator({ port })).rejects.toThrow('EADDRINUSE');
  });
});
