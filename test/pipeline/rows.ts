import type { AnyJob, Bridge, Job } from '../../src/gitlab/rows.ts';
import type { BoardRows } from '../../src/pipeline/board.ts';

/** Returns the time `seconds` after 10:00:00 on a fixed day, as GitLab writes it. */
export const at = (seconds: number): string =>
  new Date(Date.UTC(2026, 10, 29, 10) + seconds * 1000).toISOString();

const common = { status: 'success', project_id: '1' };

/** Returns a job of pipeline 900, which was created at 0 seconds. */
export const build = (row: Partial<Job> & Pick<Job, 'id'>): Job => ({
  ...common,
  kind: 'BUILD',
  pipeline: { id: 900, created_at: at(0) },
  ...row,
});

/** Returns a trigger job of pipeline 900. */
export const bridge = (row: Partial<Bridge> & Pick<Bridge, 'id'>): Bridge => ({
  ...common,
  kind: 'BRIDGE',
  pipeline: { id: 900, created_at: at(0) },
  ...row,
});

/**
 * Returns the times of a row that was queued for `queued` seconds, started at `start` and ended at
 * `finish`.
 */
export const times = (queued: number | null, start: number, finish?: number) => ({
  queued_duration: queued,
  started_at: at(start),
  finished_at: finish === undefined ? null : at(finish),
  duration: finish === undefined ? null : finish - start,
});

const isBuild = (row: AnyJob): row is Job => row.kind === 'BUILD';

/** Returns the rows of a pipeline's two lists, newest first as GitLab sends them. */
export function rowsOf(rows: readonly AnyJob[], gaps: BoardRows['gaps'] = []): BoardRows {
  const newestFirst = [...rows].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? 1 : -1));
  return {
    jobs: newestFirst.filter(isBuild),
    bridges: newestFirst.filter((row): row is Bridge => !isBuild(row)),
    hasAllBridges: true,
    gaps,
  };
}
