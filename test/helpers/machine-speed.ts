/**
 * Duration of `sortNames` in ms on the reference machine, on which the tests in *.slow.ts stay
 * within their bounds. Estimated from the duration of tests on that machine and on a slower one.
 */
const REFERENCE_MS = 3;

function sortNames(): number {
  const names = Array.from({ length: 20_000 }, (_, index) => `test: [${(index * 7_919) % 20_000}]`);
  const start = performance.now();
  names.sort((a, b) => (a < b ? -1 : 1));
  return performance.now() - start;
}

/**
 * Returns how many times slower this machine is than the reference machine; at least 1. Tests
 * multiply their bound for blocks of the event loop by it, so that slow code fails them, but a slow
 * machine does not.
 */
export function measureSlowness(): number {
  const times = Array.from({ length: 20 }, sortNames);
  return Math.max(1, Math.min(...times) / REFERENCE_MS);
}
