import { isAscii } from 'node:buffer';

/*
 * JSON in UTF-8, parsed from its bytes taken for Latin-1: one byte for one character is what V8 reads fastest,
 * and no byte of a character beyond ASCII looks like JSON's own. Texts that hold such bytes are decoded
 * afterwards; there are few of them. A third less than decoding all first (docs/performance.md).
 */

/** Escapes beyond ASCII: the characters they stand for would be taken for bytes. */
const HIGH_ESCAPE = /\\u(?!00[0-7])/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: from the first byte that is not ASCII on
const HIGH = /[^\u0000-\u007f]/;

/** A text as it was meant, from one whose characters are its bytes. */
function decode(text: string): string {
  return HIGH.test(text) ? Buffer.from(text, 'latin1').toString() : text;
}

function decodeList(list: unknown[]): void {
  for (let index = 0; index < list.length; index += 1) {
    const value = list[index];
    if (typeof value === 'string') list[index] = decode(value);
    else if (typeof value === 'object' && value !== null) list[index] = decodeTexts(value);
  }
}

/** Decodes all texts of a value in place; an object with such a name is made anew. */
function decodeTexts(value: object): object {
  if (Array.isArray(value)) {
    decodeList(value);
    return value;
  }
  const members = value as Record<string, unknown>;
  let hasHighName = false;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (typeof member === 'string') {
      if (HIGH.test(member)) members[name] = decode(member);
    } else if (typeof member === 'object' && member !== null) {
      members[name] = decodeTexts(member);
    }
    hasHighName ||= HIGH.test(name);
  }
  if (!hasHighName) return members;
  return Object.fromEntries(
    Object.entries(members).map(([name, member]) => [decode(name), member]),
  );
}

/** Parses JSON as UTF-8, with U+FFFD for bytes that are none. Throws SyntaxError for what is no JSON. */
export function parseJson(body: Buffer): unknown {
  const bytes = body.latin1Slice();
  if (isAscii(body)) return JSON.parse(bytes);
  if (HIGH_ESCAPE.test(bytes)) return JSON.parse(body.toString());
  const value: unknown = JSON.parse(bytes);
  if (typeof value === 'string') return decode(value);
  return typeof value === 'object' && value !== null ? decodeTexts(value) : value;
}
