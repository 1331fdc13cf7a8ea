/** Whether this process should be sent work. */
export interface Readiness {
  /** Asks GitLab only if nobody has heard from it lately. */
  check(): Promise<{ ready: true } | { ready: false; reason: string }>;
  /** An answer came from GitLab, on whosever behalf. */
  heard(): void;
}

/** An answer this young speaks for GitLab without asking again. */
const LATELY_MS = 10_000;
/** One answer that fails to come is no outage: so many in a row are. */
const FAILURES_TO_LEAVE = 3;
const PATIENCE_MS = 3_000;

/**
 * Judges by what is asked of GitLab anyway, and otherwise by asking it, once for all who want to know.
 * Before the first answer it is not ready; then three failures in a row make it so, and one answer undoes
 * that.
 */
export function createReadiness(deps: {
  /** Whether GitLab answers. */
  ping(signal: AbortSignal): Promise<boolean>;
  now(): number;
}): Readiness {
  let heardAt: number | undefined;
  let failures = 0;
  let asking: Promise<void> | undefined;

  const heard = () => {
    heardAt = deps.now();
    failures = 0;
  };
  const ask = async () => {
    const answers = await deps.ping(AbortSignal.timeout(PATIENCE_MS)).catch(() => false);
    if (answers) heard();
    else failures += 1;
  };
  const wasHeardLately = () => heardAt !== undefined && deps.now() - heardAt < LATELY_MS;

  return {
    heard,
    async check() {
      if (!wasHeardLately()) {
        asking ??= ask().finally(() => {
          asking = undefined;
        });
        await asking;
      }
      if (heardAt === undefined) return { ready: false, reason: 'GitLab has not answered yet' };
      if (failures < FAILURES_TO_LEAVE) return { ready: true };
      const seconds = Math.round((deps.now() - heardAt) / 1000);
      return { ready: false, reason: `GitLab has not answered for ${seconds} s` };
    },
  };
}
