import { createClient, GatewayError } from 'gitlab-jobs-gateway/client';
import { expect, it } from 'vitest';
import { startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { running, runningWorld } from '../live/worlds.ts';

async function start(log = '') {
  const world = runningWorld(log);
  const started = await startGateway({ simulator: { world } });
  const headers = { 'PRIVATE-TOKEN': tokens.alice };
  return { ...started, world, client: createClient({ url: `${started.url}/graphql`, headers }) };
}

it('resolves with data, errors and what the operation cost', async () => {
  const { client, calls } = await start();
  const result = await client.query(
    'query ($id: ID!) { node(id: $id) { id } job(project: "group/app", id: "x") { id } }',
    { id: running.id },
  );
  expect(result.data).toEqual({ node: { id: running.id }, job: null });
  expect(result.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
  expect(result.extensions?.upstream?.calls).toBe(calls().length);
});

it('subscribes to a log', async () => {
  const { client, world } = await start('first\n');
  const text: string[] = [];
  const document =
    'subscription ($id: ID!, $from: BigInt) { log: jobTraceAppended(id: $id, afterByte: $from) { text endByte } }';
  for await (const { data } of client.subscribe<{ log: { text: string } }>(document, {
    id: running.id,
  })) {
    text.push(data?.log.text ?? '');
    if (text.length === 1) {
      world.appendLog(running.job, 'second\n');
      world.finishJob(running.job, 'success');
    }
  }
  expect(text.join('')).toBe('first\nsecond\n');
});

it('rejects if there is no GraphQL response', async () => {
  const client = createClient({ url: 'http://127.0.0.1:1/graphql' });
  await expect(client.query('{ __typename }')).rejects.toThrow(GatewayError);
});
