/*
 * GitLab's keyset cursor (upstream.md §4.2). Its form is undocumented but has been the same from
 * 15.9 to 19.3, so cursors are built here, and nowhere else, and checked against GitLab's own.
 */

/** Rows with a smaller id ('older') or a larger one ('newer'); without id, those at the list's end. */
export interface CursorPosition {
  readonly direction: 'older' | 'newer';
  readonly id?: string | undefined;
}

/** A cursor was asked for by something that is no id; GitLab would answer 500. */
export class InvalidCursorIdError extends RangeError {
  override readonly name = 'InvalidCursorIdError';
  readonly code = 'INVALID_CURSOR_ID';
}

/** Writes GitLab's cursor: URL-safe base64, padded, of compact JSON with text values. */
export function buildCursor({ direction, id }: CursorPosition): string {
  if (id !== undefined && !isWhole(id))
    throw new InvalidCursorIdError('A cursor needs a whole id.');
  const kind = { _kd: direction === 'older' ? 'n' : 'p' };
  const json = JSON.stringify(id === undefined ? kind : { id, ...kind });
  return Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function isWhole(id: number | string): boolean {
  return /^-?\d+$/.test(String(id));
}

/** Whether GitLab, having sent `id` as a page's last row, leads on with the cursor that we would build. */
export function isOurCursor(sent: string, id: string): boolean {
  return isWhole(id) && sent === buildCursor({ direction: 'older', id });
}

/** Whether ids lie where a cursor points, newest first; false where a server took no notice of it. */
export function followsCursor(
  ids: readonly (number | string)[],
  { direction, id }: CursorPosition,
): boolean {
  if (!ids.every(isWhole)) return false;
  // Ids are 64 bits wide, so they are compared as whole numbers of any size.
  const rows = ids.map(BigInt);
  const all =
    id === undefined ? rows : direction === 'older' ? [BigInt(id), ...rows] : [...rows, BigInt(id)];
  return all.every((one, index) => {
    const newer = all[index - 1];
    return newer === undefined || one < newer;
  });
}
