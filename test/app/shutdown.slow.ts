import { once } from 'node:events';
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { demo } from '../../src/simulator/seed.ts';
import { startProgram } from './start-program.ts';

const JOB = `{ job(project: "${demo.project}", id: "${demo.successJobId}") { name } }`;

it('after SIGTERM, aborts what has not finished within SHUTDOWN_TIMEOUT, and exits with 0', async () => {
  const { child, query, simulator, ended, said, lines } = await startProgram({
    SHUTDOWN_TIMEOUT: '1',
  });
  simulator.fail({ kind: 'hang' });
  const running = query(JOB).catch(() => 'cut off');
  await expect.poll(() => simulator.requests.length).toBe(1);
  const startedAt = performance.now();
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect(await running).toBe('cut off');
  expect((await said('shutdown timeout')).level).toBe('warn');
  expect(lines().at(-1)).toMatchObject({ msg: 'operation', outcome: 'aborted' });
});

describe('on SIGTERM the program', { retry: 0 }, () => {
  it('finishes running operations, rejects new ones, and exits with 0', async () => {
    const { child, query, url, simulator, ended, said } = await startProgram();
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    simulator.fail({ kind: 'slow', delayMs: 1_500, match: '/jobs/' });
    const running = query(JOB);
    await expect.poll(() => simulator.requests.length).toBe(2);
    child.kill('SIGTERM');
    await said('shutting down');
    const late = await query(JOB);
    expect(late.status).toBe(503);
    expect(late.headers.get('connection')).toBe('close');
    expect(await late.json()).toMatchObject({
      errors: [{ extensions: { code: 'SHUTTING_DOWN' } }],
    });
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(await (await running).json()).toMatchObject({ data: { job: { name: 'build' } } });
    expect(await ended).toEqual([0, null]);
  });

  it('does not wait for idle connections, nor for a log reader that stopped reading', async () => {
    const { child, query, url } = await startProgram({
      MAX_BATCH: '1000',
      SHUTDOWN_TIMEOUT: '600',
    });
    const agent = new Agent({ keepAliveTimeout: 60_000 });
    onTestFinished(() => agent.destroy());
    child.stdout?.pause();
    // Makes the program write more log output than a pipe buffers.
    const body = JSON.stringify(Array(1_000).fill({ query: '{ __typename }' }));
    expect(
      (await query('', { headers: { 'content-type': 'application/json' }, body })).status,
    ).toBe(200);
    await (await request(`${url}/health`, { dispatcher: agent })).body.dump();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    child.stdout?.resume();
  });

  it('exits immediately on a second signal', async () => {
    const { child, query, simulator, ended, said } = await startProgram();
    simulator.fail({ kind: 'hang' });
    query(JOB).catch(() => {});
    await expect.poll(() => simulator.requests.length).toBe(1);
    child.kill('SIGTERM');
    await said('shutting down');
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
  });
});
