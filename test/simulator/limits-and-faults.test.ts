import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/simulator.ts';
import { smallWorld, startSimulator, startSmallWorld, tokens } from './start-simulator.ts';

const tooMany = {
  message: { error: 'This endpoint has been requested too many times. Try again later.' },
};

describe('the limit on a project’s jobs', () => {
  it('counts a user’s requests over all projects, before the project lookup', async () => {
    const { world, get } = await startSmallWorld({ jobsIndexLimit: 2 });
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
    const { get } = await startSmallWorld({ version: '14.10', jobsIndexLimit: 1 });
    await get('/projects/1/jobs', 'owner');
    expect((await get('/projects/1/jobs', 'owner')).status).toBe(200);
  });
});

describe('the throttle', () => {
  const rateLimit = { limit: 2, periodMs: 30_000 };

  it('adds rate limit headers to every response, and rejects with plain text', async () => {
    const { world, get } = await startSmallWorld({ rateLimit });
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

  it('adds headers to rejected requests only, before 18.6', async () => {
    const { get } = await startSmallWorld({ rateLimit, version: '18.0' });
    expect((await get('/user', 'owner')).headers.get('ratelimit-limit')).toBeNull();
    await get('/user', 'owner');
    expect((await get('/user', 'owner')).headers.get('ratelimit-limit')).toBe('4');
  });

  it('applies before authentication', async () => {
    const { request } = await startSimulator({ rateLimit });
    const bad = { headers: { 'PRIVATE-TOKEN': 'nonsense' } };
    expect((await request('/user', bad)).status).toBe(401);
    await request('/user', bad);
    const third = await request('/user', bad);
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
  ] as const)('%s responds with %i once', async (kind, status, type, text) => {
    const { get, simulator } = await withFault({ kind });
    const response = await get('/user', 'owner');
    expect([response.status, response.headers.get('content-type')]).toEqual([status, type]);
    expect(response.text).toMatch(text);
    expect((await get('/user', 'owner')).status).toBe(200);
    expect(simulator.requests.map((each) => each.status)).toEqual([status, 200]);
  });

  it('applies to matching requests, as often as requested', async () => {
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

  it('sets Retry-After and Location', async () => {
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

  it('of kind maintenance is a 403 on old releases', async () => {
    const { post } = await withFault({ kind: 'maintenance', match: 'POST' }, { version: '16.0' });
    const response = await post('/projects/1/jobs/1/retry', 'owner');
    expect([response.status, response.json]).toEqual([
      403,
      { message: 'You cannot perform write operations on a read-only instance' },
    ]);
  });

  it('closes the connection, before or within the response', async () => {
    const { get, simulator } = await withFault({ kind: 'reset' });
    await expect(get('/projects/1/jobs/1/trace', 'owner')).rejects.toThrow();
    simulator.fail({ kind: 'truncated' });
    await expect(get('/projects/1/jobs/1/trace', 'owner')).rejects.toThrow();
    expect(simulator.requests.map(({ status }) => status)).toEqual([0, 0]);
  });

  it('truncates a generated archive after half of it', async () => {
    const { world, pipeline, simulator } = await startSmallWorld();
    const archive = { file_type: 'archive', size: 300_000, filename: 'a.zip', file_format: 'zip' };
    const { id } = world.addJob(pipeline, { artifacts: [archive] });
    simulator.fail({ kind: 'truncated' });
    const url = `${simulator.url}/api/v4/projects/1/jobs/${id}/artifacts`;
    const { headers, body } = await fetch(url, { headers: { 'private-token': tokens.owner } });
    let received = 0;
    const read = async () => {
      for await (const chunk of body ?? []) received += chunk.length;
    };
    await expect(read()).rejects.toThrow();
    expect([headers.get('content-length'), received]).toEqual(['300000', 150_000]);
  });

  it('can lose the response of a write that was executed', async () => {
    const { post, world, job } = await withFault({ kind: 'reset', afterHandling: true });
    await expect(post('/projects/1/jobs/1/retry', 'owner')).rejects.toThrow();
    expect(job.retried).toBe(true);
    expect(world.job(2)?.status).toBe('pending');
  });

  it('does not execute the request by default', async () => {
    const { post, job } = await withFault({ kind: '502' });
    expect((await post('/projects/1/jobs/1/retry', 'owner')).status).toBe(502);
    expect(job.retried).toBe(false);
  });

  it('of kind hang never responds', async () => {
    const { request, simulator } = await withFault({ kind: 'hang' });
    const controller = new AbortController();
    const pending = request('/user', { as: 'owner', signal: controller.signal });
    const received = new Promise<void>((resolve) => {
      const look = () => (simulator.requests.length > 0 ? resolve() : setImmediate(look));
      look();
    });
    await received;
    controller.abort();
    await expect(pending).rejects.toThrow();
    expect(simulator.requests[0]?.status).toBe(0);
  });

  it('of kind slow responds late', async () => {
    const { get } = await withFault({ kind: 'slow', delayMs: 20 });
    const startedAt = performance.now();
    expect((await get('/user', 'owner')).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThan(15);
  });
});

describe('the simulator', () => {
  it('logs each request as received', async () => {
    const { world, pipeline, simulator, post } = await startSmallWorld();
    world.addJob(pipeline, { id: 3, status: 'manual' });
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

  it('delays each response by the latency', async () => {
    const { simulator, get } = await startSimulator({ latencyMs: 20 });
    const startedAt = performance.now();
    await get('/version');
    expect(performance.now() - startedAt).toBeGreaterThan(15);
    simulator.setLatency(0);
    expect((await get('/version')).status).toBe(401);
  });

  it('closes with requests in progress', async () => {
    const { simulator, get } = await startSimulator({ latencyMs: 60_000 });
    const pending = get('/version');
    const failed = expect(pending).rejects.toThrow();
    await new Promise<void>((resolve) => {
      const look = () => (simulator.requests.length > 0 ? resolve() : setImmediate(look));
      look();
    });
    await simulator.close();
    await failed;
  });

  it('rejects if its port is in use', async () => {
    const { simulator } = await startSimulator();
    const port = Number(new URL(simulator.url).port);
    await expect(startSimulator({ port })).rejects.toThrow('EADDRINUSE');
  });
});
