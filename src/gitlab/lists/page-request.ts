/*
 * Requests and pages of a list, independent of GitLab's pagination. Every list is ordered by id,
 * newest first. A request reads from a start position towards 'older' or 'newer' rows.
 */

/** The row that a cursor names. It may have been removed since the cursor was made. */
export interface CursorRow {
  id: string;
  /**
   * Number of rows before the cursor row when the cursor was made, if known. It is an estimate,
   * since rows are added and removed.
   */
  index?: number | undefined;
}

/**
 * Requests up to `count` rows next to the cursor row, which is excluded. Without a cursor row,
 * starts at the newest row ('older') or at the oldest row ('newer').
 */
export interface PageRequest {
  direction: 'older' | 'newer';
  cursorRow?: CursorRow | undefined;
  count: number;
  /** Set if the caller needs to know whether more rows follow in the direction of reading. */
  needsHasNext: boolean;
  /** Set if the caller needs to know whether rows precede the page in the direction of reading. */
  needsHasPrevious: boolean;
}

/** The other direction of each direction. */
export const opposite = { older: 'newer', newer: 'older' } as const;

/**
 * Consecutive rows, newest first. `hasOlder` and `hasNewer` are exact only if the request asks for
 * them with `needsHasNext` or `needsHasPrevious`. In the direction `older`, `hasOlder: false` is
 * always exact.
 */
export interface PageSlice<Row> {
  rows: Row[];
  /** Number of rows before the first row; undefined for keyset pages. */
  firstIndex: number | undefined;
  hasOlder: boolean;
  hasNewer: boolean;
  /** Number of rows in the list; null if GitLab does not count them. */
  total: number | null;
}

/** Returns a cursor row that names the row at an index of a slice; undefined if there is none. */
export function cursorRowAt<Row extends WithId>(
  { rows, firstIndex }: Pick<PageSlice<Row>, 'rows' | 'firstIndex'>,
  at: number,
): CursorRow | undefined {
  const row = rows[at];
  const index = firstIndex === undefined ? undefined : firstIndex + at;
  return row && { id: String(row.id), index };
}

/**
 * The largest page size that GitLab allows. GitLab silently reduces larger values of `per_page`
 * (upstream.md §4.1).
 */
export const MAX_PER_PAGE = 100;

export interface WithId {
  id: number | string;
}

/** Compares ids of any size; negative if `a` is smaller (older). */
export function compareIds(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : Number(left > right);
}
