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

/**
 * Runs `task` for each value, in the order of the values. At most `limit` tasks run at the same
 * time. Rejects with the first error. After an error, running tasks continue, and tasks for further
 * values may still start.
 */
export async function forEachConcurrently<T>(
  values: Iterable<T>,
  limit: number,
  task: (value: T) => Promise<void>,
): Promise<void> {
  const queue = [...values].values();
  const work = async () => {
    for (const value of queue) await task(value);
  };
  await Promise.all(Array.from({ length: limit }, work));
}
