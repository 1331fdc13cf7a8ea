/*
 * The style of text: one number that contains colors and attributes. SGR escapes (`ESC [ … m`)
 * change the style as in ECMA-48 §8.3.117. Two things differ, as in GitLab's viewer `Ansi2json`:
 * the code 21 ends bold, and the codes 99 and 109 end a color.
 */

export const PLAIN_STYLE = 0;

/**
 * The bits of a style:
 * - 0–8: the palette index of the text color plus 1, or 0 for the default color
 * - 9–17: the palette index of the background color plus 1, or 0 for the default color
 * - 18–24: attributes
 */
const BACKGROUND_SHIFT = 9;
const COLOR_MASK = 0x1ff;
const BOLD = 1 << 18;
const FAINT = 1 << 19;
const ITALIC = 1 << 20;
const UNDERLINE = 1 << 21;
const INVERSE = 1 << 22;
const CONCEAL = 1 << 23;
const CROSS = 1 << 24;

const COLON = 0x3a;
const SEMICOLON = 0x3b;
/** Larger parameters are reduced to this number. All codes and colors are smaller. */
const MAX_CODE = 9999;

const ATTRIBUTE_CLASSES = [
  [BOLD, 'term-bold'],
  [FAINT, 'term-faint'],
  [ITALIC, 'term-italic'],
  [UNDERLINE, 'term-underline'],
  [INVERSE, 'term-inverse'],
  [CONCEAL, 'term-conceal'],
  [CROSS, 'term-cross'],
] as const;

/** The attributes that the codes 0 to 9 set, and the attributes that the codes 20 to 29 clear. */
const SWITCHED_ON = [0, BOLD, FAINT, ITALIC, UNDERLINE, 0, 0, INVERSE, CONCEAL, CROSS] as const;
const SWITCHED_OFF = [0, BOLD, BOLD | FAINT, ...SWITCHED_ON.slice(3)] as const;

/**
 * Returns whether a color follows the code: the color of the text (38), of the background (48) or
 * of the underline (58, not shown).
 */
const isColorCode = (code: number) => code === 38 || code === 48 || code === 58;

/** Number of parameters after the kind of a color. The kind is 5 for a palette index, 2 for RGB. */
const COLOR_PARTS = new Map([
  [5, 1],
  [2, 3],
]);

function withColor(style: number, shift: number, color: number | null): number {
  const cleared = style & ~(COLOR_MASK << shift);
  return color === null ? cleared : cleared | ((color + 1) << shift);
}

/** Applies the codes 30–37, 39, 40–47, 49, 90–97, 99, 100–107 and 109. */
function withNamedColor(style: number, code: number): number {
  const tens = Math.floor(code / 10);
  const digit = code % 10;
  const shift = tens === 4 || tens === 10 ? BACKGROUND_SHIFT : 0;
  const light = tens >= 9 ? 8 : 0;
  const isNamed = tens === 3 || tens === 4 || tens === 9 || tens === 10;
  if (!isNamed || digit === 8) return style;
  return withColor(style, shift, digit === 9 ? null : digit + light);
}

function withCode(style: number, code: number): number {
  if (code === 0) return PLAIN_STYLE;
  if (code < 10) return style | (SWITCHED_ON[code] ?? 0);
  if (code >= 20 && code < 30) return style & ~(SWITCHED_OFF[code - 20] ?? 0);
  return withNamedColor(style, code);
}

/**
 * Returns the palette index of the color `5;n` or `2;r;g;b`. Null if a part is missing or out of
 * range.
 */
function extendedColor(kind: number | undefined, parts: readonly number[]): number | null {
  const count = COLOR_PARTS.get(kind ?? 0) ?? Infinity;
  const used = parts.slice(0, count);
  if (used.length < count || used.some((part) => part > 255)) return null;
  const [first = 0, second = 0, third = 0] = used;
  return kind === 5 ? first : nearestColor(first, second, third);
}

/**
 * Applies a parameter with several parts: a color such as `38:5:n`, `38:2::r:g:b` or `38:2:r:g:b`,
 * or an underline such as `4:0` (off) or `4:3` (curly, treated as a plain underline).
 */
function withParts(style: number, parts: readonly number[]): number {
  const [code = 0, kind] = parts;
  if (code === 4) return kind === 0 ? style & ~UNDERLINE : style | UNDERLINE;
  if (code !== 38 && code !== 48) return style;
  const color = extendedColor(kind, parts.slice(kind === 2 && parts.length > 5 ? 3 : 2));
  return color === null ? style : withColor(style, code === 38 ? 0 : BACKGROUND_SHIFT, color);
}

/**
 * Splits bytes at semicolons into parameters, and each parameter at colons into parts. An empty
 * part is 0.
 */
function parameters(bytes: Uint8Array, from: number, to: number): number[][] {
  let group = [0];
  const groups = [group];
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number;
    if (byte === SEMICOLON) {
      group = [0];
      groups.push(group);
    } else if (byte === COLON) {
      group.push(0);
    } else {
      const last = group.length - 1;
      group[last] = Math.min(MAX_CODE, (group[last] as number) * 10 + byte - 0x30);
    }
  }
  return groups;
}

/**
 * Returns whether the parameters consist only of digits, `;` and `:`. Escapes with other parameters
 * are private, not SGR.
 */
function areNumbers(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x3b) return false;
  }
  return true;
}

/**
 * Returns how many parameters after a color code belong to the color: 2 for `38;5;n`, 4 for
 * `38;2;r;g;b`. `first` is the first of them. A color of an unknown kind includes all following
 * parameters, so that none of them is read as a code.
 */
function colorLength(first: readonly number[]): number {
  return first.length > 1 ? 1 : 1 + (COLOR_PARTS.get(first[0] ?? 0) ?? Infinity);
}

/**
 * Joins the parameters of each color into one parameter with several parts: `38;5;n` becomes
 * `38:5:n`.
 */
function joinColors(groups: number[][]): number[][] {
  const joined: number[][] = [];
  for (let at = 0; at < groups.length; at += 1) {
    const parts = groups[at] as number[];
    const isColor = parts.length === 1 && isColorCode(parts[0] as number);
    const last = isColor ? at + colorLength(groups[at + 1] ?? []) : at;
    for (; at < last && at + 1 < groups.length; at += 1)
      parts.push(...(groups[at + 1] as number[]));
    joined.push(parts);
  }
  return joined;
}

/**
 * Returns the style after an SGR escape with the parameters in bytes `from` to `to - 1`. Unknown
 * codes are ignored.
 */
export function applySgr(style: number, bytes: Uint8Array, from: number, to: number): number {
  if (!areNumbers(bytes, from, to)) return style;
  let result = style;
  let code = 0;
  let start = from;
  for (let at = from; at <= to; at += 1) {
    const byte = at < to ? (bytes[at] as number) : SEMICOLON;
    const isSeparator = byte === SEMICOLON;
    if (byte === COLON || (isSeparator && isColorCode(code))) {
      return applyParts(result, bytes, start, to);
    }
    if (isSeparator) {
      result = withCode(result, code);
      code = 0;
      start = at + 1;
    } else {
      code = Math.min(MAX_CODE, code * 10 + byte - 0x30);
    }
  }
  return result;
}

/**
 * Applies parameters of which at least one is an extended color (`38;5;1`), or has several parts
 * (`38:5:1`).
 */
function applyParts(style: number, bytes: Uint8Array, from: number, to: number): number {
  let result = style;
  for (const parts of joinColors(parameters(bytes, from, to))) {
    result = parts.length > 1 ? withParts(result, parts) : withCode(result, parts[0] as number);
  }
  return result;
}

/** Returns the CSS classes of a style, separated by spaces; empty for plain text. */
export function classNames(style: number): string {
  const inverse = (style & INVERSE) !== 0;
  const text = (style & COLOR_MASK) - 1;
  const background = ((style >>> BACKGROUND_SHIFT) & COLOR_MASK) - 1;
  // Swaps the colors of inverse text. The class `term-inverse` swaps the default colors.
  const [front, back] = inverse ? [background, text] : [text, background];
  const names: string[] = [];
  if (front >= 0) names.push(colorClass('fg', front));
  if (back >= 0) names.push(colorClass('bg', back));
  for (const [bit, name] of ATTRIBUTE_CLASSES) if ((style & bit) !== 0) names.push(name);
  return names.join(' ');
}

/*
 * The palette of 256 colors. Colors 0–15 have names, and their values are the gateway's own. The
 * others are those of xterm's `256colres.h`: 16–231 are a cube of 6 × 6 × 6 colors, 232–255 are
 * grays.
 */

/** Names of the colors 0–7. Colors 8–15 are their light variants. */
const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** Intensity, 0–255, of each of the six steps in the color cube. */
const STEPS = [0, 95, 135, 175, 215, 255] as const;

/** Colors 0–15, chosen to be readable on a dark background. */
const NAMED = [
  ['#2e2e2e', '#d94e4e', '#4fa65b', '#c9a227', '#5b8def', '#b267c9', '#3ba5b5', '#d8d8d8'],
  ['#8a8a8a', '#ff7a7a', '#7ddc8a', '#f2d15c', '#8fb4ff', '#e09cf2', '#74d9e6', '#ffffff'],
] as const;

function stepOf(level: number): number {
  if (level < 48) return 0;
  return level < 115 ? 1 : Math.floor((level - 35) / 40);
}

/**
 * Returns the palette index, 16–255, of the color that is nearest to an RGB color. The components
 * of the RGB color are 0–255.
 */
function nearestColor(red: number, green: number, blue: number): number {
  const distance = (r: number, g: number, b: number) =>
    (red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2;
  const [r, g, b] = [stepOf(red), stepOf(green), stepOf(blue)];
  const inCube = distance(STEPS[r] ?? 0, STEPS[g] ?? 0, STEPS[b] ?? 0);
  const mean = (red + green + blue) / 3;
  const grey = Math.min(23, Math.max(0, Math.round((mean - 8) / 10)));
  const level = 8 + grey * 10;
  return distance(level, level, level) < inCube ? 232 + grey : 16 + 36 * r + 6 * g + b;
}

function hexColor(index: number): string {
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
 * Returns the CSS class of a palette color, 0–255, for text (`fg`) or background (`bg`). Classes
 * have GitLab's names, so that GitLab's style sheets apply. An example is `term-fg-red`.
 */
function colorClass(target: 'fg' | 'bg', index: number): string {
  const name = NAMES[index % 8];
  if (index < 8) return `term-${target}-${name}`;
  return index < 16 ? `term-${target}-l-${name}` : `xterm-${target}-${index}`;
}

const ATTRIBUTE_RULES = [
  '.term-inverse { color: var(--term-ground, #1f1e24); background-color: var(--term-text, #ececef); }',
  '.term-bold { font-weight: bold; }',
  '.term-faint { opacity: 0.7; }',
  '.term-italic { font-style: italic; }',
  '.term-underline { text-decoration: underline; }',
  '.term-cross { text-decoration: line-through; }',
  '.term-underline.term-cross { text-decoration: underline line-through; }',
  '.term-conceal { visibility: hidden; }',
];

function colorRules(index: number): string[] {
  const color = hexColor(index);
  return [
    `.${colorClass('fg', index)} { color: ${color}; }`,
    `.${colorClass('bg', index)} { background-color: ${color}; }`,
  ];
}

/**
 * Returns CSS for pages without GitLab's style sheets. It has a rule for every class in the HTML of
 * a log, such as `term-bold` and `term-fg-red`. A page sets `--term-text` and `--term-ground` to
 * its own text and background colors.
 */
export function traceStyleSheet(): string {
  const colors = Array.from({ length: 256 }, (_, index) => colorRules(index)).flat();
  return `${[...ATTRIBUTE_RULES, ...colors].join('\n')}\n`;
}
