import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { naturalKeyOf } from '../../src/pipeline/natural-order.ts';
import { runs } from '../helpers/runs.ts';

const compareNaturally = (a: string, b: string): number => {
  const [left, right] = [naturalKeyOf(a), naturalKeyOf(b)];
  return left < right ? -1 : Number(left > right);
};

describe('natural order', () => {
  it.each([
    ['numbers by value', ['unit 1', 'unit 2', 'unit 10', 'unit 100']],
    ['every number of a name', ['1.9.10', '1.10.2', '1.10.11']],
    ['a name before longer ones', ['', 'a', 'a 1', 'a 1b']],
    ['other characters by code unit', ['-', '1', 'A', 'B', 'a', 'ä']],
    ['a number before a letter and after a hyphen', ['a-', 'a1', 'ab']],
    ['names that differ in zeros by code unit', ['a 007', 'a 07', 'a 7', 'a 07b', 'a 7b']],
    ['numbers of 255 digits', [`1${'0'.repeat(253)}`, '9'.repeat(254), `1${'0'.repeat(254)}`]],
  ])('sorts %s', (_, sorted) => {
    expect([...sorted].reverse().sort(compareNaturally)).toEqual(sorted);
  });

  it('is total, and compares numbers like BigInt', () => {
    const name = fc.string({ unit: fc.constantFrom('0', '1', '9', 'a', '-'), maxLength: 8 });
    /** Returns the name as a list of numbers and other UTF-16 units. */
    const partsOf = (text: string) =>
      (text.match(/\d+|\D/g) ?? []).map((part) => (/\d/.test(part) ? BigInt(part) : part));
    const expected = (a: string, b: string): number => {
      const [left, right] = [partsOf(a), partsOf(b)];
      const at = left.findIndex((part, index) => part !== right[index]);
      const [x, y] = at < 0 ? [a, b] : [left[at], right[at]];
      if (at < 0 && right.length > left.length) return -1;
      if (y === undefined) return 1;
      // A digit is compared with another character: in UTF-16, '-' < '0' and '9' < 'a'.
      if (typeof x !== typeof y) return x === '-' || y === 'a' ? -1 : 1;
      return (x as string) < (y as string) ? -1 : Number((x as string) > (y as string));
    };
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(Math.sign(compareNaturally(a, b))).toBe(expected(a, b));
      }),
      { numRuns: runs(5000) },
    );
  });
});
