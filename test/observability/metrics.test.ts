import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/observability/metrics.ts';
import { startOperation } from '../../src/observability/operation.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { askAndLeave, startGateway, textAt } from '../helpers/start-gateway.ts';
import { subscribe } from '../live/subscribe.ts';

const JOBS = `query Jobs { project(fullPath: "${demo.project}") { jobs(first: 1) { nodes { name } } } }`;

/** Parses Prometheus text format into a map from `name{labels}` to the value. */
function parse(text: string): Map<string, number> {
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Returns the number of operations with these labels, summed over all kinds of execution. */
function operations(samples: Map<string, number>, labels: string): number {
  const prefix = `gateway_operations_total{${labels},`;
  const matching = [...samples].filter(([name]) => name.startsWith(prefix));
  return matching.reduce((sum, [, value]) => sum + value, 0);
}

async function start(options: Parameters<typeof startGateway>[0] = {}) {
  const simulator = { world: seedWorld() };
  const started = await startGateway({ simulator, token: demo.token, ...options });
  const text = async () => (await fetch(`${started.url}/metrics`)).text();
  return { ...started, text, metrics: async () => parse(await text()) };
}

describe('the labels of an operation', () => {
  it.each([
    [undefined, 'none', ''],
    ['compiled', 'compiled', ''],
    ['introspection', 'general', 'introspection'],
    ['declined', 'general', 'declined'],
    ['first_use', 'general', 'first_use'],
  ] as const)('contain how it was executed: %s', async (execution, label, reason) => {
    const { registry, ended } = createMetrics();
    const given = { requestId: 'x', transport: 'http', startedAt: 0 } as const;
    ended({ ...startOperation(given), type: 'query', execution }, 1);
    const samples = parse(await registry.metrics());
    const labels = `type="query",outcome="ok",execution="${label}",reason="${reason}"`;
    expect(samples.get(`gateway_operations_total{${labels}}`)).toBe(1);
  });
});

describe('/metrics', () => {
  it('counts operations, their calls and durations', async () => {
    const { query, metrics } = await start();
    await query(JOBS);
    await query(JOBS);
    await query('{ nonsense }');
    const seen = await metrics();
    const value = (name: string) => seen.get(name);
    const refused = 'type="query",outcome="error",execution="none",reason=""';
    expect(operations(seen, 'type="query",outcome="ok"')).toBe(2);
    expect(value(`gateway_operations_total{${refused}}`)).toBe(1);
    expect(value('gateway_errors_total{code="GRAPHQL_VALIDATION_FAILED"}')).toBe(1);
    expect(value('gateway_operation_upstream_calls_sum{type="query"}')).toBe(2);
    expect(value('gateway_operation_duration_seconds_count{type="query"}')).toBe(3);
    expect(value('gateway_operations_running')).toBe(0);
    const jobs = 'method="GET",endpoint="/projects/:id/jobs"';
    expect(value(`gateway_upstream_calls_total{${jobs},status="200"}`)).toBe(1);
    expect(value(`gateway_upstream_calls_total{${jobs},status="304"}`)).toBe(1);
    expect(
      value('gateway_upstream_call_duration_seconds_count{endpoint="/projects/:id/jobs"}'),
    ).toBe(2);
  });

  it('counts coalesced reads', async () => {
    const { query, metrics, simulator } = await start();
    simulator.setLatency(50);
    await Promise.all([query(JOBS), query(JOBS), query(JOBS)]);
    const seen = await metrics();
    expect(seen.get('gateway_upstream_coalesced_total{endpoint="/projects/:id/jobs"}')).toBe(2);
  });

  it('counts calls without a response, and refused requests', async () => {
    const { query, url, metrics, simulator } = await start();
    simulator.fail({ kind: 'reset', times: Number.POSITIVE_INFINITY });
    await query('{ job(project: "1", id: "1") { name } }');
    await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'text/csv' } });
    const names = [...(await metrics()).keys()];
    expect(names).toContain(
      'gateway_upstream_calls_total{method="GET",endpoint="/projects/:id/jobs/:id",status="none"}',
    );
    expect(names).toContainEqual(expect.stringContaining('gateway_refused_requests_total'));
  });

  it('does not count an aborted call as a failure of GitLab', async () => {
    const started = await start();
    const { metrics } = started;
    await askAndLeave(started, JOBS);
    const calls = 'gateway_upstream_calls_total{method="GET",endpoint="/projects/:id/jobs"';
    await expect.poll(async () => (await metrics()).get(`${calls},status="left"}`)).toBe(1);
    const names = [...(await metrics()).keys()];
    expect(names).not.toContain(`${calls},status="none"}`);
    expect(names.join()).not.toContain('gateway_upstream_call_duration_seconds_count');
  });

  it('shows whether the circuit breaker is open', async () => {
    let now = Date.now();
    const clock = { now: () => now, after: () => () => {} };
    const { query, metrics, simulator } = await start({ transport: { clock } });
    simulator.fail({ kind: '504', times: Number.POSITIVE_INFINITY });
    const ask = (id: number) => query(`{ job(project: "1", id: "${id}") { name } }`);
    for (let id = 0; id < 20; id++) await ask(id);
    const isOpen = async () => (await metrics()).get('gateway_circuit_open');
    await expect.poll(isOpen).toBe(1);
    simulator.clearFaults();
    now += 2_000;
    await ask(100);
    expect(await isOpen()).toBe(0);
  });

  it('counts live subscriptions', async () => {
    const { url, query, metrics } = await start();
    const job = await query(`{ job(project: "101", id: "${demo.runningJobId}") { id } }`);
    const id = textAt(job, 'job.id');
    const live = subscribe({ url }, `subscription { jobUpdated(id: "${id}") { status } }`, {
      token: demo.token,
    });
    expect(await live.next()).toMatchObject({ data: { jobUpdated: { status: 'RUNNING' } } });
    expect((await metrics()).get('gateway_live_subscriptions')).toBe(1);
    live.leave();
    await expect.poll(async () => (await metrics()).get('gateway_live_subscriptions')).toBe(0);
    expect(operations(await metrics(), 'type="subscription",outcome="ok"')).toBe(1);
  });

  it('contains metrics of the process: event loop, memory, CPU', async () => {
    const { metrics } = await start();
    const names = [...(await metrics()).keys()];
    expect(names).toEqual(
      expect.arrayContaining([
        'nodejs_eventloop_lag_p99_seconds',
        'process_resident_memory_bytes',
        'process_cpu_seconds_total',
      ]),
    );
  });

  it('has no label values that callers choose', async () => {
    const { query, metrics } = await start();
    await query('{ __typename }');
    const labelled = async () =>
      [...(await metrics()).keys()].filter((name) => name.startsWith('gateway_')).length;
    const before = await labelled();
    for (let i = 0; i < 20; i++) {
      await query(`query Made_up_${i} { __typename }`, { headers: { 'x-request-id': `id-${i}` } });
    }
    expect(await labelled()).toBe(before);
  });
});
