/*
 * GitLab's keyset cursor (gitlab-jobs-api §4.2). Its form is undocumented but has been the same from
 * 15.9 to 19.3, so cursors are built here, and nowhere else, and checked against GitLab's own.
 */

/** Rows with a smaller id ('older') or a larger one ('newer'); without id, those at the list's end. */
export interface CursorPosition {
  readonly direction: 'older' | 'newer';
  readonly id?: string | undefined;
}

/** Writes GitLab's cursor: URL-safe base64, padded, of compact JSON with text values. */
export function buildCursor({ direction, id }: CursorPosition): string {
  const kind = { _kd: direction === 'older' ? 'n' : 'p' };
  const json = JSON.stringify(id === undefined ? kind : { id, ...kind });
  return Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** Whether GitLab, having sent `id` as a page's last row, leads on with the cursor that we would build. */
export function isOurCursor(sent: string, id: string): boolean {
  return sent === buildCursor({ direction: 'older', id });
}

/** Whether ids lie where a cursor points, newest first; false where a server took no notice of it. */
export function followsCursor(
  ids: readonly (number | string)[],
  { direction, id }: CursorPosition,
): boolean {
  const numbers = ids.map(BigInt);
  const descending = numbers.every((one, index) => index === 0 || one < (numbers[index - 1] ?? 0n));
  if (!descending || id === undefined) return descending;
  const anchor = BigInt(id);
  return numbers.every((one) => (direction === 'older' ? one < anchor : one > anchor));
}
