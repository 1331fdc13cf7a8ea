/*
 * A token is a part of a log, such as an escape, a section mark or a time header (see mark.ts). The
 * functions that read a token return the index after it, or one of the three negative results
 * below.
 */

/** Result: the bytes are not the expected token. */
export const NO_MATCH = -1;
/** Result: the line ends before the token is complete. */
export const LINE_END = -2;
/** Result: the input ends before the token is complete, so more bytes are needed. */
export const NEED_MORE = -3;

export const LF = 0x0a;
export const CR = 0x0d;
export const ESC = 0x1b;

/**
 * Returns the reason why a token does not continue with the byte at `at`: NEED_MORE, LINE_END or
 * NO_MATCH.
 */
export function mismatch(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) return NEED_MORE;
  return byte === LF ? LINE_END : NO_MATCH;
}

/**
 * Returns the index after `word` if the bytes at `at` are that word. Otherwise returns the result
 * of `mismatch`.
 */
export function readWord(bytes: Uint8Array, at: number, word: readonly number[]): number {
  for (let k = 0; k < word.length; k += 1) {
    if (bytes[at + k] !== word[k]) return mismatch(bytes, at + k);
  }
  return at + word.length;
}

export const asciiBytes = (text: string): readonly number[] =>
  Array.from(text, (letter) => letter.charCodeAt(0));

/*
 * The functions below find the end of escapes (ECMA-48 §5.3, §5.4, §5.6). Unknown escapes are
 * skipped as well, so that they do not become text.
 */

/**
 * What the parser skips at the moment: nothing, the string of an escape, or the rest of an overlong
 * control sequence. A string is, for example, the title in `ESC ] 0;title BEL`.
 */
export type Skipping = 'nothing' | 'string' | 'sequence';

/**
 * Maximum bytes of a control sequence that is interpreted. Real sequences have fewer than 40 bytes.
 */
const MAX_SEQUENCE = 256;

const BEL = 0x07;
const CANCEL = 0x18;
const SUBSTITUTE = 0x1a;
const BACKSLASH = 0x5c;
/** The second byte of a control sequence. */
export const BRACKET = 0x5b;

/** Second bytes of escapes that begin a string: DCS `P`, SOS `X`, OSC `]`, PM `^`, APC `_`. */
const STRING_OPENERS: readonly number[] = [0x50, 0x58, 0x5d, 0x5e, 0x5f];

/**
 * Skips bytes with values from `low` to `high`, up to index `limit`. Returns the index after them.
 */
function skipRange(
  bytes: Uint8Array,
  at: number,
  low: number,
  high: number,
  limit: number,
): number {
  let end = at;
  while (end < limit && (bytes[end] as number) >= low && (bytes[end] as number) <= high) end += 1;
  return end;
}

function isBetween(byte: number | undefined, low: number, high: number): byte is number {
  return byte !== undefined && byte >= low && byte <= high;
}

/** Returns whether an escape with this second byte begins a string, which `skipString` skips. */
export function opensString(second: number): boolean {
  return STRING_OPENERS.includes(second);
}

/**
 * Returns whether a control sequence exceeds MAX_SEQUENCE, so that the rest of it must be skipped.
 */
export function isOverlong(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= MAX_SEQUENCE && finalOf(bytes, at, end) === 0;
}

/**
 * Returns the index after the escape at `at`, or LINE_END or NEED_MORE. Three kinds of escapes end
 * early:
 * - an invalid escape, before its first invalid byte
 * - an escape that begins a string, before the string
 * - an overlong control sequence, after MAX_SEQUENCE bytes
 */
export function escapeEnd(bytes: Uint8Array, at: number): number {
  const second = bytes[at + 1];
  if (second === undefined || second === LF) return mismatch(bytes, at + 1);
  if (second === BRACKET) return sequenceEnd(bytes, at);
  const end = skipRange(bytes, at + 1, 0x20, 0x2f, at + MAX_SEQUENCE);
  const final = bytes[end];
  if (final === undefined || final === LF) return mismatch(bytes, end);
  return isBetween(final, 0x30, 0x7e) ? end + 1 : end;
}

function sequenceEnd(bytes: Uint8Array, at: number): number {
  const limit = Math.min(bytes.length, at + MAX_SEQUENCE);
  const parameters = skipRange(bytes, at + 2, 0x30, 0x3f, limit);
  const end = skipRange(bytes, parameters, 0x20, 0x2f, limit);
  if (end === at + MAX_SEQUENCE) return end;
  const final = bytes[end];
  if (final === undefined || final === LF) return mismatch(bytes, end);
  return isBetween(final, 0x40, 0x7e) ? end + 1 : end;
}

/**
 * Returns the final byte of a control sequence, such as `m` or `K`; 0 if the sequence is incomplete
 * or invalid.
 */
export function finalOf(bytes: Uint8Array, at: number, end: number): number {
  const final = bytes[end - 1];
  return end - at > 2 && isBetween(final, 0x40, 0x7e) ? final : 0;
}

/**
 * Returns the parameter of a control sequence with one number, such as `ESC [ 2 K`. Returns 0 if it
 * is omitted, and -1 for other parameters, such as `1;2`.
 */
export function numberOf(bytes: Uint8Array, at: number, end: number): number {
  let number = 0;
  for (let k = at + 2; k < end - 1; k += 1) {
    const digit = (bytes[k] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/**
 * The result of skipping a string or an overlong sequence: `at` is the index after the skipped
 * bytes, and `done` is whether the string or sequence ended there.
 */
interface Skipped {
  readonly at: number;
  readonly done: boolean;
}

const STRING_ENDS: readonly number[] = [BEL, CANCEL, SUBSTITUTE, ESC, LF];

/**
 * Skips a string and its end: BEL, CAN, SUB or `ESC \`. Stops before another escape or a line feed.
 * Returns NEED_MORE if ESC is the only byte left, because `\` may follow.
 */
export function skipString(bytes: Uint8Array, from: number): Skipped | typeof NEED_MORE {
  let at = from;
  while (at < bytes.length && !STRING_ENDS.includes(bytes[at] as number)) at += 1;
  const byte = bytes[at];
  if (byte === undefined || byte === LF) return { at, done: false };
  if (byte !== ESC) return { at: at + 1, done: true };
  const second = bytes[at + 1];
  if (second === undefined) return at > from ? { at, done: false } : NEED_MORE;
  return { at: second === BACKSLASH ? at + 2 : at, done: true };
}

/** Skips the rest of an overlong control sequence, at most up to a line feed. */
export function skipSequence(bytes: Uint8Array, from: number): Skipped {
  const at = skipRange(bytes, from, 0x20, 0x3f, bytes.length);
  const final = bytes[at];
  if (final === undefined || final === LF) return { at, done: false };
  return { at: isBetween(final, 0x40, 0x7e) ? at + 1 : at, done: true };
}
