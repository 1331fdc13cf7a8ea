/*
 * Shapes validate parsed JSON in place instead of copying it: a page of 100 jobs has 6,000 values,
 * and copying them cost more than parsing (docs/performance.md). Members that a shape does not name
 * stay, unread.
 */

/** A check of a value; `Value` is the type of values that pass. */
export interface Shape<Value> {
  /**
   * Undefined if the value passes, else a path and a reason. Sets invalid optional members to null.
   */
  mismatch(value: unknown): string | undefined;
  /** Carries the type; never set. */
  readonly value?: Value;
}

export type Of<S> = S extends Shape<infer Value> ? Value : never;

/** A member that may be missing or null. An invalid value is set to null. */
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

/** A value that satisfies a predicate. `name` appears in messages. */
function leaf<Value>(name: string, fits: (value: unknown) => boolean): Shape<Value> {
  const expected = `: expected ${name}`;
  return { mismatch: (value) => (fits(value) ? undefined : expected) };
}

export const text = leaf<string>('text', (value) => typeof value === 'string');
export const flag = leaf<boolean>('true or false', (value) => typeof value === 'boolean');
export const number = leaf<number>('a number', (value) => typeof value === 'number');
export const anything = leaf<unknown>('anything', () => true);

/** A number or text that satisfies the given conditions. */
export function numberOrText(
  name: string,
  fits: { number?: (value: number) => boolean; text?: RegExp },
): Shape<number | string> {
  return leaf(name, (value) => {
    if (typeof value === 'number') return fits.number?.(value) ?? true;
    return typeof value === 'string' && (fits.text?.test(value) ?? true);
  });
}

/** A number within the range of GraphQL's Int. */
export const int32 = leaf<number>('a whole number', (value) => (value as number) >> 0 === value);

export function optional<Value>(shape: Shape<Value>): Optional<Value> {
  return { ...nullable(shape), isOptional: true };
}

/** Allows null and undefined, but no invalid value. */
export function nullable<Value>(shape: Shape<Value>): Shape<Value | null | undefined> {
  return { mismatch: (value) => (value == null ? undefined : shape.mismatch(value)) };
}

export function list<Value>(shape: Shape<Value>): Shape<Value[]> {
  return {
    mismatch(values) {
      if (!Array.isArray(values)) return ': expected a list';
      for (let index = 0; index < values.length; index += 1) {
        const found = shape.mismatch(values[index]);
        if (found !== undefined) return `.${index}${found}`;
      }
      return undefined;
    },
  };
}

export function object<M extends Members>(members: M): Shape<ObjectOf<M>> {
  const entries = Object.entries(members).map(([name, shape]) => ({
    name,
    mismatch: shape.mismatch,
    isOptional: 'isOptional' in shape,
  }));
  return {
    mismatch(value) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return ': expected an object';
      }
      const row = value as Record<string, unknown>;
      for (const { name, mismatch, isOptional } of entries) {
        const found = mismatch(row[name]);
        if (found === undefined) continue;
        // An invalid optional member does not fail the whole row.
        if (!isOptional) return `.${name}${found}`;
        row[name] = null;
      }
      return undefined;
    },
  };
}
