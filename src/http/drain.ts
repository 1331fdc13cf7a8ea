import type { ServerResponse } from 'node:http';

/** The graceful shutdown of HTTP: running requests may finish, new ones are refused. */
export interface Drain {
  readonly isDraining: boolean;
  /** Repeated calls have no effect. */
  begin(): void;
  /** Calls back when it begins, or in a microtask if it has begun. Returns a function that unsubscribes. */
  onBegin(callback: () => void): () => void;
  /** Counts a response as running until it is closed. */
  watch(response: ServerResponse): void;
  /** Resolves when no response is running. */
  idle(): Promise<void>;
}

/** Creates the state of a process that serves normally. */
export function createDrain(): Drain {
  const callbacks = new Set<() => void>();
  const running = new Set<ServerResponse>();
  const waiting = new Set<() => void>();
  let isDraining = false;

  const finish = (response: ServerResponse) => {
    running.delete(response);
    if (running.size > 0) return;
    for (const resolve of waiting) resolve();
    waiting.clear();
  };

  return {
    get isDraining() {
      return isDraining;
    },
    begin() {
      if (isDraining) return;
      isDraining = true;
      for (const callback of callbacks) callback();
      callbacks.clear();
    },
    onBegin(callback) {
      // A subscription may start after the shutdown began, if its request came before.
      if (isDraining) queueMicrotask(callback);
      else callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    watch(response) {
      running.add(response);
      response.once('close', () => finish(response));
    },
    idle() {
      if (running.size === 0) return Promise.resolve();
      return new Promise((resolve) => waiting.add(resolve));
    },
  };
}
