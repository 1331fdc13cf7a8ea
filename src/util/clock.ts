/** Time and timers; tests inject their own. */
export interface Clock {
  /** In ms since 1970. */
  now(): number;
  /** Runs the callback once. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void;
}

// Read only once, because Node computes it at each access.
const { timeOrigin } = performance;

/**
 * A monotonic clock that starts at the system time. Deadlines do not shift when the system time is
 * corrected, for example after a start without network.
 */
export const systemClock: Clock = {
  now: () => timeOrigin + performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`; rejects with the signal's reason if the signal is aborted first. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
