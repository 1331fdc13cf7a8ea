const SHIFT = 14;
const BLOCK = 1 << SHIFT;
const MASK = BLOCK - 1;
const FIRST_SIZE = 16;

/** A fixed-size part of a column: a typed array for numbers, a plain array for other values. */
export interface Block<T> {
  [index: number]: T;
  readonly length: number;
}

/**
 * A long list of small values. Entries are appended at the end and dropped at the start. Each entry
 * keeps its index: the entries `base` to `length - 1` are available.
 */
export interface Column<T> {
  readonly allocate: (size: number) => Block<T>;
  /** The entries. With blocks, growth copies little, and dropped entries free memory. */
  blocks: Block<T>[];
  base: number;
  length: number;
}

export function createColumn<T>(allocate: (size: number) => Block<T>): Column<T> {
  return { allocate, blocks: [], base: 0, length: 0 };
}

/**
 * Copies a column. With `sharesBlocks`, both columns use the same blocks of values. The copy is
 * then valid until the original changes (see `copyLines` in lines.ts).
 */
export function copyColumn<T>(column: Column<T>, sharesBlocks: boolean): Column<T> {
  const { blocks } = column;
  const copyOf = (block: Block<T>) => enlarged(column, block, block.length);
  return { ...column, blocks: sharesBlocks ? [...blocks] : blocks.map(copyOf) };
}

function enlarged<T>(column: Column<T>, block: Block<T>, size: number): Block<T> {
  const copy = column.allocate(size);
  for (let at = 0; at < block.length; at += 1) copy[at] = block[at] as T;
  return copy;
}

/** Adds or enlarges a block. The first block is small at first, since most logs are short. */
function grow<T>(column: Column<T>, index: number): Block<T> {
  const old = column.blocks[index];
  const size = index === 0 && column.base === 0 ? FIRST_SIZE : BLOCK;
  const block = old
    ? enlarged(column, old, Math.min(BLOCK, old.length * 4))
    : column.allocate(size);
  column.blocks[index] = block;
  return block;
}

export function append<T>(column: Column<T>, value: T): void {
  const at = column.length - column.base;
  const block = column.blocks[at >>> SHIFT];
  const hasSpace = block !== undefined && (at & MASK) < block.length;
  const target = hasSpace ? block : grow(column, at >>> SHIFT);
  target[at & MASK] = value;
  column.length += 1;
}

/** Returns the value at an index from `base` to `length - 1`. Does not check the index. */
export function valueAt<T>(column: Column<T>, index: number): T {
  const at = index - column.base;
  return column.blocks[at >>> SHIFT]?.[at & MASK] as T;
}

/** Removes the entries from index `length` on. */
export function truncate<T>(column: Column<T>, length: number): void {
  column.length = length;
  column.blocks.length = Math.min(column.blocks.length, ((length - column.base) >>> SHIFT) + 1);
}

/** Drops the blocks in which all entries are before `index`. */
export function forgetBefore<T>(column: Column<T>, index: number): void {
  const whole = (index - column.base) >>> SHIFT;
  if (whole === 0) return;
  column.blocks.splice(0, whole);
  column.base += whole * BLOCK;
}

/**
 * A value that depends on a position, such as the style of text at an offset. It is stored as a
 * list of its changes. Before the first change, the value is `initial`.
 */
export interface Timeline<T> {
  readonly initial: T;
  readonly positions: Column<number>;
  readonly values: Column<T>;
  /** Index of the oldest change that was not dropped. */
  first: number;
  /**
   * The value after the last change. It is stored separately because most reads are of this value.
   */
  latest: T;
}

export function createTimeline<T>(initial: T, allocate: (size: number) => Block<T>): Timeline<T> {
  const positions = createColumn((size) => new Float64Array(size));
  return { initial, positions, values: createColumn(allocate), first: 0, latest: initial };
}

/**
 * Copies a timeline. With `sharesBlocks`, both timelines use the same blocks of values. The copy is
 * then valid until the original changes (see `copyLines` in lines.ts).
 */
export function copyTimeline<T>(timeline: Timeline<T>, sharesBlocks: boolean): Timeline<T> {
  return {
    ...timeline,
    positions: copyColumn(timeline.positions, sharesBlocks),
    values: copyColumn(timeline.values, sharesBlocks),
  };
}

/**
 * Sets the value from `position` on. First removes the changes stored at `position` and after it.
 */
export function change<T>(timeline: Timeline<T>, position: number, value: T): void {
  rewind(timeline, position);
  if (value === timeline.latest) return;
  append(timeline.positions, position);
  append(timeline.values, value);
  timeline.latest = value;
}

/** Removes the changes at `position` and after it. */
export function rewind<T>(timeline: Timeline<T>, position: number): void {
  const { positions, values, first } = timeline;
  let length = positions.length;
  while (length > first && valueAt(positions, length - 1) >= position) length -= 1;
  if (length === positions.length) return;
  truncate(positions, length);
  truncate(values, length);
  timeline.latest = length > first ? valueAt(values, length - 1) : timeline.initial;
}

/**
 * Returns the index of the change that applies at `position`; `first - 1` before the first change.
 */
export function changeAt<T>(timeline: Timeline<T>, position: number): number {
  let low = timeline.first;
  let high = timeline.positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueAt(timeline.positions, middle) <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Returns the value that a change sets. `index` is a result of `changeAt`; for `first - 1`, returns
 * the initial value.
 */
export function changeValue<T>(timeline: Timeline<T>, index: number): T {
  return index < timeline.first ? timeline.initial : valueAt(timeline.values, index);
}

/** Returns the position of the change after `index`; Infinity if there is none. */
export function changeEnd<T>(timeline: Timeline<T>, index: number): number {
  const next = index + 1;
  return next < timeline.positions.length ? valueAt(timeline.positions, next) : Infinity;
}

/** Drops old changes that no longer apply at `position` or later. */
export function forgetChanges<T>(timeline: Timeline<T>, position: number): void {
  const applying = Math.max(timeline.first, changeAt(timeline, position));
  timeline.first = applying;
  forgetBefore(timeline.positions, applying);
  forgetBefore(timeline.values, applying);
}
