/*
 * GitLab's keyset cursor (upstream.md §4.2). Its format is undocumented but unchanged from 15.9 to
 * 19.3. Only this file builds cursors. `isOurCursor` compares them with the cursors that GitLab
 * sends.
 */

/**
 * Selects the rows with ids below `id` ('older') or above it ('newer'). No row needs to have this
 * id. Without `id`, selects all rows, beginning with the newest ('older') or with the oldest
 * ('newer').
 */
export interface CursorPosition {
  readonly direction: 'older' | 'newer';
  readonly id?: string | undefined;
}

/**
 * Thrown if the id of a cursor is not an integer. GitLab would respond with 500 to such a cursor.
 */
export class InvalidCursorIdError extends RangeError {
  override readonly name = 'InvalidCursorIdError';
  readonly code = 'INVALID_CURSOR_ID';
}

/** Builds a cursor: compact JSON with text values, encoded as padded URL-safe base64. */
export function buildCursor({ direction, id }: CursorPosition): string {
  if (id !== undefined && !isInteger(id))
    throw new InvalidCursorIdError('The id of a cursor must be an integer.');
  const kind = { _kd: direction === 'older' ? 'n' : 'p' };
  const json = JSON.stringify(id === undefined ? kind : { id, ...kind });
  return Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

const isInteger = (id: number | string) => /^-?\d+$/.test(String(id));

/** Whether the cursor that GitLab sent after row `id` equals that of `buildCursor`. */
export function isOurCursor(sent: string, id: string): boolean {
  return isInteger(id) && sent === buildCursor({ direction: 'older', id });
}

/**
 * Whether ids are sorted newest first and are on the requested side of a cursor. False if an id is
 * not an integer. In practice, false means that the server ignored the cursor.
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
