import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/gitlab/clock.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';
import { FOLLOW, running, runningWorld } from './worlds.ts';

/** A clock whose timers are counted, and run when the test says so. */
function createManualClock() {
  const timers = new Set<() => void>();
  let now = Date.now();
  const clock: Clock = {
    now: () => now,
    after(_ms, work) {
      timers.add(work);
      return () => void timers.delete(work);
    },
  };
  return {
    clock,
    pending: () => timers.size,
    runAll() {
      now += 60_000;
      const due = [...timers];
      timers.clear();
      for (const work of due) work();
    },
  };
}

describe('after the last viewer left', () => {
  it('nothing is asked any more, and nothing is planned', async () => {
    const world = runningWorld();
    const manual = createManualClock();
    const { url, simulator } = await startGateway({
      simulator: { world },
      live: { clock: manual.clock },
    });
    const options = { token: tokens.alice, variables: { id: running.id } };
    const [first, second] = [
      subscribe({ url }, FOLLOW, options),
      subscribe({ url }, FOLLOW, options),
    ];
    await Promise.all([first.next(), second.next()]);
    await expect.poll(manual.pending).toBeGreaterThan(0);
    first.leave();
    second.leave();
    // The next poll is not merely late: its timer is gone.
    await expect.poll(manual.pending).toBe(0);
    const asked = simulator.requests.length;
    manual.runAll();
    expect(simulator.requests.length).toBe(asked);
  });
});
