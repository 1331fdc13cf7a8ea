import { expect, it } from 'vitest';
import { readOperations } from '../../src/http/example-operations.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { at, startGateway } from '../helpers/start-gateway.ts';
import { subscribe } from './subscribe.ts';

const subscriptions = readOperations().filter(({ query }) => /^subscription /m.test(query));

it('there are examples of all three subscriptions', () => {
  const roots = ['jobUpdated', 'jobTraceAppended', 'pipelineUpdated'];
  expect(roots.filter((root) => !subscriptions.some(({ query }) => query.includes(root)))).toEqual(
    [],
  );
});

it.each(subscriptions)('$name receives an event in the demo', async (operation) => {
  const gateway = await startGateway({ simulator: { world: seedWorld() } });
  const { query, variables } = operation;
  const example = subscribe(gateway, query, { token: demo.token, variables });
  const first = await example.next();
  expect(first?.errors).toBeUndefined();
  expect(Object.values(first?.data ?? {}).every(Boolean)).toBe(true);
  expect(gateway.bugs).toEqual([]);
});

it('the example board changes with its jobs, at the calls of the poll alone', async () => {
  const world = seedWorld();
  const config = { pollIntervalMs: 100 };
  const gateway = await startGateway({ simulator: { world }, config, token: demo.token });
  const { query, variables } = subscriptions.find(({ name }) => name === '23-live-board')!;
  const events = subscribe(gateway, query, { token: demo.token, variables });
  const boardOf = async () => {
    const event = await events.next();
    expect(event?.errors).toBeUndefined();
    return at(event ?? {}, 'pipelineUpdated.pipeline.board.stages');
  };
  const first = await boardOf();
  const calls = gateway.calls();
  world.advance(30_000);
  expect(await boardOf()).not.toEqual(first);
  const path = `GET /projects/${demo.checkoutProjectId}/pipelines/${demo.runningCheckoutPipelineId}`;
  expect([...new Set(calls)].sort()).toEqual([
    path,
    `${path}/bridges?page=1&per_page=100`,
    `${path}/jobs?include_retried=true&page=1&per_page=100`,
  ]);
  expect(gateway.bugs).toEqual([]);
});
