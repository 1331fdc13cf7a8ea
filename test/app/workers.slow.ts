import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { demo } from '../../src/simulator/seed.ts';
import { spawnProgram } from '../helpers/program.ts';
import { freePort } from '../webhooks/redis-server.ts';
import { startProgram } from './start-program.ts';

const JOB = `{ job(project: "${demo.project}", id: "${demo.successJobId}") { name } }`;

/** Returns the process ids of a program's workers. */
async function workersOf(pid: number | undefined): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').filter(Boolean).map(Number);
}

/** Returns the sum of a metric's samples. */
function total(metrics: string, name: string): number {
  const lines = metrics.split('\n').filter((line) => new RegExp(`^${name}[ {]`).test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

describe('with WORKERS=2', () => {
  it('shares a port, aggregates metrics, replaces a dead worker and drains on SIGTERM', async () => {
    const metricsPort = await freePort();
    const env = { WORKERS: '2', METRICS_PORT: String(metricsPort) };
    const { child, query, url, simulator, lines, said, ended, output } = await startProgram(env);
    expect(output()).toMatch(/^Listening on \S+ with 2 workers$/m);
    const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const serving = async () => total(await metrics(), 'gateway_workers');

    const headers = { 'content-type': 'application/json', connection: 'close' };
    for (let i = 0; i < 10; i++) {
      expect((await query('{ __typename }', { headers })).status).toBe(200);
    }
    const operations = () => lines().filter(({ msg }) => msg === 'operation');
    await expect.poll(() => new Set(operations().map(({ worker }) => worker)).size).toBe(2);
    expect(total(await metrics(), 'gateway_operations_total')).toBe(10);
    expect(await serving()).toBe(2);
    const elsewhere = await fetch(`${url}/metrics`);
    expect(elsewhere.status).toBe(404);
    expect(await elsewhere.text()).toContain('METRICS_PORT');

    const [first] = await workersOf(child.pid);
    process.kill(first as number, 'SIGKILL');
    expect(await said('a worker died')).toMatchObject({ level: 'error', signal: 'SIGKILL' });
    await expect.poll(serving).toBe(2);
    expect(total(await metrics(), 'gateway_worker_restarts_total')).toBe(1);

    simulator.fail({ kind: 'slow', delayMs: 500 });
    const running = query(JOB);
    await expect.poll(() => simulator.requests.length).toBe(1);
    child.kill('SIGTERM');
    await said('shutting down');
    expect(await (await running).json()).toMatchObject({ data: { job: { name: 'build' } } });
    expect(await ended).toEqual([0, null]);
    expect(lines().filter(({ msg }) => msg.startsWith('a worker died'))).toHaveLength(1);
  });

  it('ends on a Ctrl-C, which reaches all its processes', async () => {
    const { url, child, ended } = await startProgram({ WORKERS: '2' });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('METRICS_PORT');
    for (const worker of await workersOf(child.pid)) process.kill(worker, 'SIGINT');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });

  it('exits with 1 and one line if the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const gateway = { GITLAB_URL: 'http://localhost:1', HOST: '127.0.0.1', PORT: String(port) };
    const child = spawnProgram([], { ...gateway, WORKERS: '2' });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(errors.trim().split('\n')).toEqual([
      expect.stringContaining(`Port ${port} is already in use`),
    ]);
  });
});
