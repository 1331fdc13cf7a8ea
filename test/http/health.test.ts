import { describe, expect, it } from 'vitest';
import { createReadiness } from '../../src/observability/telemetry.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { freePort } from '../webhooks/redis-server.ts';

async function start() {
  const started = await startGateway({ simulator: { world: seedWorld() }, token: demo.token });
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(started.url + path, init);
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  return { ...started, ask };
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

  it('makes no call while callers get responses from GitLab', async () => {
    const { ask, query, calls } = await start();
    await query(`{ job(project: "${demo.project}", id: "${demo.successJobId}") { name } }`);
    calls();
    expect((await ask('/ready')).status).toBe(200);
    expect(calls()).toEqual([]);
  });

  it('is 503 with the reason until GitLab has answered once', async () => {
    const { ask, simulator } = await start();
    simulator.fail({ kind: '502', times: Number.POSITIVE_INFINITY });
    expect(await ask('/ready')).toMatchObject({
      status: 503,
      body: '{"status":"not ready","reason":"GitLab has not answered yet"}\n',
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

describe('readiness', () => {
  /** With a manual clock and a GitLab whose state the test sets. */
  function create() {
    const state = { now: 0, answers: true, asked: 0 };
    const readiness = createReadiness({
      now: () => state.now,
      ping: async () => {
        state.asked += 1;
        return state.answers;
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

  it('resets its count after any successful call', async () => {
    const { state, readiness, isReadyAfter } = create();
    await isReadyAfter(0);
    state.answers = false;
    await isReadyAfter(11_000);
    await isReadyAfter(1);
    readiness.recordResponse();
    await isReadyAfter(11_000);
    expect(await isReadyAfter(1)).toBe(true);
    expect(await isReadyAfter(1)).toBe(false);
  });

  it('reports since when GitLab has not answered', async () => {
    const { state, readiness, isReadyAfter } = create();
    await isReadyAfter(0);
    state.answers = false;
    for (let i = 0; i < 3; i++) await isReadyAfter(20_000);
    expect(await readiness.check()).toEqual({
      ready: false,
      reason: 'GitLab has not answered for 60 s',
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
