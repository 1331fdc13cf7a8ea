import { describe, expect, it } from 'vitest';
import { readOffsetList } from '../../../src/gitlab/lists/offset-list.ts';
import type { OffsetRequest, Page } from '../../../src/gitlab/pagination.ts';

/** Creates a list with `size` rows, which records the requested pages. */
function createList(size: number, { isCounted }: { isCounted: boolean }) {
  const rows = Array.from({ length: size }, (_, at) => ({ id: size - at }));
  const asked: number[] = [];
  const fetch = async ({ page, perPage }: OffsetRequest) => {
    asked.push(page);
    return {
      items: rows.slice((page - 1) * perPage, page * perPage),
      hasNext: size > page * perPage,
      hasPrevious: page > 1,
      total: isCounted ? size : undefined,
    };
  };
  return { rows, asked, fetch };
}

const pages = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

it.each([
  ['all of a list that is counted, at no page too many', 1_150, true, 12],
  ['all of a list without a total, a few pages at a time', 1_150, false, 13],
  ['all of a short list without a total', 150, false, 5],
])('reads %s', async (_, size, isCounted, calls) => {
  const { rows, asked, fetch } = createList(size, { isCounted });
  const want = {
    direction: 'older',
    count: 100_000,
    needsHasNext: false,
    needsHasPrevious: false,
  } as const;
  expect((await readOffsetList(fetch, want)).rows).toEqual(rows);
  expect(asked).toEqual(pages(calls));
});

describe('a list whose pages are all alike', () => {
  const create = (response: Partial<Page<{ id: number }>>) => {
    const asked: number[] = [];
    const fetch = async ({ page, perPage }: OffsetRequest) => {
      asked.push(page);
      const items = Array.from({ length: perPage }, (_, at) => ({ id: 1_000 - at }));
      return { items, hasNext: true, hasPrevious: page > 1, total: undefined, ...response };
    };
    return { asked, fetch };
  };
  const ends = { needsHasNext: true, needsHasPrevious: true };

  it.each<[string, Partial<Page<{ id: number }>>]>([
    ['names the next page', {}],
    ['does not say whether another follows', { hasNext: undefined }],
    ['counts more rows than it has', { total: 1_000 }],
  ])('is an error after few calls if each %s', async (_, response) => {
    for (const request of [
      { direction: 'older', count: 100_000 },
      { direction: 'newer', count: 500 },
      { direction: 'older', count: 300, cursorRow: { id: '5', index: 7 } },
      { direction: 'newer', count: 300, cursorRow: { id: '5', index: 7 } },
    ] as const) {
      const { asked, fetch } = create(response);
      const call = readOffsetList(fetch, { ...request, ...ends });
      await expect(call, JSON.stringify(request)).rejects.toThrow('contain the same rows');
      expect(asked.length).toBeLessThanOrEqual(10);
    }
  });

  it('is read where one page suffices', async () => {
    const { asked, fetch } = create({});
    const slice = await readOffsetList(fetch, { direction: 'older', count: 100, ...ends });
    expect([slice.rows.length, slice.hasOlder, asked]).toEqual([100, true, [1]]);
  });
});

it('goes on after one page without a new row: as many rows as it has were added meanwhile', async () => {
  const { rows, fetch } = createList(300, { isCounted: false });
  const shifted = async (request: OffsetRequest) =>
    fetch({ ...request, page: request.page === 1 ? 1 : request.page - 1 });
  const slice = await readOffsetList(shifted, {
    direction: 'older',
    count: 200,
    needsHasNext: false,
    needsHasPrevious: false,
  });
  expect(slice.rows).toEqual(rows.slice(0, 200));
});
