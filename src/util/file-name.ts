/**
 * Maximum nested percent-encodings of a name, such as two in `%252F`. A name with more is refused,
 * because each decoding takes time.
 */
const MAX_DECODINGS = 8;

const decodeOnce = (text: string) =>
  text.replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

/**
 * Matches names that a server may read as another path: empty, `.` or `..`, also with parameters,
 * as in `..;a`.
 */
const DOTS = /^\.{0,2}$|^\.{1,2};/;

/**
 * Whether a text is safe as the name of one file or folder in a URL. False for an empty text, for
 * `.` and `..` (also with parameters, as in `..;a`), and for a text with a slash, a backslash or
 * NUL. The text is also checked after repeated percent-decoding, because some proxies decode a URL
 * again.
 */
export function isFileName(text: string): boolean {
  let name = text;
  for (let decodings = 0; decodings <= MAX_DECODINGS; decodings += 1) {
    if (/[/\\\0]/.test(name) || DOTS.test(name)) return false;
    const decoded = decodeOnce(name);
    if (decoded === name) return true;
    name = decoded;
  }
  return false;
}
