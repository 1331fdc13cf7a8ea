/*
 * What is asked of a list of jobs, and what comes back, whichever way GitLab pages it. Every GitLab
 * list here is ordered by id, newest first; "older" and "newer" say where to walk.
 */

/** A row that was in the list when its cursor was made: its id, and its place where the list has places. */
export interface CursorRow {
  id: string;
  /** How many rows stood before it then; only a hint, since rows come and go. */
  index?: number | undefined;
}

/** Up to `count` rows next to the anchor (which is not one of them), or next to the list's end. */
export interface PageRequest {
  direction: 'older' | 'newer';
  cursorRow?: CursorRow | undefined;
  count: number;
  /** Whether the caller reads if rows lie beyond the last one, in the direction of the walk. */
  needsHasNext: boolean;
  /** Whether the caller reads if rows lie behind the first one, where the walk came from. */
  needsHasPrevious: boolean;
}

/** Consecutive rows of a list, newest first. `hasOlder`/`hasNewer` are exact where the want asked for them. */
export interface PageSlice<Row> {
  rows: Row[];
  /** How many rows stand before the first; undefined where the list has no places (keyset). */
  firstIndex: number | undefined;
  hasOlder: boolean;
  hasNewer: boolean;
  /** How many rows the list has; null where GitLab does not count. */
  total: number | null;
}

/** GitLab's largest page; larger values are silently cut (upstream.md §4.1). */
export const MAX_PER_PAGE = 100;

export interface WithId {
  id: number | string;
}

/** Orders ids as whole numbers of any size: negative when `a` is the smaller (older) one. */
export function compareIds(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : Number(left > right);
}
