/*
 * GitLab's keyset cursor (upstream.md §4.2). Its form is undocumented but unchanged from 15.9 to
 * 19.3. Cursors are built only here, and the form is checked against those that GitLab sends.
 */

/**
 * The rows next to an id: with smaller ids ('older') or larger ones ('newer'). Without id, from the
 * newest row ('older') or the oldest ('newer'). `id` need not exist any more.
 */
export interface CursorPosition {
  readonly direction: 'older' | 'newer';
  readonly id?: string | undefined;
}

/** The id of a cursor is not an integer. GitLab would respond with 500. */
export class InvalidCursorIdError extends RangeError {
  override readonly name = 'InvalidCursorIdError';
  readonly code = 'INVALID_CURSOR_ID';
}

/** Builds a cursor: URL-safe base64, padded, of compact JSON with text values. */
export function buildCursor({ direction, id }: CursorPosition): string {
  if (id !== undefined && !isInteger(id))
    throw new InvalidCursorIdError('The id of a cursor must be an integer.');
  const kind = { _kd: direction === 'older' ? 'n' : 'p' };
  const json = JSON.stringify(id === undefined ? kind : { id, ...kind });
  return Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

const isInteger = (id: number | string) => /^-?\d+$/.test(String(id));

/** Whether the cursor that GitLab sent after row `id` equals the one that `buildCursor` makes. */
export function isOurCursor(sent: string, id: string): boolean {
  return isInteger(id) && sent === buildCursor({ direction: 'older', id });
}

/**
 * Whether ids are on the requested side of a cursor, newest first. False if a server ignored it.
 */
export function followsCursor(
  ids: readonly (number | string)[],
  { direction, id }: CursorPosition,
): boolean {
  if (!ids.every(isInteger)) return false;
  // Ids are 64-bit, so they are compared as BigInt.
  const rows = ids.map(BigInt);
  const all =
    id === undefined ? rows : direction === 'older' ? [BigInt(id), ...rows] : [...rows, BigInt(id)];
  return all.every((one, index) => {
    const newer = all[index - 1];
    return newer === undefined || one < newer;
  });
}
