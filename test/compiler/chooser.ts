/** A source of reproducible random choices. */
export interface Chooser {
  /** Returns an integer from 0 to `count - 1`. */
  below(count: number): number;
  /** Returns true with this probability. */
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

/** Creates a chooser with the generator mulberry32. Equal seeds give equal choices. */
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
    chance: (probability) => next() < probability,
    pick(items) {
      if (items.length === 0) throw new Error('No items to choose from.');
      return items[below(items.length)] as (typeof items)[number];
    },
  };
}
