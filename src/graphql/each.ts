import { badUserInput } from './client-errors.ts';

/** Reads each item by itself: one that fails becomes an error at its place and spoils no other. */
export async function allSettledInPlace<Item, Value>(
  items: readonly Item[],
  read: (item: Item) => Promise<Value>,
): Promise<Value[]> {
  const settled = await Promise.allSettled(items.map(async (item) => read(item)));
  // graphql-js turns an Error among a list's items into an error at that item's path.
  return settled.map((result) => (result.status === 'fulfilled' ? result.value : result.reason));
}

/** Refuses a list argument that is longer than the gateway takes, before any upstream call. */
export function checkListSize(items: readonly unknown[], most: number, argument: string): void {
  if (items.length <= most) return;
  throw badUserInput(`${argument} takes at most ${most} items, not ${items.length}.`);
}
