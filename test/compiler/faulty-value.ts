import { GraphQLError, type GraphQLLeafType, isEnumType } from 'graphql';
import type { Chooser } from './chooser.ts';

/** Probability of a fault in each place where a fault is possible. */
export const FAULT_RATE = 0.03;

/** Returns an internal error, or an error that clients may see. */
export function randomError(choose: Chooser): Error {
  const message = `error ${choose.below(1_000_000)}`;
  if (choose.chance(0.5)) return new Error(message);
  return new GraphQLError(message, { extensions: { code: 'FAULT', retryAfter: choose.below(9) } });
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
/**
 * Values that cannot be serialized as Int or as an enum value. Most of them cannot be serialized as
 * ID, either.
 */
const invalid = [Number.NaN, {}, 'none of these', 2 ** 60, [1]];

/** Returns a value of a leaf type. Rarely, the value cannot be serialized. */
export function randomLeaf(type: GraphQLLeafType, choose: Chooser): unknown {
  if (choose.chance(FAULT_RATE)) return choose.pick(invalid);
  if (isEnumType(type)) return choose.pick(type.getValues()).value as unknown;
  return choose.pick(leaves[type.name] ?? ['text']);
}

/**
 * Resolves with a value after some microtasks, so that fields complete out of order. If the value
 * is an error, the promise may reject with it.
 */
export function delay(value: unknown, choose: Chooser): Promise<unknown> {
  let promise = Promise.resolve(value);
  for (let ticks = choose.below(12); ticks > 0; ticks -= 1) promise = promise.then((same) => same);
  if (!(value instanceof Error) || choose.chance(0.3)) return promise;
  const rejected = promise.then(() => Promise.reject(value));
  // If a list fails before it awaits this item, the rejection would stay unhandled.
  rejected.catch(() => {});
  return rejected;
}
