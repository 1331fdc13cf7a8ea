/** Lines as HTML that does nothing whatever the job printed: text and `<span class="…">` with classes of ours. */
import type { Run } from './line-text.ts';
import { classNames, PLAIN_STYLE } from './style.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? '');

/** The HTML of one run. */
export function spanOf({ style, text }: Run): string {
  const html = escaped(text);
  return style === PLAIN_STYLE ? html : `<span class="${classNames(style)}">${html}</span>`;
}

/** The HTML of a line's runs: spans side by side, never one in another. The classes are those of `traceStyleSheet`. */
export function htmlOf(runs: Iterable<Run>): string {
  return Array.from(runs, spanOf).join('');
}
