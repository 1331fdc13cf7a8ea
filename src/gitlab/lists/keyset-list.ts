import type { KeysetRequest, Page } from '../pagination.ts';
import {
  type CursorRow,
  MAX_PER_PAGE,
  opposite,
  type PageRequest,
  type PageSlice,
  type WithId,
} from './page-request.ts';

type Fetch<Row> = (page: KeysetRequest) => Promise<Page<Row>>;
type Direction = PageRequest['direction'];

/**
 * The rows that follow a start position in the direction of reading, nearest first. `more`: whether
 * more rows follow.
 */
interface Walk<Row> {
  rows: Row[];
  more: boolean;
}

/** `hasBehind`: whether the list also has rows on the opposite side of the start position. */
type AnchoredWalk<Row> = Walk<Row> & { hasBehind: boolean };

/**
 * Reads rows of a list with keyset pagination: the jobs of a project. No row is skipped or
 * repeated, even if rows are added meanwhile.
 */
export async function readKeysetList<Row extends WithId>(
  fetch: Fetch<Row>,
  request: PageRequest,
): Promise<PageSlice<Row>> {
  const { cursorRow, direction, needsHasPrevious } = request;
  const walked =
    cursorRow && needsHasPrevious
      ? await walkFromCursor(fetch, cursorRow, request)
      : { ...(await walk(fetch, { direction, id: cursorRow?.id }, request)), hasBehind: false };
  const isOlder = direction === 'older';
  return {
    rows: isOlder ? walked.rows : walked.rows.toReversed(),
    firstIndex: undefined,
    hasOlder: isOlder ? walked.more : walked.hasBehind,
    hasNewer: isOlder ? walked.hasBehind : walked.more,
    total: null,
  };
}

/**
 * Reads the rows after the cursor row, and determines whether rows precede them. GitLab's headers
 * do not show this, because X-PREV-CURSOR is present whenever the request had a cursor. So the read
 * begins with the cursor row itself. If that row still exists, it precedes the result.
 */
async function walkFromCursor<Row extends WithId>(
  fetch: Fetch<Row>,
  cursorRow: CursorRow,
  request: PageRequest,
): Promise<AnchoredWalk<Row>> {
  const { direction, count } = request;
  if (count % MAX_PER_PAGE === 0) {
    // The cursor row would need a page of its own. Instead, a concurrent call looks for a row
    // before the result.
    const [walked, hasBehind] = await Promise.all([
      walk(fetch, { direction, id: cursorRow.id }, request),
      hasRowBehind(fetch, cursorRow, direction),
    ]);
    return { ...walked, hasBehind };
  }
  const id = including(cursorRow.id, direction);
  const { rows, more } = await walk(fetch, { direction, id }, { ...request, count: count + 1 });
  if (String(rows[0]?.id) === cursorRow.id) return { rows: rows.slice(1), more, hasBehind: true };
  // The cursor row does not exist any more, so another call looks for a row before the result.
  const hasBehind = await hasRowBehind(fetch, cursorRow, direction);
  return { rows: rows.slice(0, count), more: more || rows.length > count, hasBehind };
}

/**
 * Reads keyset pages (upstream.md §4.2) until there are `count` rows. If `needsHasNext`, requests
 * one additional row to know whether more rows follow. The headers do not always show this: a proxy
 * may have removed them, and servers before 19 send no cursor in the direction `newer`.
 */
async function walk<Row extends WithId>(
  fetch: Fetch<Row>,
  from: { direction: Direction; id?: string | undefined },
  { count, needsHasNext }: { count: number; needsHasNext: boolean },
): Promise<Walk<Row>> {
  const rows: Row[] = [];
  const { direction } = from;
  const withNext = count + Number(needsHasNext);
  for (;;) {
    const perPage = Math.min(MAX_PER_PAGE, Math.max(1, withNext - rows.length));
    const last = rows.at(-1);
    const id = last ? String(last.id) : from.id;
    const step = await readStep(fetch, { perPage, direction, id });
    rows.push(...step.rows);
    const isEnough = rows.length >= (step.more === undefined ? withNext : count);
    if (isEnough || step.more === false) {
      // If `step.more` is undefined and there is no additional row, the caller has not set
      // `needsHasNext` and ignores `more`. In this case, `more` is true.
      return { rows: rows.slice(0, count), more: rows.length > count || step.more !== false };
    }
  }
}

/**
 * Reads one page. Returns its rows in the direction of reading. `more`: whether rows follow;
 * undefined if neither the headers nor the number of rows show it.
 */
async function readStep<Row>(fetch: Fetch<Row>, request: Omit<KeysetRequest, 'kind'>) {
  const page = await fetch({ kind: 'keyset', ...request });
  const isOlder = request.direction === 'older';
  const more = isOlder ? page.hasNext : page.hasPrevious;
  const isEnd = page.items.length < request.perPage && !more;
  return { rows: isOlder ? page.items : page.items.toReversed(), more: isEnd ? false : more };
}

/**
 * For a page that was read from the cursor row in the direction `from`: whether the list has a row
 * behind that page, which is the cursor row or a row on its other side. Reads one row in the
 * direction opposite to `from`.
 */
async function hasRowBehind<Row>(
  fetch: Fetch<Row>,
  cursorRow: CursorRow,
  from: Direction,
): Promise<boolean> {
  const direction = opposite[from];
  const id = including(cursorRow.id, direction);
  const page = await fetch({ kind: 'keyset', perPage: 1, direction, id });
  return page.items.length > 0;
}

/**
 * Returns the id for a cursor whose page begins with row `id`. A cursor excludes the row of its own
 * id.
 */
function including(id: string, direction: Direction): string {
  const number = BigInt(id);
  return String(direction === 'older' ? number + 1n : number - 1n);
}
