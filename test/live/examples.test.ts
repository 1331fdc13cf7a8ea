import { expect, it } from 'vitest';
import { readOperations } from '../../src/http/example-operations.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { subscribe } from './subscribe.ts';

const followed = readOperations().filter(({ query }) => /^subscription /m.test(query));

it('there are examples that follow a job, its log, and a pipeline', () => {
  const roots = ['jobUpdated', 'jobTraceAppended', 'pipelineUpdated'];
  expect(roots.filter((root) => !followed.some(({ query }) => query.includes(root)))).toEqual([]);
});

it.each(followed)('$name shows something in the demo on the first click', async (operation) => {
  const gateway = await startGateway({ simulator: { world: seedWorld() } });
  const { query, variables } = operation;
  const example = subscribe(gateway, query, { token: demo.token, variables });
  const first = await example.next();
  expect(first?.errors).toBeUndefined();
  expect(Object.values(first?.data ?? {}).every(Boolean)).toBe(true);
  expect(gateway.bugs).toEqual([]);
});
