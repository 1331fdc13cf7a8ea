/** More combinations than any metric here can have; beyond it, something is wrong and goes into one. */
const MAX_CELLS = 1_000;
const OTHER = 'other';

/**
 * Remembers a metric's cell for each combination of labels: finding it again costs one look into a
 * map. Bounded, whatever the labels are: the combinations that come too late are counted as "other".
 */
export function createCells<Labels extends string[], Cell>(
  make: (...labels: Labels) => Cell,
): (...labels: Labels) => Cell {
  const cells = new Map<string, Cell>();
  return (...labels) => {
    const key = labels.join(' ');
    const known = cells.get(key);
    if (known !== undefined) return known;
    const isFull = cells.size >= MAX_CELLS;
    const cell = isFull ? make(...(labels.map(() => OTHER) as Labels)) : make(...labels);
    if (!isFull) cells.set(key, cell);
    return cell;
  };
}
