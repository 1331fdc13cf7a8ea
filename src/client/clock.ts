import { untilAborted } from './abort.ts';

/** Timers and randomness; tests inject their own. */
export interface Clock {
  /** Runs the callback once. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Returns a random number from 0 to 1. */
  random(): number;
}

export const systemClock: Clock = {
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/** Resolves after `ms`; rejects with the signal's reason if the signal is aborted first. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  let cancel = () => {};
  const end = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  return untilAborted(end, signal).finally(cancel);
}
