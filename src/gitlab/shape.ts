/*
 * Shapes of JSON, checked in place: what JSON.parse has made is ours alone, so it is looked over and used
 * as it is instead of copied. A page of 100 jobs has 6,000 values; copying them cost more than parsing
 * (docs/performance.md). Members that a shape does not name stay, and nobody reads them.
 */

/** What a value must be. `Value` is what it then is. */
export interface Shape<Value> {
  /** Undefined if the value fits, else what does not: a path and a reason. May set odd optional members to null. */
  mismatch(value: unknown): string | undefined;
  /** Only for the type: never there. */
  readonly value?: Value;
}

/** The type of the values that fit a shape. */
export type Of<S> = S extends Shape<infer Value> ? Value : never;

/** A member that may be missing or null, and reads as null where it is anything odd. */
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

/** One value for which a condition holds. `name` says what it is, for messages. */
function leaf<Value>(name: string, fits: (value: unknown) => boolean): Shape<Value> {
  const expected = `: expected ${name}`;
  return { mismatch: (value) => (fits(value) ? undefined : expected) };
}

export const text = leaf<string>('text', (value) => typeof value === 'string');
export const flag = leaf<boolean>('true or false', (value) => typeof value === 'boolean');
export const number = leaf<number>('a number', (value) => typeof value === 'number');
/** Whatever JSON has. */
export const anything = leaf<unknown>('anything', () => true);

/** A number or a text for which a condition holds. */
export function numberOrText(
  name: string,
  fits: { number?: (value: number) => boolean; text?: RegExp },
): Shape<number | string> {
  return leaf(name, (value) => {
    if (typeof value === 'number') return fits.number?.(value) ?? true;
    return typeof value === 'string' && (fits.text?.test(value) ?? true);
  });
}

/** What fits GraphQL's Int. */
export const int32 = leaf<number>('a whole number', (value) => (value as number) >> 0 === value);

/** The same as a member that an object may lack. */
export function optional<Value>(shape: Shape<Value>): Optional<Value> {
  return { ...nullable(shape), isOptional: true };
}

/** The same, where null and nothing are fine and anything odd is not. */
export function nullable<Value>(shape: Shape<Value>): Shape<Value | null | undefined> {
  return { mismatch: (value) => (value == null ? undefined : shape.mismatch(value)) };
}

/** A list of which each item fits. */
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

/** An object with these members. */
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
        // One odd member must not cost a caller the whole row.
        if (!isOptional) return `.${name}${found}`;
        row[name] = null;
      }
      return undefined;
    },
  };
}
