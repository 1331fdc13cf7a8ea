/** What a test may leave out, key by key. */
export type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** The defaults, with what was given in their place; undefined counts as not given. */
export function withDefaults<T extends object>(defaults: T, given: Given<T>): T {
  const merged = { ...defaults };
  for (const key of Object.keys(defaults) as (keyof T)[]) {
    const value = given[key];
    if (value !== undefined) merged[key] = value as T[keyof T];
  }
  return merged;
}
