/**
 * A long list of small values that grows at one end and is forgotten at the other. Values live in blocks, so that
 * growing copies little and forgetting gives memory back; an entry keeps its index for as long as it lives.
 */

const SHIFT = 14;
const BLOCK = 1 << SHIFT;
const MASK = BLOCK - 1;
const FIRST_SIZE = 16;

/** What a block may be: a typed array, or a plain one for values that are no numbers. */
export interface Block<T> {
  [index: number]: T;
  readonly length: number;
}

/** The list: entries `base` to `length - 1` can be read. Owned by the functions below. */
export interface Column<T> {
  readonly allocate: (size: number) => Block<T>;
  blocks: Block<T>[];
  base: number;
  length: number;
}

/** An empty column; `allocate` makes its blocks. */
export function createColumn<T>(allocate: (size: number) => Block<T>): Column<T> {
  return { allocate, blocks: [], base: 0, length: 0 };
}

/** A copy that shares nothing with the original. */
export function copyColumn<T>(column: Column<T>): Column<T> {
  const blocks = column.blocks.map((block) => enlarged(column, block, block.length));
  return { ...column, blocks };
}

function enlarged<T>(column: Column<T>, block: Block<T>, size: number): Block<T> {
  const copy = column.allocate(size);
  for (let at = 0; at < block.length; at += 1) copy[at] = block[at] as T;
  return copy;
}

/** The first block starts small, since most logs are; the others have full size. */
function grow<T>(column: Column<T>, index: number): Block<T> {
  const old = column.blocks[index];
  const size = index === 0 && column.base === 0 ? FIRST_SIZE : BLOCK;
  const block =
    old === undefined
      ? column.allocate(size)
      : enlarged(column, old, Math.min(BLOCK, old.length * 4));
  column.blocks[index] = block;
  return block;
}

/** Adds one value at the end. */
export function append<T>(column: Column<T>, value: T): void {
  const at = column.length - column.base;
  const block = column.blocks[at >>> SHIFT];
  const room = block !== undefined && (at & MASK) < block.length;
  const target = room ? block : grow(column, at >>> SHIFT);
  target[at & MASK] = value;
  column.length += 1;
}

/** The value at an index from `base` to `length - 1`; others are the caller's mistake. */
export function valueAt<T>(column: Column<T>, index: number): T {
  const at = index - column.base;
  return column.blocks[at >>> SHIFT]?.[at & MASK] as T;
}

/** Forgets the entries from `length` on. */
export function truncate<T>(column: Column<T>, length: number): void {
  column.length = length;
  column.blocks.length = Math.min(column.blocks.length, ((length - column.base) >>> SHIFT) + 1);
}

/** Allows the entries before `index` to be forgotten; whole blocks of them are. */
export function forgetBefore<T>(column: Column<T>, index: number): void {
  const whole = (index - column.base) >>> SHIFT;
  if (whole === 0) return;
  column.blocks.splice(0, whole);
  column.base += whole * BLOCK;
}

/**
 * A value that changes along a position, kept as its changes: the style along the text, the section along the lines.
 */

/** Changes in order of position; before the first one the value is `initial`. */
export interface Timeline<T> {
  readonly initial: T;
  readonly positions: Column<number>;
  readonly values: Column<T>;
  /** Index of the oldest change that still counts. */
  first: number;
  /** The value at the end, where most questions are asked. */
  latest: T;
}

/** A timeline without changes. */
export function createTimeline<T>(initial: T, allocate: (size: number) => Block<T>): Timeline<T> {
  const positions = createColumn((size) => new Float64Array(size));
  return { initial, positions, values: createColumn(allocate), first: 0, latest: initial };
}

/** A copy that shares nothing with the original. */
export function copyTimeline<T>(timeline: Timeline<T>): Timeline<T> {
  const { positions, values } = timeline;
  return { ...timeline, positions: copyColumn(positions), values: copyColumn(values) };
}

/** Lets `value` hold from `position` on, which is not before the last change's; what was said of there is undone. */
export function change<T>(timeline: Timeline<T>, position: number, value: T): void {
  rewind(timeline, position);
  if (value === timeline.latest) return;
  append(timeline.positions, position);
  append(timeline.values, value);
  timeline.latest = value;
}

/** Undoes the changes at `position` and after. */
export function rewind<T>(timeline: Timeline<T>, position: number): void {
  const { positions, values, first } = timeline;
  let length = positions.length;
  while (length > first && valueAt(positions, length - 1) >= position) length -= 1;
  if (length === positions.length) return;
  truncate(positions, length);
  truncate(values, length);
  timeline.latest = length > first ? valueAt(values, length - 1) : timeline.initial;
}

/** Index of the change that holds at `position`, or `first - 1` where none does yet. */
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

/** The value that change number `index` (of `changeAt`) brought. */
export function changeValue<T>(timeline: Timeline<T>, index: number): T {
  return index < timeline.first ? timeline.initial : valueAt(timeline.values, index);
}

/** Where the value that holds at change `index` ends; Infinity for the last one. */
export function changeEnd<T>(timeline: Timeline<T>, index: number): number {
  const next = index + 1;
  return next < timeline.positions.length ? valueAt(timeline.positions, next) : Infinity;
}

/** Forgets the changes that no longer matter from `position` on. */
export function forgetChanges<T>(timeline: Timeline<T>, position: number): void {
  const holding = Math.max(timeline.first, changeAt(timeline, position));
  timeline.first = holding;
  forgetBefore(timeline.positions, holding);
  forgetBefore(timeline.values, holding);
}
