import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GitlabCallBudgetError, GitlabStatusError } from '../../../src/gitlab/errors.ts';
import {
  firstPageSize,
  type MergedSlice,
  type PartList,
  readMergedList,
} from '../../../src/gitlab/lists/merged-list.ts';
import type { PageRequest, PageSlice } from '../../../src/gitlab/lists/page-request.ts';

interface Row {
  id: number;
}

const origin = { method: 'GET', path: '/projects/1/jobs' };
const notFound = new GitlabStatusError({ status: 404 }, origin);

/**
 * Creates the list of a project. Without `ids`, it cannot be read. `onCall` is called for each
 * read.
 */
function createList(ids: readonly number[] | undefined, onCall: () => void): PartList<Row> {
  const sorted = ids?.toSorted((a, b) => b - a) ?? [];
  return {
    async read({ direction, cursorRow, count }: PageRequest): Promise<PageSlice<Row>> {
      onCall();
      if (!ids) throw notFound;
      const isOlder = direction === 'older';
      const at = Number(cursorRow?.id);
      const left = sorted.filter((id) => !cursorRow || (isOlder ? id < at : id > at));
      const rows = (isOlder ? left.slice(0, count) : left.slice(-count)).map((id) => ({ id }));
      return { rows, firstIndex: undefined, hasOlder: false, hasNewer: false, total: null };
    },
  };
}

/**
 * Generates ids that are distributed over projects, at random or in blocks. Some projects cannot be
 * read.
 */
const worlds = fc
  .record({
    ids: fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { maxLength: 300, size: 'max' }),
    projects: fc.integer({ min: 1, max: 50 }),
    /** Number of consecutive ids that are in one project; 1 if each id is in a random project. */
    block: fc.integer({ min: 1, max: 200 }),
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    unreadable: fc.array(fc.integer({ min: 0, max: 49 }), { maxLength: 5 }),
    count: fc.integer({ min: 1, max: 100 }),
    direction: fc.constantFrom('older' as const, 'newer' as const),
  })
  .map(({ ids, projects, block, seed, unreadable, ...rest }) => {
    const lists: (number[] | undefined)[] = Array.from({ length: projects }, () => []);
    for (const id of ids) {
      const at = (Math.imul(Math.floor(id / block) + seed, 2_654_435_761) >>> 0) % projects;
      lists[at]?.push(id);
    }
    for (const at of unreadable) if (at < projects) lists[at] = undefined;
    return { lists, ...rest };
  });

describe('a merged list', () => {
  it('is the sorted list of all rows, page after page, with few calls', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ({ lists, count, direction }) => {
        const truth = lists
          .flatMap((ids) => ids ?? [])
          .sort((a, b) => (direction === 'older' ? b - a : a - b));
        const size = firstPageSize(count + 1, lists.length);
        const most = lists.length + Math.max(1, Math.floor((count + 1) / size));
        const seen: number[] = [];
        let page: MergedSlice<Row>;
        do {
          let calls = 0;
          const parts = new Map(lists.map((ids, at) => [`p${at}`, createList(ids, () => calls++)]));
          const last = seen.at(-1);
          const cursorRow = last === undefined ? undefined : { id: String(last) };
          page = await readMergedList(parts, { direction, count, cursorRow });
          expect(calls).toBeLessThanOrEqual(most);
          const ids = page.rows.map(({ id }) => id);
          expect(ids).toEqual(ids.toSorted((a, b) => b - a));
          seen.push(...(direction === 'older' ? ids : ids.toReversed()));
          expect(page.hasMore).toBe(seen.length < truth.length);
          expect(ids).toHaveLength(Math.min(count, truth.length - (seen.length - ids.length)));
          expect([...page.failures.keys()]).toEqual(
            lists.flatMap((ids, at) => (ids ? [] : [`p${at}`])),
          );
        } while (page.hasMore);
        expect(seen).toEqual(truth);
      }),
    );
  });

  it('has a project once that is listed twice, and reads on in one of the two lists', async () => {
    const ids = Array.from({ length: 40 }, (_, at) => at + 1);
    let calls = 0;
    const list = () => createList(ids, () => calls++);
    const parts = new Map([1, 2, 3].map((at) => [`p${at}`, list()]));
    const { rows, hasMore } = await readMergedList(parts, { direction: 'older', count: 30 });
    expect(rows.map(({ id }) => id)).toEqual(ids.slice(10).toReversed());
    expect(hasMore).toBe(true);
    expect(calls).toBe(3 + 1);
  });

  it.each([
    ['the call budget is used up', new GitlabCallBudgetError(3, origin), []],
    ['a further page fails', new GitlabStatusError({ status: 500 }, origin), ['busy']],
  ])('ends at its last sure row if %s', async (_, error, failed) => {
    let reads = 0;
    const busy = createList([110, 109, 108, 107, 106, 105, 104, 103], () => {
      reads += 1;
      if (reads > 1) throw error;
    });
    const calm = createList([90, 89], () => {});
    const lists = new Map([
      ['busy', busy],
      ['calm', calm],
      ['other', createList([80], () => {})],
    ]);
    const page = await readMergedList(lists, { direction: 'older', count: 7 });
    expect(page.rows.map(({ id }) => id)).toEqual([110, 109, 108, 107, 106, 105]);
    expect(page.hasMore).toBe(true);
    expect([...page.failures.keys()]).toEqual(failed);
  });

  it.each([
    [4, 3, 5],
    [20, 2, 21],
    [100, 1, 100],
    [100, 50, 5],
    [1, 50, 2],
    [50, 10, 11],
  ])('for %i rows of %i lists begins with pages of %i rows', (count, lists, size) => {
    expect(firstPageSize(count + 1, lists)).toBe(size);
  });
});
