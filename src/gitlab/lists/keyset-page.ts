import { GitlabResponseError } from '../errors.ts';
import { type KeysetRequest, linkedCursor, type Page } from '../pagination.ts';
import { type Call, originOf, type ResponseHead } from '../request.ts';
import type { ServerCapabilities } from '../server-capabilities.ts';
import { headerOf } from '../transport/headers.ts';
import { followsCursor, isOurCursor } from './keyset-cursor.ts';

/** The cursors that came with a page: in headers of their own on newer servers, and in the Link. */
interface Marks {
  next: string | undefined;
  previous: string | undefined;
  linked: string | undefined;
}

/** The Link repeats what stands in headers of their own, where there are any. */
function marksOf({ headers }: ResponseHead): Marks {
  const next = headerOf(headers, 'x-next-cursor');
  const previous = headerOf(headers, 'x-prev-cursor');
  return { next, previous, linked: next ? undefined : linkedCursor(headers) };
}

/** Notes what this server's keyset pages carry, and whether its cursors are made as ours are. */
function learn(facts: ServerCapabilities, marks: Marks, lastId: string | undefined): void {
  facts.keyset = true;
  if (marks.next || marks.previous) facts.cursorHeaders = true;
  else if (marks.linked) facts.cursorHeaders = false;
  const sent = marks.next || marks.linked;
  if (sent && lastId !== undefined && facts.builtCursors !== false) {
    facts.builtCursors = isOurCursor(sent, lastId);
  }
}

/**
 * Reads the envelope of keyset pages, and learns about the server from them (upstream.md §4.2).
 * Throws GitlabResponseError with `cursorIgnored` for rows that lie elsewhere than the cursor
 * pointed: the cursor's form is undocumented, and a wrong page must not pass for the right one.
 */
export function keysetEnvelope<T extends { id: number | string }>(
  request: KeysetRequest,
  facts: ServerCapabilities,
): (items: T[], head: ResponseHead, call: Call) => Page<T> {
  return (items, head, call) => {
    const ids = items.map((item) => item.id);
    if (!followsCursor(ids, request)) {
      facts.builtCursors = false;
      const problem = { status: head.status, cursorIgnored: true };
      throw new GitlabResponseError(
        'its page is not the one asked for',
        problem,
        originOf(call, head),
      );
    }
    const marks = marksOf(head);
    const last = ids.at(-1);
    learn(facts, marks, last === undefined ? undefined : String(last));
    const isNewest = request.direction === 'older' && request.id === undefined;
    const said = facts.cursorHeaders && last !== undefined ? Boolean(marks.previous) : undefined;
    return {
      items,
      hasNext: Boolean(marks.next || marks.linked),
      hasPrevious: isNewest ? false : said,
      total: undefined,
    };
  };
}
