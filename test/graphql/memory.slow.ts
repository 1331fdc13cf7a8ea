import { queryObjects } from 'node:v8';
import { expect, it } from 'vitest';
import { startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

/** Returns the number of live AbortSignals. `queryObjects` collects garbage first. */
const signalsAlive = () => queryObjects(AbortSignal, { format: 'count' });

it.each([
  ['without a call', '{ __typename }'],
  ['with a call', '{ project(fullPath: "group/app") { jobs { nodes { name } } } }'],
  ['that is refused', '{ nonsense }'],
  ['with a log', '{ project(fullPath: "group/app") { jobs { nodes { trace { byteSize } } } } }'],
])('an operation %s leaves nothing in memory', async (_name, text) => {
  const { query } = await startGateway({
    simulator: { world: smallWorld() },
    token: tokens.alice,
  });
  const ask = async (times: number) => {
    for (let i = 0; i < times; i++) await query(text);
  };
  await ask(5);
  const before = signalsAlive();
  await ask(30);
  // The signals of the last operations may still be alive. A leak of one signal per operation would
  // leave thirty.
  expect(signalsAlive() - before).toBeLessThan(10);
});
