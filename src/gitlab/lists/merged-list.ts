import { forEachConcurrently } from '../../util/collections.ts';
import {
  GitlabCallBudgetError,
  type GitlabError,
  GitlabRateLimitError,
  isFailureOfOneRead,
} from '../errors.ts';
import {
  type CursorRow,
  compareIds,
  cursorRowAt,
  MAX_PER_PAGE,
  type PageRequest,
  type PageSlice,
  type WithId,
} from './page-request.ts';

/*
 * Merges lists of different projects by id. GitLab numbers the jobs of all projects in one
 * sequence. So ids have the order of creation, and one id marks a position in every list.
 */

/** One of the lists to merge. */
export interface PartList<Row> {
  read(request: PageRequest): Promise<PageSlice<Row>>;
}

/**
 * Requests up to `count` rows of the merged list in `direction`, beginning next to the cursor row.
 * Without a cursor row, begins with the newest row ('older') or with the oldest row ('newer').
 */
export type MergeRequest = Pick<PageRequest, 'direction' | 'cursorRow' | 'count'>;

/** Consecutive rows of the merged list, newest first. */
export interface MergedSlice<Row> {
  rows: Row[];
  /**
   * Whether more rows follow in the direction of reading. Lists whose first page failed do not
   * count.
   */
  hasMore: boolean;
  /**
   * The error of each list that could not be read to the end of the slice, by name of the list. A
   * used-up call budget is no such error: it makes the slice shorter, or the whole read fails.
   */
  failures: Map<string, GitlabError>;
}

/** Maximum lists that are read at the same time. */
const CONCURRENCY = 8;

/** Minimum number of rows to request with the first page of each list, unless fewer are wanted. */
const MIN_FIRST_PAGE = 5;

/**
 * Returns the size of the first page of each list: twice an equal share of the `wanted` rows,
 * within limits. The share is doubled because the rows may be spread unevenly over the lists.
 * Larger pages would mostly add rows that are not needed.
 */
export function firstPageSize(wanted: number, lists: number): number {
  const share = Math.ceil((2 * wanted) / lists);
  return Math.min(MAX_PER_PAGE, wanted, Math.max(MIN_FIRST_PAGE, share));
}

/** One of the lists, as far as it was read. */
interface Part<Row> {
  name: string;
  list: PartList<Row>;
  /** The last row read, in the direction of reading. */
  last?: CursorRow;
  hasMore: boolean;
  /** The error that ended the reading of this list. */
  error?: GitlabError;
}

interface Merge<Row> {
  request: MergeRequest;
  parts: Part<Row>[];
  /** The rows by id, each with the first list that returned it. */
  known: Map<string, { row: Row; part: Part<Row> }>;
  /** Compares ids in the direction of reading. */
  compare: typeof compareIds;
}

/**
 * Records the error of one list. Throws an error that affects all lists, such as a rejected
 * credential.
 */
function recordFailure(part: Part<unknown>, error: unknown): void {
  if (!isFailureOfOneRead(error)) throw error;
  part.error = error;
}

/**
 * Adds a row. If two lists contain the row, both are lists of one project, so only the first of
 * them is read further.
 */
function addRow<Row extends WithId>({ known }: Merge<Row>, row: Row, part: Part<Row>): void {
  const id = String(row.id);
  const owner = known.get(id)?.part ?? part;
  if (owner === part) known.set(id, { row, part });
  else part.hasMore = false;
}

/** Reads the next page of one list. */
async function readPage<Row extends WithId>(
  merge: Merge<Row>,
  part: Part<Row>,
  count: number,
): Promise<void> {
  const { direction, cursorRow } = merge.request;
  const slice = await part.list.read({
    direction,
    cursorRow: part.last ?? cursorRow,
    count,
    needsHasNext: false,
    needsHasPrevious: false,
  });
  const { rows } = slice;
  // After a full page, assume that more rows follow, because the headers do not always show that.
  part.hasMore = rows.length >= count;
  for (const row of rows) addRow(merge, row, part);
  const last = cursorRowAt(slice, direction === 'older' ? rows.length - 1 : 0);
  if (last) part.last = last;
}

/**
 * Reads the first page of each list. After a 429, no further list is requested; the lists that were
 * not yet read fail with the error of the 429.
 */
async function readFirstPages<Row extends WithId>(merge: Merge<Row>, count: number): Promise<void> {
  let limited: GitlabError | undefined;
  await forEachConcurrently(merge.parts, CONCURRENCY, async (part) => {
    try {
      if (limited) throw limited;
      await readPage(merge, part, count);
    } catch (error) {
      recordFailure(part, error);
      if (error instanceof GitlabRateLimitError) limited = error;
    }
  });
}

/**
 * The rows whose position in the result is certain, because all unread rows come after them in the
 * direction of reading.
 */
interface Sure<Row> {
  rows: Row[];
  /**
   * The list to read next, because its unread rows may follow directly after `rows`. Undefined if
   * no list can be read further.
   */
  limit: Part<Row> | undefined;
}

const lastIdOf = ({ last }: Part<unknown>) => last?.id ?? '0';

function findSure<Row extends WithId>({ parts, known, compare }: Merge<Row>): Sure<Row> {
  const open = parts.filter(({ hasMore }) => hasMore);
  const [limit] = open.sort((a, b) => compare(lastIdOf(a), lastIdOf(b)));
  const rows = [...known.values()].map(({ row }) => row).sort((a, b) => compare(a.id, b.id));
  if (!limit) return { rows, limit };
  return { rows: rows.filter(({ id }) => compare(id, lastIdOf(limit)) <= 0), limit };
}

/** Reads the next page of one list. Returns false if the read fails or exceeds the call budget. */
async function readFurther<Row extends WithId>(
  merge: Merge<Row>,
  part: Part<Row>,
  count: number,
): Promise<boolean> {
  try {
    await readPage(merge, part, count);
    return true;
  } catch (error) {
    if (!(error instanceof GitlabCallBudgetError)) recordFailure(part, error);
    return false;
  }
}

/**
 * Reads a page of the merged list. First reads one page of each list. Then reads further pages of
 * single lists until the order of the first `count + 1` rows is certain.
 *
 * The number of further pages is at most ⌊(count + 1) / first page size⌋:
 * - A list is read further only if all rows of its first page are among the `count + 1` rows.
 * - No list has two further pages. The first one has as many rows as are still missing, or is the
 *   last page of the list.
 *
 * A list whose first page fails is left out. If a further page fails or exceeds the call budget,
 * the result ends before the rows of that page, so that no row is skipped. Rejects if a first page
 * exceeds the call budget, or if an error concerns all lists, such as a rejected credential.
 */
export async function readMergedList<Row extends WithId>(
  lists: ReadonlyMap<string, PartList<Row>>,
  request: MergeRequest,
): Promise<MergedSlice<Row>> {
  const { count, direction } = request;
  const wanted = count + 1;
  const merge: Merge<Row> = {
    request,
    parts: [...lists].map(([name, list]) => ({ name, list, hasMore: false })),
    known: new Map(),
    compare: direction === 'older' ? (a, b) => compareIds(b, a) : compareIds,
  };
  await readFirstPages(merge, firstPageSize(wanted, lists.size));
  let sure = findSure(merge);
  while (sure.limit && sure.rows.length < wanted) {
    if (!(await readFurther(merge, sure.limit, wanted - sure.rows.length))) break;
    sure = findSure(merge);
  }
  const page = sure.rows.slice(0, count);
  return {
    rows: direction === 'older' ? page : page.reverse(),
    hasMore: sure.limit !== undefined || sure.rows.length > count,
    failures: new Map(merge.parts.flatMap(({ name, error }) => (error ? [[name, error]] : []))),
  };
}
