import { createHash } from 'node:crypto';
import type { CursorRow } from '../gitlab/lists/page-request.ts';
import { badUserInput } from './client-errors.ts';
import { isNumericId } from './global-id.ts';

/*
 * Cursors: opaque to clients, base64url of `version:list:id[:place]` inside. `list` is a digest of
 * which list it is, its sort and its filter, so that a cursor cannot be used elsewhere by mistake.
 * The place is a hint for lists that GitLab pages by place.
 */

const VERSION = '1';

/** A short digest that names a list together with its sort and filter. */
export function listDigest(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 11);
}

/** The cursor of a row in the list with this digest. */
export function toCursor(list: string, anchor: CursorRow): string {
  const place = anchor.index === undefined ? [] : [anchor.index];
  return Buffer.from([VERSION, list, anchor.id, ...place].join(':')).toString('base64url');
}

/** Reads a cursor back; BAD_USER_INPUT for one of another list, sort or filter, or none at all. */
export function parseCursor(list: string, cursor: string, argument: string): CursorRow {
  const text = cursor.length <= 200 ? Buffer.from(cursor, 'base64url').toString() : '';
  const [version, of, id = '', place, ...rest] = text.split(':');
  const index = place === undefined ? undefined : Number(place);
  const valid =
    version === VERSION &&
    rest.length === 0 &&
    isNumericId(id) &&
    (place === undefined || (isNumericId(place) && Number.isSafeInteger(index)));
  if (!valid) {
    throw badUserInput(
      `\`${argument}\` is not a cursor of this gateway; take one from \`pageInfo\` or \`edges.cursor\`.`,
    );
  }
  if (of !== list) {
    throw badUserInput(
      `\`${argument}\` is a cursor of another list; sort and filters must be the same as where it came from.`,
    );
  }
  return { id, index };
}
