import { expect, it } from 'vitest';
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
