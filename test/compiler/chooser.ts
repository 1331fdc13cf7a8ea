/** Chance that can be repeated. */
export interface Chooser {
  /** A whole number from 0 to one less. */
  below(count: number): number;
  chance(part: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

/** The same seed makes the same choices (mulberry32). */
export function createChooser(seed: number): Chooser {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    below,
    chance: (part) => next() < part,
    pick(items) {
      if (items.length === 0) throw new Error('There is nothing to choose from.');
      return items[below(items.length)] as (typeof items)[number];
    },
  };
}
