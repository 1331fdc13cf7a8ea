import { setImmediate as nextIteration } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { mapInSlices, shareEventLoop } from '../../src/util/event-loop.ts';

/**
 * Replaces the clock with one that only the test advances. It starts 5 s in the future, so that the
 * time slice of earlier tests is over.
 */
function mockTime() {
  let now = performance.now() + 5_000;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  return {
    advance(ms: number) {
      now += ms;
    },
  };
}

it('resumes callers one after another until they have used their time together', async () => {
  const time = mockTime();
  const log: string[] = [];
  const work = async (name: string) => {
    await shareEventLoop();
    log.push(name);
    time.advance(3);
  };
  const other = async () => {
    for (let iteration = 0; iteration < 2; iteration += 1) {
      await nextIteration();
      log.push('other');
    }
  };
  await Promise.all([other(), ...['a', 'b', 'c', 'd'].map(work)]);
  expect(log).toEqual(['other', 'a', 'b', 'other', 'c', 'd']);
});

it('maps values in order, and lets other work run in between', async () => {
  const time = mockTime();
  let isDone = false;
  let iterations = 0;
  const values = Array.from({ length: 100 }, (_, index) => index);
  const mapped = mapInSlices(values, (value) => {
    time.advance(1);
    return value * 2;
  }).finally(() => {
    isDone = true;
  });
  for (; !isDone; iterations += 1) await nextIteration();
  expect(await mapped).toEqual(values.map((value) => value * 2));
  expect(iterations).toBeGreaterThan(5);
});
