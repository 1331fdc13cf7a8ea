/**
 * CPU time of the reference work on a machine on which the bounds of slow tests were met, in ms:
 * a loose estimate from the duration of tests there and on a slower machine.
 */
const REFERENCE_MS = 3;

function sortNames(): number {
  const names = Array.from({ length: 20_000 }, (_, index) => `test: [${(index * 7_919) % 20_000}]`);
  const start = performance.now();
  names.sort((a, b) => (a < b ? -1 : 1));
  return performance.now() - start;
}

/**
 * Returns how many times slower this machine is than the reference, at least 1. A bound for blocks of
 * the event loop is multiplied by it, so that it fails for slow code and not for a slow machine.
 */
export function measureSlowness(): number {
  const times = Array.from({ length: 20 }, sortNames);
  return Math.max(1, Math.min(...times) / REFERENCE_MS);
}
