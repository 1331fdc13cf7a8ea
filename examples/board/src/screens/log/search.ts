import type { Line } from './log.ts';

/** A line that contains one of these words counts as an error. */
export const ERROR_WORDS = [
  'error',
  'exception',
  'fail',
  'fatal',
  'panic',
  'traceback',
  'not ok',
  'not found',
  'cannot',
  'denied',
];

const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};
const CHARACTERS = Object.fromEntries(Object.entries(ENTITIES).map(([name, of]) => [of, name]));

/** Returns the text of a line. Its HTML has only spans and the entities in `ENTITIES`. */
function textOf(html: string): string {
  return html.replace(/<[^>]*>/g, '').replace(/&#?\w+;/g, (entity) => ENTITIES[entity] ?? entity);
}

/** Returns the numbers of the lines that contain one of the texts. Ignores case. */
export function matchingLines(lines: readonly Line[], texts: readonly string[]): number[] {
  const wanted = texts.map((text) => text.toLowerCase());
  const matches = ({ html }: Line) => {
    const text = textOf(html).toLowerCase();
    return wanted.some((part) => text.includes(part));
  };
  return lines.filter(matches).map(({ number }) => number);
}

/** Returns the HTML of a line with each match of `text` marked. */
export function markMatches(html: string, text: string): string {
  if (!text) return html;
  const escaped = text.replace(/[&<>"']/g, (character) => CHARACTERS[character] ?? character);
  const literal = escaped.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  // Also matches each tag and entity as a whole, so that the text is not found inside of them.
  const pattern = new RegExp(`(${literal})|<[^>]*>|&#?\\w+;`, 'gi');
  return html.replace(pattern, (all, match) => (match ? `<mark>${match}</mark>` : all));
}

/**
 * Returns the line of a list after `from`, or before it for a negative step. Wraps around at the
 * ends.
 */
export function nextOf(lines: readonly number[], from: number, step: 1 | -1): number | undefined {
  if (step > 0) return lines.find((line) => line > from) ?? lines[0];
  return lines.findLast((line) => line < from) ?? lines.at(-1);
}
