type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/**
 * Returns `next`, but with the objects of `previous` where both are equal, so that components with
 * `memo` render again only if their data has changed.
 */
export function reuse<T>(previous: unknown, next: T): T {
  if (!isObject(previous) || !isObject(next)) return next;
  const entries = Object.entries(next).map(([key, value]) => [key, reuse(previous[key], value)]);
  const isEqual =
    entries.length === Object.keys(previous).length &&
    entries.every(([key, value]) => previous[key as string] === value);
  if (isEqual) return previous as T;
  return (
    Array.isArray(next) ? entries.map(([, value]) => value) : Object.fromEntries(entries)
  ) as T;
}
