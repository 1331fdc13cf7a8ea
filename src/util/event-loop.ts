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
 * Call between the parts of long work, each of which takes a few milliseconds at most. All callers
 * together get slices of 10 ms, between which requests, responses and timers are served. Resolves
 * immediately within a slice.
 */
export async function shareEventLoop(): Promise<void> {
  while (performance.now() >= sliceEndsAt) {
    nextSlice ??= setImmediate().then(startSlice);
    await nextSlice;
  }
}
