/** Time, as far as the client needs it; tests bring their own. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** Runs the callback once after that many ms; the function returned calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/**
 * The machine's time when the process began, and from then on time that runs evenly: where the machine's
 * is set back, as after a start without network, nothing may wait for the hour to come round again.
 */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Waits; rejects with the signal's reason as soon as that is aborted. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
  });
}
