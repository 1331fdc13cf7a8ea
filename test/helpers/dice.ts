/** Returns a number from 0 to `sides` - 1. */
export type Dice = (sides: number) => number;

/** Creates a random number generator with a seed, so that a failure can be reproduced. */
export function createDice(seed: number): Dice {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * sides);
  };
}
