import type { Problem } from '../gitlab/transport/problems.ts';
import type { Logger } from './logger.ts';

/** A problem that persists fails many calls; each endpoint is logged once in this time. */
const PAUSE_MS = 60_000;

/**
 * Creates a function that logs what is wrong between the gateway and GitLab: the endpoint and the
 * cause. At most one line per endpoint and minute; `suppressed` counts the others. `now` is in ms.
 */
export function createProblemLog(logger: Logger, now: () => number) {
  // As many entries as GitLab's API has endpoints here.
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
