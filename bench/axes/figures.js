/* Formats the figures of the tables. */
import { short } from '../report.js';

/** Both functions format a time in ms: `inMs` in milliseconds, `inUs` in microseconds. */
export const inMs = (ms) => `${short(ms)} ms`;
export const inUs = (ms) => `${short(ms * 1000)} µs`;
/** Both functions format a size in MiB: `inMiB` in mebibytes, `inKiB` in kibibytes. */
export const inMiB = (mib) => `${mib.toFixed(0)} MiB`;
export const inKiB = (mib) => `${short(mib * 1024)} KiB`;
/** Formats a number of calls per operation. */
export const inCalls = (calls) => calls.toFixed(2).replace(/\.?0+$/, '');

/**
 * Divides each cost per unit by the least cost at smaller sizes. The first size has no smaller
 * sizes: its result is '–'. A result of at most 1 means that a unit does not cost more if there are
 * more units.
 */
export function growthOf(costs) {
  return costs.map((cost, index) => {
    const before = costs.slice(0, index);
    return before.length ? short(cost / Math.min(...before)) : '–';
  });
}
