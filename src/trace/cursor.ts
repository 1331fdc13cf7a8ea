/**
 * Position of the cursor in a log line: the number of columns from the cursor to the end of the
 * line, or 'elsewhere' if the cursor is in another line. Text written at the cursor replaces all
 * text after the cursor, as in GitLab's viewer after a carriage return (upstream.md §7).
 */
export type Cursor = number | 'elsewhere';

export const AT_END = 0;
export const AT_START = Infinity;

/** Final bytes of the control sequences (ECMA-48 §8.3) that move the cursor or erase text. */
const UP = 0x41;
const DOWN = 0x42;
const RIGHT = 0x43;
const LEFT = 0x44;
const NEXT_LINE = 0x45;
const PREVIOUS_LINE = 0x46;
const COLUMN = 0x47;
const POSITION = 0x48;
const ERASE_SCREEN = 0x4a;
const ERASE_LINE = 0x4b;
const COLUMN_ABSOLUTE = 0x60;
const LINE_ABSOLUTE = 0x64;
const POSITION_ABSOLUTE = 0x66;

/**
 * Final bytes of the control sequences that move the cursor to another line. An erase sequence
 * after them does not change the line that the cursor left.
 */
const LEAVES_LINE: readonly number[] = [
  UP,
  DOWN,
  NEXT_LINE,
  PREVIOUS_LINE,
  POSITION,
  LINE_ABSOLUTE,
  POSITION_ABSOLUTE,
];

/**
 * A movement to the left by this many columns or more is assumed to reach the start of the line.
 */
const MAX_COLUMNS = 256;

/**
 * Returns how many columns at the end of the line a control sequence erases; Infinity for the whole
 * line. `number` is the parameter of the sequence:
 * - 0 erases from the cursor to the end of the line
 * - 1 erases from the start of the line to the cursor
 * - 2 erases the whole line
 */
export function erasedColumns(cursor: Cursor, final: number, number: number): number {
  if (cursor === 'elsewhere' || (final !== ERASE_LINE && final !== ERASE_SCREEN)) return 0;
  if (number === 0) return cursor;
  // The part before the cursor is erased only if no text follows the cursor, because text can be
  // removed only at the end of a line.
  return number === 2 || (number === 1 && cursor === AT_END) ? Infinity : 0;
}

/** Returns the cursor after a backspace or a movement to the left. */
export const moveLeft = (cursor: Cursor, columns: number): Cursor =>
  cursor === 'elsewhere' ? cursor : cursor + columns;

/**
 * Returns the cursor after a control sequence. `number` is its parameter: 0 if omitted, -1 if
 * invalid.
 */
export function moveCursor(cursor: Cursor, final: number, number: number): Cursor {
  if (cursor === 'elsewhere' || LEAVES_LINE.includes(final)) return 'elsewhere';
  if (number < 0) return cursor;
  const columns = Math.max(1, number);
  if (final === RIGHT) return Math.max(AT_END, cursor - columns);
  if (final === LEFT) return columns < MAX_COLUMNS ? moveLeft(cursor, columns) : AT_START;
  const isToStart = (final === COLUMN || final === COLUMN_ABSOLUTE) && number <= 1;
  return isToStart ? AT_START : cursor;
}
