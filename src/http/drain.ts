import type { ServerResponse } from 'node:http';

/** The graceful shutdown of HTTP: running requests may finish, new ones are refused. */
export type Drain = ReturnType<typeof createDrain>;

/** Creates the state of a process that serves normally. */
export function createDrain() {
  const callbacks = new Set<() => void>();
  const idleCallbacks = new Set<() => void>();
  let running = 0;
  let isDraining = false;

  return {
    get isDraining() {
      return isDraining;
    },
    /** Idempotent. */
    begin() {
      if (isDraining) return;
      isDraining = true;
      for (const callback of callbacks) callback();
      callbacks.clear();
    },
    /**
     * Calls back when the shutdown begins; in a microtask if it has already begun. Returns an
     * unsubscribe function.
     */
    onBegin(callback: () => void) {
      // A subscription may start after the shutdown began, if its request was received before.
      if (isDraining) queueMicrotask(callback);
      else callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    /** Counts a response as running until it is closed. */
    watch(response: ServerResponse) {
      running += 1;
      response.once('close', () => {
        running -= 1;
        if (running > 0) return;
        for (const resolve of idleCallbacks) resolve();
        idleCallbacks.clear();
      });
    },
    /** Resolves when no response is running. */
    async idle() {
      if (running > 0) await new Promise<void>((resolve) => idleCallbacks.add(resolve));
    },
  };
}
