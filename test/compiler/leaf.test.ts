import fc from 'fast-check';
import { GraphQLEnumType, type GraphQLLeafType, isLeafType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { leafWriter } from '../../src/compiler/leaf.ts';
import { schema } from '../../src/graphql/schema.ts';
import { runs } from '../helpers/runs.ts';
import { codePoint } from '../helpers/strings.ts';

/*
 * The fast paths for leaf values must return the JSON of the type's `serialize`, or throw its
 * error.
 */

const RUNS = runs(3_000);

const leaves = Object.values(schema.getTypeMap()).filter(isLeafType);

/** Characters that JSON escapes, similar ones, and lone surrogates. */
const escapedTexts = fc
  .array(fc.constantFrom('"', '\\', '/', '\n', '\0', '\x1f', '\x7f', '\u2028', '\ud83d', '\ude00'))
  .map((parts) => parts.join('a'));
const texts = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.string({ maxLength: 400 }),
  escapedTexts,
  fc.constantFrom('', '0', 'true', '12345678901', '9007199254740993'),
);
const numbers = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, -(2 ** 31), 2 ** 53, 1e21),
);
const invalidValues = fc.oneof(
  fc.bigInt(),
  fc.boolean(),
  fc.date(),
  fc.json().map((text) => JSON.parse(text) as unknown),
  fc.constantFrom<unknown>([], {}, Symbol.iterator, () => 1, { toJSON: () => 7 }),
  fc.constantFrom<unknown>(Object('boxed'), Object(5), { valueOf: () => 'a "value"' }),
);

const ownValues = (type: GraphQLLeafType) =>
  type instanceof GraphQLEnumType
    ? fc.constantFrom<unknown>(...type.getValues().map(({ value }) => value as unknown))
    : fc.constantFrom<unknown>('text', 1, true);

/** Returns the result, or the message of the thrown error. */
function outcome(write: () => string): string {
  try {
    return write();
  } catch (error) {
    return `fails: ${(error as Error).message}`;
  }
}

describe('a leaf is written as its type serializes it', () => {
  it.each(leaves.map((type) => [type.name, type] as const))('%s', (_name, type) => {
    const write = leafWriter(type);
    const values = fc
      .oneof(texts, numbers, invalidValues, ownValues(type))
      .filter((value) => value !== null && value !== undefined);
    const property = fc.property(values, (value) => {
      const expected = outcome(() => JSON.stringify(type.serialize(value)) ?? 'null');
      expect(outcome(() => write(value))).toBe(expected);
      // The second call uses cached values.
      expect(outcome(() => write(value))).toBe(expected);
    });
    fc.assert(property, { numRuns: RUNS });
  });
});
