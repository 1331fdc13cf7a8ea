/*
 * Reads the text of lines as runs. A run is a part of a line that has one style.
 */
import { byteAt, isContinuation, MAX_CONTINUATION, read, readUtf8 } from './byte-queue.ts';
import { changeAt, changeEnd, changeValue } from './columns.ts';
import { endOf, type Lines, piecesOf } from './lines.ts';

/** Maximum length of a section header in bytes. A longer header is cut. */
export const MAX_HEADER = 4096;

/** Maximum length of a run in bytes. A longer run is split. */
const MAX_RUN = 1 << 16;

/**
 * C1 control characters. They are removed, because U+009B begins an escape in some terminals. C0
 * control characters except tabs were already removed by the scanner.
 */
const C1 = /[\u0080-\u009f]/;
const ALL_C1 = /[\u0080-\u009f]/g;

export interface Run {
  readonly style: number;
  readonly text: string;
}

const withoutC1 = (text: string) => (C1.test(text) ? text.replace(ALL_C1, '') : text);

const textBetween = (lines: Lines, from: number, to: number) =>
  withoutC1(readUtf8(lines.text, from, to));

/** Returns the offset of the character that contains the byte at offset `at`. */
function characterAt({ text }: Lines, at: number): number {
  const bytes = read(text, at - MAX_CONTINUATION, at + 1);
  const isInside = (back: number) => isContinuation(bytes[bytes.length - 1 - back] ?? 0);
  let back = 0;
  while (back < MAX_CONTINUATION && isInside(back)) back += 1;
  return isInside(back) ? at : at - back;
}

/** Yields the runs of a range of text. Splits very long runs to limit memory. */
function* runsBetween(lines: Lines, from: number, to: number): Generator<Run> {
  let at = Math.max(from, lines.text.floor);
  let style = changeAt(lines.styles, at);
  while (at < to) {
    const end = Math.min(to, changeEnd(lines.styles, style));
    while (at + MAX_RUN < end) {
      const cut = characterAt(lines, at + MAX_RUN);
      yield { style: changeValue(lines.styles, style), text: textBetween(lines, at, cut) };
      at = cut;
    }
    yield { style: changeValue(lines.styles, style), text: textBetween(lines, at, end) };
    at = end;
    style += 1;
  }
}

function textOfRuns(runs: Iterable<Run>): string {
  let all = '';
  for (const { text } of runs) all += text;
  return all;
}

/**
 * Yields the runs of a kept line. If the style changes between two bytes of a character, both parts
 * of the character become U+FFFD.
 */
export function* runsOf(lines: Lines, index: number): Generator<Run> {
  const pieces = piecesOf(lines, index);
  for (let k = 0; k < pieces.length; k += 2) {
    yield* runsBetween(lines, pieces[k] as number, pieces[k + 1] as number);
  }
}

/**
 * Returns whether the style changes between two bytes of a character. If so, runs must be decoded
 * separately.
 */
function splitsCharacter({ styles, text }: Lines, from: number, to: number): boolean {
  for (let change = changeAt(styles, from); ; change += 1) {
    const end = changeEnd(styles, change);
    if (end >= to) return false;
    if (isContinuation(byteAt(text, end))) return true;
  }
}

/**
 * Returns the text of a kept line. It contains no escapes, no section marks, and no control
 * characters other than tabs.
 */
export function textOf(lines: Lines, index: number): string {
  const from = Math.max(endOf(lines, index - 1), lines.text.floor);
  const length = endOf(lines, index) - from;
  if (!lines.pieces.has(index) && length <= MAX_RUN) {
    if (length <= 0) return '';
    const text = readUtf8(lines.text, from, from + length);
    // If each byte became one UTF-16 unit, all bytes are ASCII or invalid, so the text has no C1
    // character.
    if (text.length === length) return text;
    if (!splitsCharacter(lines, from, from + length)) return withoutC1(text);
  }
  return textOfRuns(runsOf(lines, index));
}

/**
 * Returns the text of the open line (the line that receives text) as a section header: at most its
 * first MAX_HEADER bytes.
 */
export function headerText(lines: Lines): string {
  const { start } = lines.open;
  return textOfRuns(runsBetween(lines, start, Math.min(lines.text.length, start + MAX_HEADER)));
}
