/* Summarizes measured values. */

/**
 * Returns the value below which a part `q` of the values lies; `q` is from 0 to 1. The values must
 * be in ascending order.
 */
export const quantile = (sorted, q) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];

/** Returns the values in ascending order. */
export const ascending = (values) => [...values].sort((a, b) => a - b);

/** Returns the median. The values may be in any order. */
export const median = (values) => quantile(ascending(values), 0.5);
