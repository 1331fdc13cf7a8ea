import { setImmediate } from 'node:timers/promises';

/** How long work may occupy the event loop before other work runs, in ms. */
const SLICE_MS = 5;

let sliceEndsAt = 0;
let isSliceScheduled = false;

/**
 * Whether a long computation must pause. All long computations share slices of 5 ms. True if the
 * current slice is over, or if none has begun.
 */
export const isSliceOver = (): boolean => performance.now() >= sliceEndsAt;

async function scheduleSlice(): Promise<void> {
  if (isSliceScheduled) return;
  isSliceScheduled = true;
  await setImmediate();
  isSliceScheduled = false;
  sliceEndsAt = performance.now() + SLICE_MS;
}

/**
 * Call this between the parts of a long computation. Each part may take a few milliseconds.
 * Resolves in the next iteration of the event loop. If all callers together have worked for 5 ms,
 * resolves in a later iteration. In the meantime, requests, responses and timers are served.
 */
export async function shareEventLoop(): Promise<void> {
  do {
    if (isSliceOver()) void scheduleSlice();
    // Each caller has its own immediate, so the callers continue one after another, and each checks
    // the time after the work of the previous caller.
    await setImmediate();
  } while (isSliceOver());
}

/**
 * Call this in a loop, between small parts of a long computation. Pauses like `shareEventLoop`, but
 * only if the current slice of 5 ms is over, because a pause at each call would make a stream slow.
 */
export async function pauseIfSliceIsOver(): Promise<void> {
  if (isSliceOver()) await shareEventLoop();
}

/** Number of values to map before the time is checked again. */
const VALUES_PER_CHECK = 10;

/** Maps values one after another. Lets other work run whenever a slice of 5 ms is over. */
export async function mapInSlices<Value, Result>(
  values: readonly Value[],
  map: (value: Value) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const value of values) {
    if (results.length % VALUES_PER_CHECK === 0 && isSliceOver()) await shareEventLoop();
    results.push(map(value));
  }
  return results;
}
