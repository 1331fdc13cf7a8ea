/** Maximum characters of a file name. Common file systems allow 255 characters or bytes. */
const MAX_LENGTH = 255;
/** The name of a file that has no usable name. */
const NO_NAME = 'download';

/**
 * Characters that common systems do not allow in file names, or that make a name look different,
 * such as characters that reverse the direction of the text.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Bidi_Control}"*:<>?|]/gu;

/** Returns a file name without folder names, leading dots and unsafe characters. */
function toSafeName(name: string): string {
  const [base = ''] = name.split(/[/\\]/).slice(-1);
  const safe = [...base.replace(UNSAFE, '_').replace(/^[.\s]+/, '')].slice(0, MAX_LENGTH).join('');
  // Trims the end only after the cut, because trimming takes quadratic time, and because the cut
  // name may end with a dot.
  return safe.replace(/[.\s]+$/, '') || NO_NAME;
}

/** Percent-encodes what RFC 8187 does not allow in `filename*`. */
const encodeExtended = (text: string) =>
  encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * Returns the Content-Disposition header (RFC 6266) with which browsers save a response and never
 * display it. The name is not trusted: characters that are not allowed in file names are replaced.
 */
export function toAttachment(name: string): string {
  const safe = toSafeName(name);
  const ascii = safe.replace(/[^ -~]|[%\\]/gu, '_');
  const extended = ascii === safe ? '' : `; filename*=UTF-8''${encodeExtended(safe)}`;
  return `attachment; filename="${ascii}"${extended}`;
}

const EXTENDED = /;\s*filename\*\s*=\s*utf-8'[^']*'([^\s;]+)/i;
const QUOTED = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i;
const TOKEN = /;\s*filename\s*=\s*([^\s;"]+)/i;

/**
 * Decodes the UTF-8 of a header value, which undici has read as Latin-1. Returns the text unchanged
 * if its bytes are not valid UTF-8.
 */
function fromHeaderBytes(text: string): string {
  const decoded = Buffer.from(text, 'latin1').toString();
  return /[^\0-\xff]/.test(text) || decoded.includes('\ufffd') ? text : decoded;
}

function decodeExtended(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Returns the file name in a Content-Disposition header; undefined if it has none. */
export function fileNameOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const extended = EXTENDED.exec(header)?.[1];
  const quoted = QUOTED.exec(header)?.[1]?.replace(/\\(.)/g, '$1');
  const name = (extended && decodeExtended(extended)) || quoted || TOKEN.exec(header)?.[1];
  return name ? fromHeaderBytes(name) : undefined;
}
