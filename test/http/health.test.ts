import { describe, expect, it } from 'vitest';
import { GitlabNetworkError } from '../../src/gitlab/errors.ts';
import { createReadiness } from '../../src/observability/telemetry.ts';
import type { Fault } from '../../src/simulator/faults.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { freePort } from '../webhooks/redis-server.ts';
import { createMemoryLog } from './memory-log.ts';

async function start() {
  const { logger, lines } = createMemoryLog();
  const world = seedWorld();
  const started = await startGateway({ simulator: { world }, token: demo.token, logger });
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(started.url + path, init);
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  return { ...started, ask, lines };
}

describe('/health', () => {
  it('reports that the process runs, without a call to GitLab', async () => {
    const { ask, calls } = await start();
    const { status, body, headers } = await ask('/health');
    expect({ status, body }).toEqual({ status: 200, body: '{"status":"ok"}\n' });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(calls()).toEqual([]);
  });

  it('is one path, not every path that ends with it', async () => {
    const { ask } = await start();
    expect((await ask('/graphql?query={__typename}&x=/health')).body).toContain('"__typename"');
    expect((await ask('/nothing/health')).status).toBe(404);
  });
});

describe('/ready', () => {
  it('calls GitLab once, without a credential, and caches the result for a while', async () => {
    const { ask, simulator, calls } = await start();
    const [first] = await Promise.all([ask('/ready'), ask('/ready')]);
    expect(first).toMatchObject({ status: 200, body: '{"status":"ready"}\n' });
    expect(simulator.requests[0]?.headers).not.toHaveProperty('private-token');
    expect(calls()).toEqual(['GET /version']);
    expect((await ask('/ready')).status).toBe(200);
    expect(calls()).toEqual([]);
  });

  it('checks again at once after a call of a caller failed, but only the check counts', async () => {
    const { ask, query, calls, simulator } = await start();
    await ask('/ready');
    simulator.fail({ kind: 'html', match: '/jobs/', times: Number.POSITIVE_INFINITY });
    for (let n = 0; n < 4; n++) {
      await query(`{ job(project: "${demo.project}", id: "${demo.successJobId}") { name } }`);
      calls();
      expect((await ask('/ready')).status).toBe(200);
      expect(calls()).toEqual(['GET /version']);
    }
  });

  it.each<[Fault, string]>([
    [{ kind: '502' }, 'GitLab answered 502'],
    [{ kind: 'html' }, 'Another server answered instead of GitLab: status 200, text/html'],
    [{ kind: 'reset' }, 'The connection to GitLab broke: ECONNRESET'],
    [
      { kind: 'redirect', location: 'https://127.0.0.1:8443/gitlab/api/v4/version' },
      'The redirect names https://127.0.0.1:8443/gitlab.',
    ],
  ])('is 503 with the cause after %j, not logged more than once a minute', async (fault, cause) => {
    const { ask, simulator, lines } = await start();
    simulator.fail({ ...fault, times: Number.POSITIVE_INFINITY });
    const { status, body } = await ask('/ready');
    expect(status).toBe(503);
    expect(JSON.parse(body).reason).toContain('GitLab has not answered yet: ');
    expect(JSON.parse(body).reason).toContain(cause);
    await ask('/ready');
    const logged = lines().filter(({ msg }) => msg === 'a call to GitLab failed');
    expect(logged).toMatchObject([{ level: 'warn', endpoint: 'GET /version' }]);
    expect(logged[0]?.['cause']).toContain(cause);
  });

  it('is 503 with the reason until GitLab has answered once', async () => {
    const { ask, simulator } = await start();
    simulator.fail({ kind: '502', times: Number.POSITIVE_INFINITY });
    expect(await ask('/ready')).toMatchObject({
      status: 503,
      body: '{"status":"not ready","reason":"GitLab has not answered yet: GitLab answered 502"}\n',
    });
    simulator.clearFaults();
    expect((await ask('/ready')).status).toBe(200);
  });

  it('is 503 while the gateway shuts down; /health stays 200', async () => {
    const { ask, gateway } = await start();
    expect((await ask('/ready')).status).toBe(200);
    await gateway.drain();
    expect(await ask('/ready')).toMatchObject({
      status: 503,
      body: '{"status":"not ready","reason":"shutting down"}\n',
    });
    expect((await ask('/health')).status).toBe(200);
  });
});

const down = new GitlabNetworkError(
  'refused',
  { sent: false },
  { method: 'GET', path: '/version' },
);

describe('readiness', () => {
  /** Creates a readiness check with a clock and a GitLab that the test controls. */
  function create() {
    const state = { now: 0, answers: true, asked: 0 };
    const readiness = createReadiness({
      now: () => state.now,
      probe: async () => {
        state.asked += 1;
        return state.answers ? undefined : down;
      },
    });
    const isReadyAfter = async (ms: number) => {
      state.now += ms;
      return (await readiness.check()).ready;
    };
    return { state, readiness, isReadyAfter };
  }

  it('survives two failures in a row but not three, and recovers with one success', async () => {
    const { state, isReadyAfter } = create();
    const seen = [await isReadyAfter(0)];
    state.answers = false;
    for (let i = 0; i < 4; i++) seen.push(await isReadyAfter(11_000));
    state.answers = true;
    seen.push(await isReadyAfter(0));
    expect(seen).toEqual([true, true, true, false, false, true]);
  });

  it('counts concurrent checks once, and caches a success for 10 s', async () => {
    const { state, readiness, isReadyAfter } = create();
    await isReadyAfter(0);
    expect(await isReadyAfter(9_000)).toBe(true);
    expect(state.asked).toBe(1);
    state.answers = false;
    state.now += 1_000;
    const answers = await Promise.all(Array.from({ length: 5 }, readiness.check));
    expect(answers.every(({ ready }) => ready)).toBe(true);
    expect(state.asked).toBe(2);
  });

  it('reports since when GitLab has not answered', async () => {
    const { state, readiness, isReadyAfter } = create();
    await isReadyAfter(0);
    state.answers = false;
    for (let i = 0; i < 3; i++) await isReadyAfter(20_000);
    expect(await readiness.check()).toEqual({
      ready: false,
      reason: 'GitLab has not answered for 60 s: refused',
    });
  });
});

it('/metrics is served on METRICS_PORT only', async () => {
  const metricsPort = await freePort();
  const { url } = await startGateway({ config: { metricsPort } });
  const operators = `http://127.0.0.1:${metricsPort}`;
  const metrics = await fetch(`${operators}/metrics`);
  expect(await metrics.text()).toContain('gateway_operations_total');
  expect(metrics.headers.get('cache-control')).toBe('no-store');
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  expect((await fetch(`${operators}/graphql`)).status).toBe(404);
  expect((await fetch(`${operators}/metrics`, { method: 'POST' })).status).toBe(404);
});
