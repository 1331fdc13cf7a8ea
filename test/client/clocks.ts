import type { Clock } from 'gitlab-jobs-gateway/client';

export const SILENCE_MS = 30_000;

/** A clock without pauses. A silent connection is never noticed. */
export const clock: Clock = {
  after(ms, callback) {
    if (ms === SILENCE_MS) return () => {};
    const timer = setImmediate(callback);
    return () => clearImmediate(timer);
  },
  random: () => 0,
};
