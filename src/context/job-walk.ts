import type { RowList } from '../gitlab/lists/job-list.ts';
import { type CursorRow, cursorRowAt, MAX_PER_PAGE } from '../gitlab/lists/page-request.ts';
import type { Job } from '../gitlab/rows.ts';

/** The rows that a walk through a list has read so far. */
export interface Walked {
  /** Newest first. */
  readonly rows: readonly Job[];
  /** Whether the oldest row of the list was read. */
  readonly isComplete: boolean;
  /** Whether GitLab counts the rows of the list. */
  readonly isCounted: boolean;
}

export interface WalkOptions {
  /** Id of a job. The walk begins with the next older job. @default begins with the newest job */
  olderThan?: string | undefined;
  maxRows: number;
}

/**
 * Reads the jobs of a project page by page, newest first. Yields after each page, so that the
 * caller can stop.
 */
export async function* walkJobs(
  list: RowList<Job>,
  { olderThan, maxRows }: WalkOptions,
): AsyncGenerator<Walked, void, void> {
  const rows: Job[] = [];
  let cursorRow: CursorRow | undefined = olderThan === undefined ? undefined : { id: olderThan };
  for (;;) {
    const count = Math.min(MAX_PER_PAGE, maxRows - rows.length);
    const slice = await list.read({
      direction: 'older',
      count,
      cursorRow,
      // Makes `hasOlder` exact, which may cost a call. Otherwise, it may be true although there is
      // no older row. Only the result of the last page must be exact.
      needsHasNext: rows.length + count === maxRows,
      needsHasPrevious: false,
    });
    rows.push(...slice.rows);
    yield { rows, isComplete: !slice.hasOlder, isCounted: slice.total !== null };
    cursorRow = cursorRowAt(slice, slice.rows.length - 1);
    if (!cursorRow || !slice.hasOlder || rows.length >= maxRows) return;
  }
}
