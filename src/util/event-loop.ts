import { setImmediate } from 'node:timers/promises';

/** How long work may occupy the event loop before other work runs, in ms. */
const SLICE_MS = 10;

let sliceEndsAt = 0;
let nextSlice: Promise<void> | undefined;

function startSlice(): void {
  nextSlice = undefined;
  sliceEndsAt = performance.now() + SLICE_MS;
}

/**
 * Call between the parts of long work, each of which takes a few milliseconds at most. Resolves
 * immediately until all callers together have worked for 10 ms. Then requests, responses and timers
 * are served first.
 */
export async function shareEventLoop(): Promise<void> {
  while (performance.now() >= sliceEndsAt) {
    nextSlice ??= setImmediate().then(startSlice);
    await nextSlice;
  }
}
