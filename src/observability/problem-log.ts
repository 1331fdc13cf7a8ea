import type { Problem } from '../gitlab/transport/problems.ts';
import type { Logger } from './logger.ts';

/**
 * Minimum time between two log lines about one endpoint, because one lasting problem makes many
 * calls fail.
 */
const PAUSE_MS = 60_000;

/**
 * Creates a function that logs failed calls to GitLab with their endpoint and cause. At most one
 * line per endpoint and minute is written. `suppressed` is the number of failed calls since the
 * previous line that were not logged. `now` returns ms.
 */
export function createProblemLog(logger: Logger, now: () => number) {
  // The size is limited, because the gateway calls a fixed number of GitLab's endpoints.
  const entries = new Map<string, { loggedAt: number; suppressed: number }>();
  return ({ method, template, cause }: Problem): void => {
    const endpoint = `${method} ${template}`;
    const entry = entries.get(endpoint);
    if (entry && now() - entry.loggedAt < PAUSE_MS) {
      entry.suppressed += 1;
      return;
    }
    entries.set(endpoint, { loggedAt: now(), suppressed: 0 });
    const suppressed = entry?.suppressed || undefined;
    logger.warn({ endpoint, cause, suppressed }, 'a call to GitLab failed');
  };
}
