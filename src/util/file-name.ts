/**
 * Whether a text is the name of a file or folder in an archive, so that every server on the path
 * reads it as one name. Some proxies decode percent-encoding again, and read `\\` as `/`: so the name
 * is not empty, `.` or `..`, and has no slash, however often it is decoded.
 */
export function isFileName(text: string): boolean {
  if (/[/\\]/.test(text) || /^\.{0,2}$/.test(text)) return false;
  const decoded = text.replace(/%([\da-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return decoded === text || isFileName(decoded);
}
