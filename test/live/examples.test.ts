import { expect, it } from 'vitest';
import { readOperations } from '../../src/http/example-operations.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { startGateway } from '../helpers/start-gateway.ts';
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
