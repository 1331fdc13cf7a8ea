import type { KeysetRequest, Page } from '../pagination.ts';
import {
  type CursorRow,
  MAX_PER_PAGE,
  type PageRequest,
  type PageSlice,
  type WithId,
} from './page-request.ts';

type Fetch<Row> = (page: KeysetRequest) => Promise<Page<Row>>;
type Direction = PageRequest['direction'];

/** Rows in walking order, nearest to the start first, and whether there are more. */
interface Walk<Row> {
  rows: Row[];
  more: boolean;
}

const opposite = { older: 'newer', newer: 'older' } as const;

/** The id next to `id` on the side the walk comes from: a cursor there takes the row `id` itself in. */
function including(id: string, direction: Direction): string {
  const number = BigInt(id);
  return String(direction === 'older' ? number + 1n : number - 1n);
}

/** One page in walking order; `more` is undefined where the server does not say whether more follow. */
async function readStep<Row>(fetch: Fetch<Row>, request: Omit<KeysetRequest, 'kind'>) {
  const page = await fetch({ kind: 'keyset', ...request });
  const older = request.direction === 'older';
  const said = older ? page.hasNext : page.hasPrevious;
  const ended = page.items.length < request.perPage && !said;
  return { rows: older ? page.items : page.items.toReversed(), more: ended ? false : said };
}

/**
 * Walks keyset pages (upstream.md §4.2) until `count` rows are there. Forward pages say exactly
 * whether more follow. Backward ones do so only with X-PREV-CURSOR; on an older server one row more
 * than needed is asked for, which is a call of its own only at a multiple of 100.
 */
async function walk<Row extends WithId>(
  fetch: Fetch<Row>,
  from: { direction: Direction; id?: string | undefined },
  want: { count: number; needsHasNext: boolean },
): Promise<Walk<Row>> {
  const rows: Row[] = [];
  const { direction } = from;
  const target = want.count + Number(want.needsHasNext && direction === 'newer');
  for (;;) {
    const perPage = Math.min(MAX_PER_PAGE, target - rows.length);
    const last = rows.at(-1);
    const id = last ? String(last.id) : from.id;
    const step = await readStep(fetch, { perPage, direction, id });
    rows.push(...step.rows);
    const enough = rows.length >= (step.more === undefined ? target : want.count);
    if (enough || step.more === false || step.rows.length === 0) {
      const more = rows.length > want.count || step.more === true;
      return { rows: rows.slice(0, want.count), more };
    }
  }
}

/** Whether a row stands at the anchor or behind it, by one row read from the other side. */
async function rowBehind<Row>(
  fetch: Fetch<Row>,
  anchor: CursorRow,
  from: Direction,
): Promise<boolean> {
  const direction = opposite[from];
  const id = including(anchor.id, direction);
  const page = await fetch({ kind: 'keyset', perPage: 1, direction, id });
  return page.items.length > 0;
}

/**
 * Walks from the anchor and tells whether rows lie behind. GitLab's own marks do not: they say yes
 * whenever a cursor was given. The anchor itself is such a row while it is still in the list, so it
 * is read along; only where that would need one more page, or where it is gone, a second call looks.
 */
async function walkFrom<Row extends WithId>(
  fetch: Fetch<Row>,
  anchor: CursorRow,
  want: PageRequest,
): Promise<Walk<Row> & { hasBehind: boolean }> {
  const { direction, count } = want;
  if (count % MAX_PER_PAGE === 0) {
    const [walked, hasBehind] = await Promise.all([
      walk(fetch, { direction, id: anchor.id }, want),
      rowBehind(fetch, anchor, direction),
    ]);
    return { ...walked, hasBehind };
  }
  const id = including(anchor.id, direction);
  const { rows, more } = await walk(fetch, { direction, id }, { ...want, count: count + 1 });
  if (String(rows[0]?.id) === anchor.id) return { rows: rows.slice(1), more, hasBehind: true };
  const hasBehind = await rowBehind(fetch, anchor, direction);
  return { rows: rows.slice(0, count), more: more || rows.length > count, hasBehind };
}

/** The same where nobody asks what lies behind. */
async function walkAhead<Row extends WithId>(
  fetch: Fetch<Row>,
  anchor: CursorRow | undefined,
  want: PageRequest,
): Promise<Walk<Row> & { hasBehind: boolean }> {
  const from = { direction: want.direction, id: anchor?.id };
  const { rows, more } = await walk(fetch, from, want);
  return { rows, more, hasBehind: false };
}

/**
 * Reads rows of a list that pages by key: the jobs of a project. Exact in both directions, whatever
 * arrives meanwhile, since a key does not move.
 */
export async function readKeysetList<Row extends WithId>(
  fetch: Fetch<Row>,
  want: PageRequest,
): Promise<PageSlice<Row>> {
  const { cursorRow: anchor, direction } = want;
  const walked =
    anchor && want.needsHasPrevious
      ? await walkFrom(fetch, anchor, want)
      : await walkAhead(fetch, anchor, want);
  const older = direction === 'older';
  return {
    rows: older ? walked.rows : walked.rows.toReversed(),
    firstIndex: undefined,
    hasOlder: older ? walked.more : walked.hasBehind,
    hasNewer: older ? walked.hasBehind : walked.more,
    total: null,
  };
}
