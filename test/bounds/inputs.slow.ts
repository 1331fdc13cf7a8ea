import { expect, it } from 'vitest';
import { inputs } from './inputs.ts';
import { startTarget, watchHealth } from './target.ts';

/** Maximum growth of the program's memory in MiB. */
const MAX_GROWTH = 200;
const MAX_HEALTH_MS = 200;

it.each(inputs)(
  '$input: $bound',
  async ({ env, gitlab, attack, outcome }) => {
    const target = await startTarget(env, gitlab);
    // Makes the program load and compile the code that each request needs.
    for (let time = 0; time < 20; time += 1) await target.post({ query: '{ __typename }' });
    const before = target.memory();
    const health = await watchHealth(target);
    const got = await attack(target);
    const worstMs = await health.stop();
    expect(got).toEqual(outcome);
    expect(target.isRunning()).toBe(true);
    expect(target.memory() - before).toBeLessThan(MAX_GROWTH);
    expect(worstMs).toBeLessThan(MAX_HEALTH_MS);
  },
  300_000,
);
