/** The looks of a log's HTML, for pages that have no style sheet of GitLab's. */
import { colourClass, hexColour } from './palette.ts';

const ATTRIBUTES = [
  '.term-inverse { color: var(--term-ground, #1f1e24); background-color: var(--term-text, #ececef); }',
  '.term-bold { font-weight: bold; }',
  '.term-faint { opacity: 0.7; }',
  '.term-italic { font-style: italic; }',
  '.term-underline { text-decoration: underline; }',
  '.term-cross { text-decoration: line-through; }',
  '.term-underline.term-cross { text-decoration: underline line-through; }',
  '.term-conceal { visibility: hidden; }',
];

function colourRules(index: number): string[] {
  const colour = hexColour(index);
  return [
    `.${colourClass('fg', index)} { color: ${colour}; }`,
    `.${colourClass('bg', index)} { background-color: ${colour}; }`,
  ];
}

/**
 * CSS with one rule for each class that the HTML of a log can have: `term-bold`, `term-faint`, `term-italic`,
 * `term-underline`, `term-inverse`, `term-conceal`, `term-cross`, `term-fg-red` and `term-fg-l-red` (eight names each, and
 * `bg`), `xterm-fg-16` to `xterm-fg-255` (and `bg`). A page sets `--term-text` and `--term-ground` to its own two colours.
 */
export function traceStyleSheet(): string {
  const colours = Array.from({ length: 256 }, (_, index) => colourRules(index)).flat();
  return `${[...ATTRIBUTES, ...colours].join('\n')}\n`;
}
