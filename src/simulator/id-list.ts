/*
 * Lists kept in ascending order of id, so that a page of the newest rows is a walk from the end and
 * a keyset cursor is a binary search: 50,000 jobs cost a request nothing they need not.
 */

interface Row {
  readonly id: number;
}

/** Index of the first row whose id is not below `id`. */
export function lowerBound(rows: readonly Row[], id: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.id ?? id) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts a row where its id belongs; at the end in the usual case, which costs nothing. */
export function insertById<T extends Row>(rows: T[], row: T): void {
  const last = rows.at(-1);
  if (last === undefined || last.id < row.id) rows.push(row);
  else rows.splice(lowerBound(rows, row.id), 0, row);
}

/** Takes a row out. */
export function removeById<T extends Row>(rows: T[], row: T): void {
  const at = lowerBound(rows, row.id);
  if (rows[at] === row) rows.splice(at, 1);
}

/** A slice of a walk: which rows count, how many to pass over, how many to take. */
export interface Walk<T> {
  readonly matches: (row: T) => boolean;
  readonly skip?: number;
  readonly take: number;
}

/** Rows with an id below `below`, newest first. */
export function walkDown<T extends Row>(rows: readonly T[], below: number, walk: Walk<T>): T[] {
  const found: T[] = [];
  let skip = walk.skip ?? 0;
  for (let at = lowerBound(rows, below) - 1; at >= 0 && found.length < walk.take; at -= 1) {
    const row = rows[at];
    if (row === undefined || !walk.matches(row)) continue;
    if (skip > 0) skip -= 1;
    else found.push(row);
  }
  return found;
}

/** Rows with an id above `above`, oldest first. */
export function walkUp<T extends Row>(rows: readonly T[], above: number, walk: Walk<T>): T[] {
  const found: T[] = [];
  for (
    let at = lowerBound(rows, above + 1);
    at < rows.length && found.length < walk.take;
    at += 1
  ) {
    const row = rows[at];
    if (row !== undefined && walk.matches(row)) found.push(row);
  }
  return found;
}
