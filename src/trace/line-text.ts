/** The text of a committed line, and the styles along it. */
import { readUtf8 } from './byte-queue.ts';
import { type Lines, piecesOf } from './lines.ts';
import { changeAt, changeEnd, changeValue } from './timeline.ts';

/** Longest section header, in bytes; of a longer line it is the beginning. */
export const MAX_HEADER = 4096;

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

/** Adds the runs of an offset range of the text. */
function addRuns(runs: Run[], lines: Lines, from: number, to: number): void {
  let at = Math.max(from, lines.text.floor);
  let style = changeAt(lines.styles, at);
  while (at < to) {
    const end = Math.min(to, changeEnd(lines.styles, style));
    runs.push({ style: changeValue(lines.styles, style), text: textBetween(lines, at, end) });
    at = end;
    style += 1;
  }
}

const textOfRuns = (runs: readonly Run[]) =>
  runs.length === 1 ? (runs[0] as Run).text : runs.map(({ text }) => text).join('');

/** The runs of a kept line. A character that a change of style cuts in two is two invalid ones. */
export function runsOf(lines: Lines, index: number): Run[] {
  const pieces = piecesOf(lines, index);
  const runs: Run[] = [];
  for (let k = 0; k < pieces.length; k += 2) {
    addRuns(runs, lines, pieces[k] as number, pieces[k + 1] as number);
  }
  return runs;
}

/** The text of a kept line, without escapes, marks and control characters other than tabs. */
export function textOf(lines: Lines, index: number): string {
  return textOfRuns(runsOf(lines, index));
}

/** What the open line would be as a section's header. */
export function headerText(lines: Lines): string {
  const { start } = lines.open;
  const runs: Run[] = [];
  addRuns(runs, lines, start, Math.min(lines.text.length, start + MAX_HEADER));
  return textOfRuns(runs);
}
