/**
 * The 256 colours of terminals: 0–15 named, 16–231 a cube of 6 × 6 × 6, 232–255 greys (xterm's `256colres.h`).
 */

/** Names of colours 0–7; 8–15 are their light forms. */
const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** Brightness, 0–255, of the cube's six steps. */
const STEPS = [0, 95, 135, 175, 215, 255] as const;

/** Colours 0–15 as `#rrggbb`, chosen to be readable on a dark ground. */
const NAMED = [
  ['#2e2e2e', '#d94e4e', '#4fa65b', '#c9a227', '#5b8def', '#b267c9', '#3ba5b5', '#d8d8d8'],
  ['#8a8a8a', '#ff7a7a', '#7ddc8a', '#f2d15c', '#8fb4ff', '#e09cf2', '#74d9e6', '#ffffff'],
] as const;

function stepOf(level: number): number {
  if (level < 48) return 0;
  return level < 115 ? 1 : Math.floor((level - 35) / 40);
}

/** The palette index, 16–255, nearest to a true colour, whose parts are 0–255. */
export function nearestColour(red: number, green: number, blue: number): number {
  const distance = (r: number, g: number, b: number) =>
    (red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2;
  const [r, g, b] = [stepOf(red), stepOf(green), stepOf(blue)];
  const inCube = distance(STEPS[r] ?? 0, STEPS[g] ?? 0, STEPS[b] ?? 0);
  const mean = (red + green + blue) / 3;
  const grey = Math.min(23, Math.max(0, Math.round((mean - 8) / 10)));
  const level = 8 + grey * 10;
  return distance(level, level, level) < inCube ? 232 + grey : 16 + 36 * r + 6 * g + b;
}

/** A palette colour, 0–255, as `#rrggbb`. */
export function hexColour(index: number): string {
  if (index < 16) return NAMED[index < 8 ? 0 : 1][index % 8] ?? '#000000';
  const grey = 8 + (index - 232) * 10;
  const cube = index - 16;
  const parts =
    index >= 232
      ? [grey, grey, grey]
      : [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => STEPS[step] ?? 0);
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/**
 * The class that gives a palette colour, 0–255, to the text (`fg`) or the ground (`bg`). GitLab's own names, so that its
 * style sheets fit: `term-fg-red`, `term-bg-l-blue` for colours 0–15, `xterm-fg-208` for the others.
 */
export function colourClass(ground: 'fg' | 'bg', index: number): string {
  const name = NAMES[index % 8];
  if (index < 8) return `term-${ground}-${name}`;
  return index < 16 ? `term-${ground}-l-${name}` : `xterm-${ground}-${index}`;
}
