import type { Line } from './log.ts';

/** A line with one of these words is taken for an error. */
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

/** Returns the text of a line. Its HTML has only spans and these five entities. */
function textOf(html: string): string {
  return html.replace(/<[^>]*>/g, '').replace(/&#?\w+;/g, (entity) => ENTITIES[entity] ?? entity);
}

/** Returns the numbers of the lines that contain one of some texts, in upper or lower case. */
export function matchingLines(lines: readonly Line[], texts: readonly string[]): number[] {
  const wanted = texts.map((text) => text.toLowerCase());
  const matches = ({ html }: Line) => {
    const text = textOf(html).toLowerCase();
    return wanted.some((part) => text.includes(part));
  };
  return lines.filter(matches).map(({ number }) => number);
}

/** Returns the HTML of a line with each match of a text marked. */
export function markMatches(html: string, text: string): string {
  if (!text) return html;
  const escaped = text.replace(/[&<>"']/g, (character) => CHARACTERS[character] ?? character);
  const literal = escaped.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  // A tag or an entity as a whole is not searched.
  const pattern = new RegExp(`(${literal})|<[^>]*>|&#?\\w+;`, 'gi');
  return html.replace(pattern, (all, match) => (match ? `<mark>${match}</mark>` : all));
}

/** Returns the next line of a list after a line, or the previous one; begins again at the end. */
export function nextOf(lines: readonly number[], from: number, step: 1 | -1): number | undefined {
  if (step > 0) return lines.find((line) => line > from) ?? lines[0];
  return lines.findLast((line) => line < from) ?? lines.at(-1);
}
