/**
 * Where a buffer may be cut without splitting a UTF-8 character. For senders of text in pieces, such as
 * `jobTraceAppended`: decoding each piece by itself gives the same text as decoding them all at once.
 */

/** Bytes a character takes, by its first byte; 1 for ASCII and for bytes that can start none. */
function characterLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
}

/** Whether `second` may follow `lead` (Unicode 16, table 3-7: no overlong forms, no surrogates, nothing past U+10FFFF). */
function mayFollow(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (lead === 0xed) return second >= 0x80 && second <= 0x9f;
  if (lead === 0xf0) return second >= 0x90 && second <= 0xbf;
  if (lead === 0xf4) return second >= 0x80 && second <= 0x8f;
  return second >= 0x80 && second <= 0xbf;
}

/** Whether the bytes from `at` on are a character's beginning that lacks its end. */
function isUnfinished(bytes: Uint8Array, at: number): boolean {
  const lead = bytes[at] ?? 0;
  const held = bytes.length - at;
  if (held >= characterLength(lead)) return false;
  const second = bytes[at + 1];
  return second === undefined || mayFollow(lead, second);
}

/**
 * How many of the leading bytes form whole characters: 0 to `bytes.length`. With `more` at most 3 bytes are held back,
 * and only where they may still become a character; invalid bytes count as whole, so that a stream of them never stalls.
 * Without `more` all of them count, because nothing can complete them.
 */
export function wholeCharacters(bytes: Uint8Array, more: boolean): number {
  if (!more) return bytes.length;
  for (let at = bytes.length - 1; at >= 0 && at >= bytes.length - 3; at -= 1) {
    const isContinuation = ((bytes[at] ?? 0) & 0xc0) === 0x80;
    if (!isContinuation) return isUnfinished(bytes, at) ? at : bytes.length;
  }
  return bytes.length;
}
