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
