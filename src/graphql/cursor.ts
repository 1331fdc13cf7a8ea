import { createHash } from 'node:crypto';
import type { CursorRow } from '../gitlab/lists/page-request.ts';
import { badUserInput } from './client-errors.ts';
import { isNumericId } from './global-id.ts';

/*
 * A cursor is the base64url of `version:list:id[:index]`, opaque to clients.
 * - `list`: a digest of what identifies the list, such as its kind, sort and filter, so that a
 *   cursor of another list is rejected. For a list of a project, `.` and the project's numeric id
 *   follow, or its path if GitLab does not send the id.
 * - `id`: the id of the row. In a list of a log's lines, it is the number of the line.
 * - `index`: the row's position when the cursor was made. Only lists with offset pagination have
 *   it.
 */

const VERSION = '2';

/** Maximum characters of a cursor. A cursor with the longest possible project path is shorter. */
const MAX_LENGTH = 2_000;

/** Returns a short digest of what identifies a list, such as its kind, sort and filter. */
export function listDigest(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 11);
}

/**
 * Returns the `list` part of a cursor. `project` is the numeric id, or the path if the id is
 * unknown.
 */
export const listInProject = (digest: string, project: string) =>
  `${digest}.${project.toLowerCase()}`;

const projectOf = (list: string): string | undefined => /\.(.+)/.exec(list)?.[1];
const digestOf = (list: string): string => list.split('.', 1)[0] ?? '';

export function toCursor(list: string, row: CursorRow): string {
  const index = row.index === undefined ? [] : [row.index];
  return Buffer.from([VERSION, list, row.id, ...index].join(':')).toString('base64url');
}

/** A parsed cursor: a row, and the project of its list. */
export interface ParsedCursor extends CursorRow {
  /** The project's numeric id or path; undefined if the list belongs to no project. */
  project: string | undefined;
}

/**
 * Parses a cursor. Throws BAD_USER_INPUT if it is malformed, or of another list, sort, filter or
 * project.
 */
export function parseCursor(list: string, cursor: string, argument: string): ParsedCursor {
  const text = cursor.length <= MAX_LENGTH ? Buffer.from(cursor, 'base64url').toString() : '';
  const [version, ownList = '', id = '', position, ...rest] = text.split(':');
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
  if (digestOf(ownList) !== digestOf(list)) {
    throw badUserInput(
      `\`${argument}\` is a cursor of another list; sort and filters must be the same as where it came from.`,
    );
  }
  const project = projectOf(ownList);
  checkProject(project, projectOf(list), argument);
  return { id, index, project };
}

/**
 * Throws BAD_USER_INPUT if a cursor belongs to another project than the list. A path and a numeric
 * id are not compared, because both may identify one project.
 */
export function checkProject(
  ofCursor: string | undefined,
  ofList: string | undefined,
  argument: string,
): void {
  if (ofCursor === undefined || ofList === undefined || ofCursor === ofList) return;
  if (isNumericId(ofCursor) !== isNumericId(ofList)) return;
  throw badUserInput(
    `\`${argument}\` is a cursor of another project; take one from a list of this project.`,
  );
}
