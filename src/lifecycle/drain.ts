import type { ServerResponse } from 'node:http';

/** The end of a process's work: what runs may finish, and nothing new begins. */
export interface Drain {
  readonly isDraining: boolean;
  /** Begins it. Again: changes nothing. */
  begin(): void;
  /** Calls back when it begins, or soon if it has begun; what is returned calls that off. */
  onBegin(callback: () => void): () => void;
  /** Counts an answer that is under way. */
  watch(response: ServerResponse): void;
  /** Resolves when none is under way any more. */
  idle(): Promise<void>;
}

/** Nothing ends until `begin` is called. */
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
      // A request may have come before it began, and be ready to follow something after.
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
