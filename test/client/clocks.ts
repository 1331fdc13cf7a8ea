import type { Clock } from 'gitlab-jobs-gateway/client';

export const SILENCE_MS = 30_000;

/** A clock on which pauses end immediately, and on which a silent connection never times out. */
export const clock: Clock = {
  after(ms, callback) {
    if (ms === SILENCE_MS) return () => {};
    const timer = setImmediate(callback);
    return () => clearImmediate(timer);
  },
  random: () => 0,
};
