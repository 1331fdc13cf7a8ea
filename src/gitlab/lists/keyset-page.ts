import { GitlabResponseError, GitlabStatusError } from '../errors.ts';
import { checkNext, type KeysetRequest, linkedCursor, type Page } from '../pagination.ts';
import { type Call, originOf, type ResponseHead } from '../request.ts';
import type { ServerCapabilities } from '../server-capabilities.ts';
import { headerOf } from '../transport/headers.ts';
import { followsCursor, isOurCursor } from './keyset-cursor.ts';
import { opposite } from './page-request.ts';

/**
 * Returns a function that builds keyset pages from rows and headers, and detects the server's
 * capabilities (upstream.md §4.2). If the rows do not follow the requested cursor, the function
 * throws GitlabResponseError with `cursorIgnored`. A server may ignore cursors that the gateway
 * builds, because their format is undocumented.
 */
export function keysetEnvelope<T extends { id: number | string }>(
  request: KeysetRequest,
  server: ServerCapabilities,
): (items: T[], head: ResponseHead, call: Call) => Page<T> {
  return (items, head, call) => {
    const ids = items.map((item) => item.id);
    if (!followsCursor(ids, request)) {
      server.builtCursors = false;
      const problem = { status: head.status, cursorIgnored: true };
      const origin = originOf(call, head);
      throw new GitlabResponseError('the page does not follow the cursor', problem, origin);
    }
    const cursors = cursorsOf(head);
    const last = ids.at(-1);
    detectCapabilities(server, cursors, last === undefined ? undefined : String(last));
    const neighbors = neighborsOf(request, items.length, cursors);
    const { hasNext, hasPrevious } = neighbors;
    checkNext(
      { items, hasNext: request.direction === 'older' ? hasNext : hasPrevious },
      head,
      call,
    );
    return { items, ...neighbors, total: undefined };
  };
}

/**
 * Returns whether older rows follow a page (`hasNext`) and newer rows precede it (`hasPrevious`):
 * - True if the headers contain a cursor for that side. In the direction of the request, this
 *   proves that there are more rows. On the opposite side it does not: GitLab sends that cursor
 *   whenever the request had an `id`.
 * - False if there is no cursor and the list must end there, for example after a page in the
 *   direction `older` that is not full.
 * - Undefined for any other missing cursor, because a proxy may have removed it.
 */
function neighborsOf(
  { direction, id, perPage }: KeysetRequest,
  count: number,
  { next, linked, previous }: ReturnType<typeof cursorsOf>,
): Pick<Page<unknown>, 'hasNext' | 'hasPrevious'> {
  const isNewest = direction === 'older' && id === undefined;
  const isOldest = direction === 'older' ? count < perPage : id === undefined;
  return {
    hasNext: Boolean(next || linked) || (isOldest ? false : undefined),
    hasPrevious: Boolean(previous) || (isNewest ? false : undefined),
  };
}

/**
 * Returns the cursors of a page. `linked` is the one in the Link header, read only if `next` is
 * missing.
 */
function cursorsOf({ headers }: ResponseHead) {
  const next = headerOf(headers, 'x-next-cursor');
  const previous = headerOf(headers, 'x-prev-cursor');
  return { next, previous, linked: next ? undefined : linkedCursor(headers) };
}

function detectCapabilities(
  server: ServerCapabilities,
  { next, previous, linked }: ReturnType<typeof cursorsOf>,
  lastId: string | undefined,
): void {
  server.keyset = true;
  if (next || previous) server.cursorHeaders = true;
  else if (linked) server.cursorHeaders = false;
  const sent = next || linked;
  if (sent && lastId !== undefined && server.builtCursors !== false) {
    server.builtCursors = isOurCursor(sent, lastId);
  }
}

/**
 * Returns whether `error` is a 500 that GitLab sent because no row follows the cursor of the keyset
 * page. GitLab's code does this (upstream.md §4.2). To find out, reads the last row of the list in
 * the direction of the page.
 */
export async function isBeyondEnd<T extends { id: number | string }>(
  error: unknown,
  read: (page: KeysetRequest) => Promise<Page<T>>,
  page: KeysetRequest,
): Promise<boolean> {
  const isInternalError = error instanceof GitlabStatusError && error.status === 500;
  if (!isInternalError || page.id === undefined) return false;
  const end = { kind: 'keyset', perPage: 1, direction: opposite[page.direction] } as const;
  const last = await read(end).catch(() => undefined);
  return last !== undefined && !last.items.some(({ id }) => followsCursor([id], page));
}

/** Reads a keyset page of a list. Returns an empty page if no row follows its cursor. */
export async function readOrEmpty<T extends { id: number | string }>(
  read: (page: KeysetRequest) => Promise<Page<T>>,
  page: KeysetRequest,
): Promise<Page<T>> {
  try {
    return await read(page);
  } catch (error) {
    if (!(await isBeyondEnd(error, read, page))) throw error;
    return { items: [], ...neighborsOf(page, 0, noCursors), total: undefined };
  }
}

const noCursors = { next: undefined, previous: undefined, linked: undefined };
