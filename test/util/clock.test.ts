import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/util/clock.ts';

it('the system’s clock begins at the machine’s time and is not set back with it', () => {
  const began = Date.now();
  expect(Math.abs(systemClock.now() - began)).toBeLessThan(60_000);
  const before = systemClock.now();
  vi.useFakeTimers({ toFake: ['Date'], now: began - 3_600_000 });
  onTestFinished(() => void vi.useRealTimers());
  expect(Date.now()).toBeLessThan(began);
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
});
