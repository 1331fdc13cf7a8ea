const WITHIN_MS = 60_000;
const MAX_DEATHS = 10;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

/** Decides how soon what died is started again. */
export interface Restarts {
  /** The pause before the next start, in ms; undefined when it has died too often to be started again. */
  next(now: number): number | undefined;
}

/** The first death is made good almost at once, each further one within a minute after twice the pause. */
export function createRestarts(): Restarts {
  let deaths: number[] = [];
  return {
    next(now) {
      deaths = [...deaths.filter((at) => now - at < WITHIN_MS), now];
      if (deaths.length >= MAX_DEATHS) return undefined;
      return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths.length - 1));
    },
  };
}
