import { isDateTime, isWholeNumber, toDateTime } from '../util/formats.ts';

/*
 * Shapes validate parsed JSON in place instead of copying it: validation with copies took more than
 * three times as long (docs/performance.md). Members that a shape does not name are neither checked
 * nor removed.
 *
 * One invalid value affects as little as possible:
 * - It is converted if its meaning is certain, such as "12.5" for a number.
 * - If it cannot be converted, an item is removed from its list, and an optional member is set to
 *   null.
 */

/** Validates values. `Value` is the type of the values that pass. */
export interface Shape<Value> {
  /**
   * First repairs invalid members of an object and invalid items of a list in place, where possible
   * (see the top of this file). Then returns undefined if the value is valid. Otherwise returns the
   * path to an invalid value and the reason, such as `.id: expected an id`.
   */
  mismatch(value: unknown): string | undefined;
  /** Converts a value that does not pass; undefined if its meaning is not certain. */
  convert?(value: unknown): Value | undefined;
  /** Only carries the type; never set. */
  readonly value?: Value;
}

export type Of<S> = S extends Shape<infer Value> ? Value : never;

/** A member that may be missing or null. An invalid value is converted or set to null. */
export interface Optional<Value> extends Shape<Value | null | undefined> {
  readonly isOptional: true;
}

type Members = Readonly<Record<string, Shape<unknown>>>;
type OptionalNames<M extends Members> = {
  [Name in keyof M]: M[Name] extends Optional<unknown> ? Name : never;
}[keyof M];
type ObjectOf<M extends Members> = {
  [Name in Exclude<keyof M, OptionalNames<M>>]: Of<M[Name]>;
} & { [Name in OptionalNames<M>]?: Of<M[Name]> };

/** A value that satisfies a predicate. `name` appears in error messages. */
function leaf<Value>(
  name: string,
  fits: (value: unknown) => boolean,
  convert?: (value: unknown) => Value | undefined,
): Shape<Value> {
  const expected = `: expected ${name}`;
  return {
    mismatch: (value) => (fits(value) ? undefined : expected),
    ...(convert && { convert }),
  };
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);

/** Text. A number is converted, because some servers send a name such as 12 without quotes. */
export const text = leaf<string>(
  'text',
  (value) => typeof value === 'string',
  (value) => (isNumber(value) ? String(value) : undefined),
);

/** A boolean. The texts "true" and "false" are converted. */
export const flag = leaf<boolean>(
  'true or false',
  (value) => typeof value === 'boolean',
  (value) => (value === 'true' || value === 'false' ? value === 'true' : undefined),
);

const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : undefined;
  return isNumber(number) ? number : undefined;
}

/**
 * A finite number. Text that contains a number is converted: GitLab sends a pipeline's coverage as
 * "30.00".
 */
export const number = leaf<number>('a number', isNumber, toNumber);

const isInt32 = (value: unknown): value is number => (value as number) >> 0 === value;

/** A whole number within the range of GraphQL's Int. Text such as "12" is converted. */
export const int32 = leaf<number>('a whole number', isInt32, (value) => {
  const converted = toNumber(value);
  return isInt32(converted) ? converted : undefined;
});

/**
 * A whole number from 0 to 2^63 - 1. Numbers above 2^53 - 1 are strings, because a JavaScript
 * number would lose digits (see util/json.ts).
 */
function wholeNumber(name: string): Shape<number | string> {
  return leaf(name, (value) => {
    if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
    return typeof value === 'string' && isWholeNumber(value);
  });
}

export const id = wholeNumber('an id');
/** A size in bytes. */
export const size = wholeNumber('a size');

/** An ISO 8601 date and time with its UTC offset. Other formats with an offset are converted. */
export const dateTime = leaf<string>(
  'an ISO 8601 time',
  (value) => typeof value === 'string' && isDateTime(value),
  (value) => (typeof value === 'string' ? toDateTime(value) : undefined),
);

export const anything = leaf<unknown>('anything', () => true);

export function optional<Value>(shape: Shape<Value>): Optional<Value> {
  const mismatch = (value: unknown) => (value == null ? undefined : shape.mismatch(value));
  return { ...shape, mismatch, isOptional: true };
}

/**
 * Allows null. Unlike `optional`, rejects a missing member, and does not turn an invalid value into
 * null.
 */
export function nullable<Value>(shape: Shape<Value>): Shape<Value | null> {
  return { ...shape, mismatch: (value) => (value === null ? undefined : shape.mismatch(value)) };
}

/** A required member. An invalid value is converted or becomes `fallback`. */
export function orElse<Value, Fallback>(
  shape: Shape<Value>,
  fallback: Fallback,
): Shape<Value | Fallback> {
  const convert = (value: unknown) =>
    value === undefined ? undefined : (shape.convert?.(value) ?? fallback);
  return { ...shape, convert };
}

/** A list. Converts or removes its invalid items. */
export function list<Value>(shape: Shape<Value>): Shape<Value[]> {
  return {
    mismatch(values) {
      if (!Array.isArray(values)) return ': expected a list';
      let kept = 0;
      for (const value of values) {
        const item = shape.mismatch(value) === undefined ? value : shape.convert?.(value);
        if (item !== undefined) values[kept++] = item;
      }
      values.length = kept;
      return undefined;
    },
  };
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Validates the value of one optional member. For members that the shape of the object does not
 * check, because they are in the parameter `valid` of the function `object`. Returns the value or
 * the converted value. Null if the value is invalid; undefined if the member is missing.
 */
export function validOrNull<Value>(
  shape: Optional<Value>,
  value: unknown,
): Value | null | undefined {
  if (shape.mismatch(value) === undefined) return value as Value | null | undefined;
  return shape.convert?.(value) ?? null;
}

/**
 * An object with these members. Members that `valid` also names are part of the type, but are not
 * checked, because their values are known to be valid.
 */
export function object<M extends Members>(members: M, valid: Members = {}): Shape<ObjectOf<M>> {
  const entries = Object.entries(members)
    .filter(([name]) => !(name in valid))
    .map(([name, shape]) => ({ name, shape, isOptional: 'isOptional' in shape }));
  return {
    mismatch(value) {
      if (!isObject(value)) return ': expected an object';
      for (const { name, shape, isOptional } of entries) {
        const found = shape.mismatch(value[name]);
        if (found === undefined) continue;
        const converted = shape.convert?.(value[name]);
        if (converted === undefined && !isOptional) return `.${name}${found}`;
        value[name] = converted ?? null;
      }
      return undefined;
    },
  };
}
