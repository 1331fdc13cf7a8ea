import { GraphQLError, type GraphQLLeafType, isEnumType } from 'graphql';
import type { Chooser } from './chooser.ts';

/** How often things go wrong, in each place where they can. */
export const WRONG = 0.03;

/** Any error, or one made for clients. */
export function oddFailure(choose: Chooser): Error {
  const message = `odd ${choose.below(1_000_000)}`;
  if (choose.chance(0.5)) return new Error(message);
  return new GraphQLError(message, { extensions: { code: 'ODD', retryAfter: choose.below(9) } });
}

const leaves: Readonly<Record<string, readonly unknown[]>> = {
  Int: [0, -0, 1, -1, 2 ** 31 - 1, true, '12', 7],
  Float: [0, -0, 1.5, 1e21, 5e-324, '2.5', false],
  Boolean: [true, false, 0, 1],
  String: ['', 'text', 'a "quoted" \\ and \n', '\u2028', 'é\u{1f600}', '\ud83d alone', 7, true],
  ID: ['', '12345678901', 42, 2 ** 53, 'x'.repeat(300)],
  BigInt: [0, 3_221_225_472, '9007199254740993', '42'],
  DateTime: ['2026-11-23T09:30:00.123Z', 'no "time"'],
  JSON: [{}, [], { a: [1, { b: null }] }, 'text', 0, [null, [true]]],
};
/** What no Int, enum or ID is. */
const wrong = [Number.NaN, {}, 'none of these', 2 ** 60, [1]];

/** A value of that type; seldom one that it cannot write. */
export function oddLeaf(type: GraphQLLeafType, choose: Chooser): unknown {
  if (choose.chance(WRONG)) return choose.pick(wrong);
  if (isEnumType(type)) return choose.pick(type.getValues()).value as unknown;
  return choose.pick(leaves[type.name] ?? ['text']);
}

/**
 * The same after some turns, so that answers come in another order than they were asked for. An
 * error may come as a rejection.
 */
export function later(value: unknown, choose: Chooser): Promise<unknown> {
  let promise = Promise.resolve(value);
  for (let turns = choose.below(12); turns > 0; turns -= 1) promise = promise.then((same) => same);
  if (!(value instanceof Error) || choose.chance(0.3)) return promise;
  const rejected = promise.then(() => Promise.reject(value));
  // In a list that is given up before it, nobody asks for it.
  rejected.catch(() => {});
  return rejected;
}
