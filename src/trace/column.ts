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
