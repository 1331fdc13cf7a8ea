import { hasAtMost, type Lines } from './lines.ts';

/**
 * Position of the cursor: after the text of the line, at the start of the line, or in another line.
 * Text that is written at the start replaces the line, as after a carriage return. Other columns
 * are not tracked: movements to them are ignored, as on GitLab's page (upstream.md §7).
 */
export type Cursor = 'end' | 'start' | 'elsewhere';

/** Final bytes of control sequences (ECMA-48 §8.3) that move the cursor or erase. */
const UP = 0x41;
const DOWN = 0x42;
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

/** Movements to another line. An erase after such a movement does not affect this line. */
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
 * Whether a control sequence erases all text of the line. `number` selects what the sequence
 * erases: the part after the cursor (0), the part before it (1), or the whole line (2).
 */
export function erasesLine(cursor: Cursor, final: number, number: number): boolean {
  if (cursor === 'elsewhere' || (final !== ERASE_LINE && final !== ERASE_SCREEN)) return false;
  return number === 2 || number === (cursor === 'start' ? 0 : 1);
}

/**
 * Returns the cursor after a control sequence. `number` is its parameter: 0 if omitted, -1 if
 * invalid.
 */
export function moveCursor(cursor: Cursor, final: number, number: number, lines: Lines): Cursor {
  if (LEAVES_LINE.includes(final)) return 'elsewhere';
  if (cursor !== 'end' || number < 0) return cursor;
  if (final === COLUMN || final === COLUMN_ABSOLUTE) return number <= 1 ? 'start' : 'end';
  return final === LEFT && reachesStart(lines, Math.max(1, number)) ? 'start' : 'end';
}

function reachesStart(lines: Lines, columns: number): boolean {
  return columns >= MAX_COLUMNS || hasAtMost(lines, columns);
}
