/**
 * What the readers of escapes, marks and time headers answer where there is nothing to read. Otherwise they answer the
 * index after what they read.
 */

/** The bytes are something else. */
export const NONE = -1;
/** The line ends before the token does. */
export const CUT = -2;
/** The bytes end before the token does: more of them decide. */
export const MORE = -3;

/** Line feed, the end of a line. */
export const LF = 0x0a;
/** Carriage return: what follows replaces the line. */
export const CR = 0x0d;
/** Escape, the start of a control sequence. */
export const ESC = 0x1b;

/** Why the byte at `at` is not the one that a token needs there. */
export function lacking(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) return MORE;
  return byte === LF ? CUT : NONE;
}

/** The index after `word`, if the bytes from `at` on are it. */
export function readWord(bytes: Uint8Array, at: number, word: readonly number[]): number {
  for (let k = 0; k < word.length; k += 1) {
    if (bytes[at + k] !== word[k]) return lacking(bytes, at + k);
  }
  return at + word.length;
}

/** The bytes of an ASCII word. */
export function wordOf(text: string): readonly number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/**
 * Escapes other than their meaning: where they end (ECMA-48 §5.3, §5.4, §5.6). They never reach the text of a line,
 * whether known or not.
 */

/** What the rest of a line is part of, until its end is found. */
export type Skipping = 'nothing' | 'string' | 'sequence';

/** Longest control sequence that is looked at, in bytes; longer ones have no effect. Real ones have fewer than 40. */
const MAX_SEQUENCE = 256;

const BEL = 0x07;
const CANCEL = 0x18;
const SUBSTITUTE = 0x1a;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;

/** Second bytes of escapes that open a string (title, hyperlink, …): DCS `P`, SOS `X`, OSC `]`, PM `^`, APC `_`. */
const STRING_OPENERS: readonly number[] = [0x50, 0x58, 0x5d, 0x5e, 0x5f];

/** Passes the bytes from `low` to `high`, up to `limit`. */
function pass(bytes: Uint8Array, at: number, low: number, high: number, limit: number): number {
  let end = at;
  while (end < limit && (bytes[end] as number) >= low && (bytes[end] as number) <= high) end += 1;
  return end;
}

function isBetween(byte: number | undefined, low: number, high: number): byte is number {
  return byte !== undefined && byte >= low && byte <= high;
}

/** Whether the escape at `at` opens a string, which runs to BEL or `ESC \`. Its second byte must be there. */
export function opensString(bytes: Uint8Array, at: number): boolean {
  return STRING_OPENERS.includes(bytes[at + 1] ?? 0);
}

/** Whether the control sequence from `at` to `end` is longer than we read, so that the rest must be passed over. */
export function isOverlong(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= MAX_SEQUENCE && finalOf(bytes, at, end) === 0;
}

/**
 * The index after the escape that begins at `at`, CUT or MORE. A broken one ends before the byte that breaks it. Of one
 * that opens a string that is the opener's end, of an overlong one the limit.
 */
export function escapeEnd(bytes: Uint8Array, at: number): number {
  const second = bytes[at + 1];
  if (second === undefined || second === LF) return lacking(bytes, at + 1);
  if (second === BRACKET) return sequenceEnd(bytes, at);
  const end = pass(bytes, at + 1, 0x20, 0x2f, at + MAX_SEQUENCE);
  const final = bytes[end];
  if (final === undefined || final === LF) return lacking(bytes, end);
  return isBetween(final, 0x30, 0x7e) ? end + 1 : end;
}

function sequenceEnd(bytes: Uint8Array, at: number): number {
  const limit = Math.min(bytes.length, at + MAX_SEQUENCE);
  const parameters = pass(bytes, at + 2, 0x30, 0x3f, limit);
  const end = pass(bytes, parameters, 0x20, 0x2f, limit);
  if (end === at + MAX_SEQUENCE) return end;
  const final = bytes[end];
  if (final === undefined || final === LF) return lacking(bytes, end);
  return isBetween(final, 0x40, 0x7e) ? end + 1 : end;
}

/** The final letter of a whole control sequence (`m`, `K`), as a byte; 0 for other escapes and broken ones. */
export function finalOf(bytes: Uint8Array, at: number, end: number): number {
  const final = bytes[end - 1];
  const whole = bytes[at + 1] === BRACKET && end - at > 2 && isBetween(final, 0x40, 0x7e);
  return whole ? final : 0;
}

/** How far the rest of a string or an overlong sequence was passed over, and whether that was all of it. */
export interface Passed {
  readonly at: number;
  readonly done: boolean;
}

/** Bytes that end a string, or the line that it is on. */
const STRING_ENDS: readonly number[] = [BEL, CANCEL, SUBSTITUTE, ESC, LF];

/** Passes over a string, up to a line feed at most; MORE if the only byte there may begin its end. */
export function passString(bytes: Uint8Array, from: number): Passed | typeof MORE {
  let at = from;
  while (at < bytes.length && !STRING_ENDS.includes(bytes[at] as number)) at += 1;
  const byte = bytes[at];
  if (byte === undefined || byte === LF) return { at, done: false };
  if (byte !== ESC) return { at: at + 1, done: true };
  const second = bytes[at + 1];
  if (second === undefined) return at > from ? { at, done: false } : MORE;
  return { at: second === BACKSLASH ? at + 2 : at, done: true };
}

/** Passes over the rest of an overlong control sequence, up to a line feed at most. */
export function passSequence(bytes: Uint8Array, from: number): Passed {
  const at = pass(bytes, from, 0x20, 0x3f, bytes.length);
  const final = bytes[at];
  if (final === undefined || final === LF) return { at, done: false };
  return { at: isBetween(final, 0x40, 0x7e) ? at + 1 : at, done: true };
}
