/** The text of a committed line, and the styles along it. */
import { readUtf8 } from './byte-queue.ts';
import { type Lines, piecesOf } from './lines.ts';
import { changeAt, changeEnd, changeValue } from './timeline.ts';

/** Longest section header, in bytes. */
const MAX_HEADER = 4096;

/** C1 controls, of which U+009B begins an escape in some terminals. C0 controls never get into a line. */
const C1 = /[\u0080-\u009f]/;
const ALL_C1 = /[\u0080-\u009f]/g;

/** Text in one style. */
export interface Run {
  readonly style: number;
  readonly text: string;
}

function textBetween(lines: Lines, from: number, to: number): string {
  const text = readUtf8(lines.text, from, to);
  return C1.test(text) ? text.replace(ALL_C1, '') : text;
}

/** The runs of a kept line. A character that a change of style cuts in two is two invalid ones. */
export function runsOf(lines: Lines, index: number): Run[] {
  const pieces = piecesOf(lines, index);
  const runs: Run[] = [];
  for (let k = 0; k < pieces.length; k += 2) {
    const end = pieces[k + 1] as number;
    let at = Math.max(pieces[k] as number, lines.text.floor);
    let style = changeAt(lines.styles, at);
    while (at < end) {
      const stop = Math.min(end, changeEnd(lines.styles, style));
      const text = textBetween(lines, at, stop);
      runs.push({ style: changeValue(lines.styles, style), text });
      at = stop;
      style += 1;
    }
  }
  return runs;
}

/** The text of a kept line, without escapes, marks and control characters other than tabs. */
export function textOf(lines: Lines, index: number): string {
  const runs = runsOf(lines, index);
  return runs.length === 1 ? (runs[0] as Run).text : runs.map(({ text }) => text).join('');
}

/** The text of a kept line that heads a section; of an immense one the beginning. */
export function headerText(lines: Lines, index: number): string {
  const [start = 0, end = 0] = piecesOf(lines, index);
  if (end - start <= MAX_HEADER) return textOf(lines, index);
  return textBetween(lines, start, start + MAX_HEADER);
}
