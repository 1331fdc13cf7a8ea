import { once } from 'node:events';
import type { Client } from 'graphql-sse';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { followLog } from '../../examples/clients/follow-log.ts';
import { createSseClient } from '../../examples/clients/graphql-sse.ts';
import { createWsClient } from '../../examples/clients/graphql-ws.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { serveProgram } from '../app/start-program.ts';
import { tokens } from '../helpers/worlds.ts';
import { running, runningWorld } from '../live/worlds.ts';
import { clients } from './adapters.ts';

/** Stops the program. Returns a function that starts it again at the same address. */
async function stop(
  program: Awaited<ReturnType<typeof serveProgram>>,
  env: Record<string, string>,
) {
  program.child.kill('SIGTERM');
  expect(await once(program.child, 'exit')).toEqual([0, null]);
  return () => serveProgram({ ...env, PORT: new URL(program.url).port });
}

it.each(clients)('%s gets events again after the gateway has restarted', async (_name, create) => {
  const simulator = await createSimulator({ world: runningWorld() });
  onTestFinished(() => simulator.close());
  const env = { GITLAB_URL: simulator.url, POLL_INTERVAL_MS: '100' };
  const first = await serveProgram(env);
  const statuses: string[] = [];
  const ends: unknown[] = [];
  const client = await create(`${first.url}/graphql`, tokens.alice);
  client.follow(
    running.id,
    (status) => statuses.push(status),
    (error) => ends.push(error),
  );
  await expect.poll(() => statuses).toEqual(['RUNNING']);
  const startAgain = await stop(first, env);
  // Changes at GitLab during the restart are not lost: the first event after the restart has the
  // current state.
  simulator.world.setStatus(running.job, 'canceling');
  await startAgain();
  await expect.poll(() => statuses, { timeout: 60_000 }).toEqual(['RUNNING', 'CANCELING']);
  expect(ends).toEqual([]);
  simulator.world.finishJob(running.job, 'canceled');
  await expect.poll(() => statuses).toEqual(['RUNNING', 'CANCELING', 'CANCELED']);
  await expect.poll(() => ends).toEqual([undefined]);
});

it.each([
  ['graphql-sse', createSseClient],
  [
    'graphql-ws',
    (url: string, token: string) => createWsClient(url, token, { webSocketImpl: WebSocket }),
  ],
])('%s continues a log after the gateway has restarted', async (_name, create) => {
  const world = runningWorld('first\n');
  const simulator = await createSimulator({ world });
  onTestFinished(() => simulator.close());
  const env = { GITLAB_URL: simulator.url, POLL_INTERVAL_MS: '100' };
  const first = await serveProgram(env);
  let text = '';
  const client = create(`${first.url}/graphql`, tokens.alice) as Client;
  const errors: unknown[] = [];
  const unsubscribe = followLog(
    client,
    running.id,
    (piece) => {
      text += piece;
    },
    (error) => errors.push(error),
  );
  await expect.poll(() => text).toBe('first\n');
  const startAgain = await stop(first, env);
  world.appendLog(running.job, 'second\n');
  await startAgain();
  await expect.poll(() => text).toBe('first\nsecond\n');
  unsubscribe();
  expect(errors).toEqual([]);
});
