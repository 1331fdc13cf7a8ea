/* How figures of scale are written. */
import { short } from '../report.js';

/** Milliseconds as such, and as microseconds. */
export const inMs = (ms) => `${short(ms)} ms`;
export const inUs = (ms) => `${short(ms * 1000)} µs`;
/** Mebibytes as such, and as kibibytes. */
export const inMiB = (mib) => `${mib.toFixed(0)} MiB`;
export const inKiB = (mib) => `${short(mib * 1024)} KiB`;
/** Calls for each operation. */
export const inCalls = (calls) => calls.toFixed(2).replace(/\.?0+$/, '');

/**
 * How much more each cost is than the least before it: at most 1 where a unit costs less, the more of
 * them there are.
 */
export function growthOf(costs) {
  return costs.map((cost, index) => {
    const before = costs.slice(0, index);
    return before.length ? short(cost / Math.min(...before)) : '–';
  });
}
