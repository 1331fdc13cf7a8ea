import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { demo } from '../../src/simulator/seed.ts';
import { type LogLine, startProgram } from './start-program.ts';

const JOB = `{ job(project: "${demo.project}", id: "${demo.successJobId}") { name } }`;

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The sample of a metric in Prometheus' text. */
function sample(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

const workersOf = (lines: LogLine[]) =>
  new Set(lines.filter(({ msg }) => msg === 'operation').map(({ worker }) => worker));

/** The process ids of the children of a process. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

describe('with WORKERS=2', () => {
  it('two processes share one port and add up their metrics on METRICS_PORT', async () => {
    const port = await freePort();
    const env = { WORKERS: '2', METRICS_PORT: String(port) };
    const { query, url, lines } = await startProgram(env);
    for (let i = 0; i < 20; i++) {
      const init = { headers: { 'content-type': 'application/json', connection: 'close' } };
      expect((await query('{ __typename }', init)).status).toBe(200);
    }
    await expect.poll(() => workersOf(lines()).size).toBe(2);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(
      sample(
        text,
        'gateway_operations_total{type="query",outcome="ok",execution="compiled",reason=""}',
      ),
    ).toBe(20);
    expect(sample(text, 'gateway_workers')).toBe(2);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  });

  it('a worker that dies is replaced, and the metrics say so', async () => {
    const { child, query, url, said } = await startProgram({ WORKERS: '2' });
    const [first] = await childrenOf(child.pid);
    process.kill(first as number, 'SIGKILL');
    expect(await said('a worker died')).toMatchObject({ level: 'error', signal: 'SIGKILL' });
    const metrics = async () => (await fetch(`${url}/metrics`)).text();
    await expect
      .poll(async () => sample(await metrics(), 'gateway_workers'), { timeout: 15_000 })
      .toBe(2);
    expect(sample(await metrics(), 'gateway_worker_restarts_total')).toBe(1);
    expect((await query(JOB)).status).toBe(200);
  });

  it('one that dies before it serves is replaced, and then it is said where they listen', async () => {
    const killSecond = async ({ pid }: ChildProcess) => {
      let workers: number[] = [];
      while (workers.length < 2) workers = await childrenOf(pid).catch(() => []);
      process.kill(workers[1] as number, 'SIGKILL');
    };
    const { query, said } = await startProgram({ WORKERS: '2' }, killSecond);
    await said('a worker died');
    expect((await query(JOB)).status).toBe(200);
  });

  it('what they counted stays counted when one is busy, and when it dies', async () => {
    const port = await freePort();
    const env = { WORKERS: '2', METRICS_PORT: String(port) };
    const { child, query, url, said } = await startProgram(env);
    const init = { headers: { 'content-type': 'application/json', connection: 'close' } };
    for (let i = 0; i < 10; i++) await query('{ __typename }', init);
    const counted = async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return sample(
        text,
        'gateway_operations_total{type="query",outcome="ok",execution="compiled",reason=""}',
      );
    };
    expect(await counted()).toBe(10);
    const [first] = await childrenOf(child.pid);
    process.kill(first as number, 'SIGSTOP');
    expect(await counted()).toBe(10);
    process.kill(first as number, 'SIGKILL');
    await said('a worker died');
    expect(await counted()).toBe(10);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('one that is asked for the metrics waits for another that is busy', async () => {
    const { child, url } = await startProgram({ WORKERS: '2' });
    const [first] = await childrenOf(child.pid);
    process.kill(first as number, 'SIGSTOP');
    onTestFinished(() => void process.kill(first as number, 'SIGKILL'));
    // One of them may be given to the worker that does not answer.
    const metrics = async () => (await fetch(`${url}/metrics`)).text();
    expect(sample(await Promise.any([metrics(), metrics()]), 'gateway_workers')).toBe(2);
  });

  it('SIGTERM lets all of them finish, and the exit code is 0', async () => {
    const { child, query, simulator, ended, said, output } = await startProgram({ WORKERS: '2' });
    simulator.fail({ kind: 'slow', delayMs: 1_000 });
    const running = query(JOB);
    await expect.poll(() => simulator.requests.length).toBe(1);
    child.kill('SIGTERM');
    await said('shutting down');
    expect(await (await running).json()).toMatchObject({ data: { job: { name: 'build' } } });
    expect(await ended).toEqual([0, null]);
    expect(output()).not.toContain('died');
  });

  it('a Ctrl-C at the terminal, which all processes get, ends it in order too', async () => {
    const { child, ended } = await startProgram({ WORKERS: '2' });
    for (const worker of await childrenOf(child.pid)) process.kill(worker, 'SIGINT');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });

  it('a crash loop ends it with one line that says so, and exit code 1', async () => {
    const { child, ended, said, lines } = await startProgram({ WORKERS: '2' });
    let isOver = false;
    const over = ended.then((end) => {
      isOver = true;
      return end;
    });
    const killed = new Set<number>();
    onTestFinished(() => {
      isOver = true;
    });
    while (!isOver && !lines().some(({ level }) => level === 'fatal')) {
      for (const worker of await childrenOf(child.pid).catch(() => [])) {
        if (!killed.has(worker)) process.kill(worker, 'SIGKILL');
        killed.add(worker);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await said('workers die again and again')).toMatchObject({ level: 'fatal' });
    expect(await over).toEqual([1, null]);
    expect(lines().filter(({ level }) => level === 'fatal')).toHaveLength(1);
  }, 60_000);
});
