/** A name that is percent-encoded more often than this is refused: each decoding takes time. */
const MAX_DECODINGS = 8;

const decodeOnce = (text: string) =>
  text.replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

/**
 * Whether a text is the name of a file or folder in an archive, so that every server on the path
 * reads it as one name. Some proxies decode percent-encoding again, and read `\\` as `/`: so the name
 * is not empty, `.` or `..`, and has no slash, however often it is decoded.
 */
export function isFileName(text: string): boolean {
  let name = text;
  for (let decodings = 0; decodings <= MAX_DECODINGS; decodings += 1) {
    if (/[/\\]/.test(name) || /^\.{0,2}$/.test(name)) return false;
    const decoded = decodeOnce(name);
    if (decoded === name) return true;
    name = decoded;
  }
  return false;
}
