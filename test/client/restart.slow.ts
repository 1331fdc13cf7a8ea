import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { serveProgram } from '../app/start-program.ts';
import { tokens } from '../helpers/worlds.ts';
import { running, runningWorld } from '../live/worlds.ts';
import { follow } from './follow.ts';

it('continues a log with exactly its bytes across three restarts of the program', {
  timeout: 400_000,
}, async () => {
  const world = runningWorld('Zeile 0 äöü 😀\n');
  const simulator = await createSimulator({ world });
  onTestFinished(() => simulator.close());
  const env = { GITLAB_URL: simulator.url, POLL_INTERVAL_MS: '100' };
  let program = await serveProgram(env);
  const port = new URL(program.url).port;
  const followed = follow(`${program.url}/graphql`, tokens.alice, running.id);
  const log = () => world.log(running.job).toString();
  const expectText = () => expect.poll(() => followed.text, { timeout: 100_000 }).toBe(log());
  const append = (text: string) => world.appendLog(running.job, text);
  for (const restart of [1, 2, 3]) {
    await expectText();
    append(`while it stops ${restart} äöü`);
    program.child.kill('SIGTERM');
    expect(await once(program.child, 'exit')).toEqual([0, null]);
    append(` 😀, while it is down ${restart}\nan incomplete`);
    program = await serveProgram({ ...env, PORT: port });
    append(` line ${restart}\n`);
  }
  await expectText();
  append('the end');
  world.finishJob(running.job, 'success');
  await expect.poll(() => followed.end, { timeout: 100_000 }).toBe('complete');
  const { text, gaps, retries } = followed;
  expect({ text, gaps }).toEqual({ text: log(), gaps: 0 });
  expect(retries).toBeGreaterThanOrEqual(3);
});
