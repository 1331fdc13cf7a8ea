import { expect, it } from 'vitest';
import { readOffsetList } from '../../../src/gitlab/lists/offset-list.ts';
import type { OffsetRequest } from '../../../src/gitlab/pagination.ts';

/** A list with `size` rows, which records the requested pages. */
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
