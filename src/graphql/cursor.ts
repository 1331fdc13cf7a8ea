import { createHash } from 'node:crypto';
import type { CursorRow } from '../gitlab/lists/page-request.ts';
import { badUserInput } from './client-errors.ts';
import { isNumericId } from './global-id.ts';

/*
 * Cursors are base64url of `version:list:id[:index]`, opaque to clients. `list` is a digest of the
 * list, its sort and its filter, so that a cursor of another list is rejected. `index` is the row's
 * position when the cursor was made, for lists with offset pagination.
 */

const VERSION = '1';

/** Returns a short digest of a list with its sort and filter. */
export function listDigest(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 11);
}

/** Returns the cursor of a row in the list with this digest. */
export function toCursor(list: string, row: CursorRow): string {
  const index = row.index === undefined ? [] : [row.index];
  return Buffer.from([VERSION, list, row.id, ...index].join(':')).toString('base64url');
}

/** Parses a cursor. Throws BAD_USER_INPUT for one of another list, sort or filter. */
export function parseCursor(list: string, cursor: string, argument: string): CursorRow {
  const text = cursor.length <= 200 ? Buffer.from(cursor, 'base64url').toString() : '';
  const [version, digest, id = '', position, ...rest] = text.split(':');
  const index = position === undefined ? undefined : Number(position);
  const valid =
    version === VERSION &&
    rest.length === 0 &&
    isNumericId(id) &&
    (position === undefined || (isNumericId(position) && Number.isSafeInteger(index)));
  if (!valid) {
    throw badUserInput(
      `\`${argument}\` is not a cursor of this gateway; take one from \`pageInfo\` or \`edges.cursor\`.`,
    );
  }
  if (digest !== list) {
    throw badUserInput(
      `\`${argument}\` is a cursor of another list; sort and filters must be the same as where it came from.`,
    );
  }
  return { id, index };
}
