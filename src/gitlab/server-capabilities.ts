import type { Clock } from '../util/clock.ts';

/**
 * Features of the GitLab server, which differ between versions (upstream.md §11). Each feature is
 * detected from responses, and undefined until then. All callers share the values, so no value may
 * depend on a caller.
 */
export interface ServerCapabilities {
  /** Whether lists of project jobs support keyset pagination (GitLab 15.9 and later). */
  keyset?: boolean;
  /** Whether keyset pages have the headers X-NEXT-CURSOR and X-PREV-CURSOR. */
  cursorHeaders?: boolean;
  /**
   * Whether GitLab accepts the cursors that the gateway builds. If false, lists of project jobs use
   * offset pages, and reads by id use one call per job.
   */
  builtCursors?: boolean;
  /**
   * Name of the endpoint that lists a pipeline's trigger jobs: `trigger_jobs` exists in GitLab 19.2
   * and later, and will replace `bridges` (upstream.md §2.3).
   */
  bridges?: 'bridges' | 'trigger_jobs';
  /**
   * Whether GitLab can send only the part of a log after `byte_offset` (19.0 and later). Set by the
   * code that reads logs.
   */
  byteOffset?: boolean;
}

const NAMES = ['keyset', 'cursorHeaders', 'builtCursors', 'bridges', 'byteOffset'] as const;

/**
 * How long a detected feature is remembered before it is detected again: GitLab may be updated, or
 * a proxy's response may have been misleading.
 */
const REMEMBERED_MS = 600_000;

/**
 * Creates capabilities that are undefined until detected and become undefined again ten minutes
 * later.
 */
export function createServerCapabilities(clock: Clock): ServerCapabilities {
  const detected = new Map<string, { value: unknown; until: number }>();
  const server: ServerCapabilities = {};
  for (const name of NAMES) {
    Object.defineProperty(server, name, {
      get() {
        const found = detected.get(name);
        return found && clock.now() < found.until ? found.value : undefined;
      },
      set(value: unknown) {
        detected.set(name, { value, until: clock.now() + REMEMBERED_MS });
      },
    });
  }
  return server;
}
