/** The text of a committed line, and the styles along it. */
import { read, readUtf8 } from './byte-queue.ts';
import { type Lines, piecesOf } from './lines.ts';
import { changeAt, changeEnd, changeValue } from './timeline.ts';

/** Longest section header, in bytes; of a longer line it is the beginning. */
export const MAX_HEADER = 4096;

/** The longest run that stands in one piece, in bytes. */
const MAX_RUN = 1 << 16;
/** How many bytes of a character follow its first, at most. */
const MAX_CONTINUATION = 3;

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

/** Where the character begins that holds the byte at an offset. */
function characterAt({ text }: Lines, at: number): number {
  const bytes = read(text, at - MAX_CONTINUATION, at + 1);
  const isInside = (back: number) => ((bytes[bytes.length - 1 - back] ?? 0) & 0xc0) === 0x80;
  let back = 0;
  while (back < MAX_CONTINUATION && isInside(back)) back += 1;
  return isInside(back) ? at : at - back;
}

/** The runs of an offset range of the text; a very long one in several, so that it need not stand whole. */
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

/** The runs of a kept line, from left to right. A character that a change of style cuts in two is two invalid ones. */
export function* runsOf(lines: Lines, index: number): Generator<Run> {
  const pieces = piecesOf(lines, index);
  for (let k = 0; k < pieces.length; k += 2) {
    yield* runsBetween(lines, pieces[k] as number, pieces[k + 1] as number);
  }
}

/** The text of a kept line, without escapes, marks and control characters other than tabs. */
export function textOf(lines: Lines, index: number): string {
  return textOfRuns(runsOf(lines, index));
}

/** What the open line would be as a section's header. */
export function headerText(lines: Lines): string {
  const { start } = lines.open;
  return textOfRuns(runsBetween(lines, start, Math.min(lines.text.length, start + MAX_HEADER)));
}
