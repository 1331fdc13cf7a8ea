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
 * Lets requests, responses and timers be served between the parts of long work. Call it after each
 * part, which should take a few milliseconds at most. All callers together may work for 10 ms before
 * it waits for other work; until then it resolves immediately.
 */
export async function shareEventLoop(): Promise<void> {
  while (performance.now() >= sliceEndsAt) {
    nextSlice ??= setImmediate().then(startSlice);
    await nextSlice;
  }
}
