/** Groups values by key, in the order in which the keys appear. */
export function groupBy<T>(values: Iterable<T>, keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** Compares texts by UTF-16 code unit, for `sort`. */
export const compareTexts = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
