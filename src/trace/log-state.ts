/**
 * What has been read of a log, and what each part of it does: line beginnings and ends, text, marks, escapes. The rules
 * are those of GitLab's own viewer (`Gitlab::Ci::Ansi2json`), but where `docs/decisions/004-own-log-parser.md` says
 * otherwise.
 */

import { change } from './columns.ts';
import { CR, ESC, finalOf, type Skipping } from './escape.ts';
import {
  beginLine,
  clearLine,
  commitLine,
  countLines,
  createLines,
  headerText,
  isVisible,
  type Lines,
  MAX_HEADER,
  reopenLine,
  type Stamp,
  unwrite,
  writeText,
} from './lines.ts';
import type { Mark, TimeHeader } from './mark.ts';
import {
  closeSection,
  createSections,
  openSection,
  type Section,
  type Sections,
} from './sections.ts';
import { applySgr, PLAIN_STYLE } from './style.ts';

/** Stands for the stream of lines without header. */
const NO_STREAM = -1;

const NO_BYTES = new Uint8Array(0);

/** A line as the log has it, from one line feed to the next. It can make several visible lines, or none. */
interface SourceLine {
  /** Place of the last visible line it made, or -1. */
  index: number;
  stamp: Stamp | null;
  /** A carriage return was read: text that follows replaces the line. */
  returned: boolean;
  /** It holds a mark, so that nothing else on it makes no visible line. */
  marked: boolean;
  skipping: Skipping;
  /** The section whose header is the next visible line. */
  heads: Section | null;
  /** Its last bytes, if they may begin an escape or a mark that a continuation completes. */
  held: Uint8Array;
  /** How many of them went into the text meanwhile. */
  heldText: number;
}

/** Everything known at one point of the log. */
export interface Reading {
  readonly lines: Lines;
  readonly sections: Sections;
  style: number;
  line: SourceLine;
  /** The last line of each stream of a log with time headers, and of what comes without. */
  readonly streams: Map<number, SourceLine>;
  /** Whether lines have time headers; null until the first line tells. */
  timed: boolean | null;
  atLineStart: boolean;
  /** Bytes to be read before those that come next. */
  carry: Uint8Array;
  /** No bytes will come any more. */
  ended: boolean;
}

const newSourceLine = (): SourceLine => ({
  index: -1,
  stamp: null,
  returned: false,
  marked: false,
  skipping: 'nothing',
  heads: null,
  held: NO_BYTES,
  heldText: 0,
});

/** Makes the object of a stream's last line that of its next. */
function startAnew(line: SourceLine): void {
  line.index = -1;
  line.returned = false;
  line.marked = false;
  line.skipping = 'nothing';
  line.heads = null;
  line.held = NO_BYTES;
  line.heldText = 0;
}

/** At the beginning of a log. */
export function createReading(): Reading {
  return {
    lines: createLines(),
    sections: createSections(),
    style: PLAIN_STYLE,
    line: newSourceLine(),
    streams: new Map(),
    timed: null,
    atLineStart: true,
    carry: NO_BYTES,
    ended: false,
  };
}

/** Begins the line at offset `source` of the log; `header` is null where it has none. */
export function beginSourceLine(reading: Reading, source: number, header: TimeHeader | null): void {
  const { lines, streams } = reading;
  reading.atLineStart = false;
  const stream = header?.stream ?? NO_STREAM;
  const line = streams.get(stream) ?? newSourceLine();
  streams.set(stream, line);
  if (header?.continues !== true) startAnew(line);
  const stamp = header && { time: header.time, isError: header.isError };
  line.stamp = stamp;
  reading.line = line;
  if (line.index < 0) {
    beginLine(lines, source, stamp);
  } else {
    reopenLine(lines, line.index);
    unwrite(lines, line.heldText);
    if (line.heldText > 0) line.returned = false;
    if (line.heads !== null && !isVisible(lines)) line.heads.header = null;
  }
  reading.carry = line.held;
  line.held = NO_BYTES;
  line.heldText = 0;
}

/** Takes the last bytes of a line, `bytes[from]` to `bytes[to - 1]`: an escape or a mark without its end, or none. */
export function addUnfinished(reading: Reading, bytes: Uint8Array, from: number, to: number): void {
  const { line } = reading;
  if (from === to) return;
  line.held = bytes.slice(from, to);
  if (bytes[from] === ESC) return;
  const carriageReturn = line.held.indexOf(CR);
  line.heldText = carriageReturn < 0 ? to - from : carriageReturn;
  addText(reading, line.held, 0, line.heldText);
  if (carriageReturn >= 0) line.returned = true;
}

/** Ends the line. Where it has neither text nor a mark it is an empty line. */
export function endSourceLine(reading: Reading): void {
  const { line, lines } = reading;
  if (isVisible(lines) || !line.marked) commitOpenLine(reading);
  else line.index = -1;
  reading.atLineStart = true;
}

/** Ends the last line, which has no line feed: where it has no text it is none. */
export function endLastLine(reading: Reading): void {
  if (!reading.atLineStart && isVisible(reading.lines)) commitOpenLine(reading);
  reading.atLineStart = true;
}

/** Puts text into the open line, in place of what is there if a carriage return was read. */
export function addText(reading: Reading, bytes: Uint8Array, from: number, to: number): void {
  if (reading.line.returned) eraseLine(reading);
  writeText(reading.lines, bytes, from, to, reading.style);
}

function eraseLine({ line, lines }: Reading): void {
  line.returned = false;
  if (line.heads !== null) line.heads.header = null;
  clearLine(lines);
}

const isLongerThanHeader = ({ open, text }: Lines) => text.length - open.start > MAX_HEADER;

/** Takes the header from a line that is still open, if it has all that can be in one: its beginning may be forgotten. */
export function takeLongHeader({ line, lines }: Reading): void {
  const { heads } = line;
  const isNew = lines.open.index < 0 && heads?.header === null;
  if (isNew && isLongerThanHeader(lines)) heads.header = headerText(lines);
}

/** Gives the open line its place. A piece that is added to a line after others have come does not change a header. */
function commitOpenLine({ line, lines }: Reading): void {
  const { heads } = line;
  const isKnown = heads === null || (heads.header !== null && isLongerThanHeader(lines));
  if (!isKnown && lines.open.index < 0) heads.header = headerText(lines);
  line.index = commitLine(lines);
}

/** Opens or closes a section, at offset `source` of the log. What the line has so far becomes a line of its own. */
export function applyMark(reading: Reading, mark: Mark, source: number): void {
  const { line, lines, sections } = reading;
  line.marked = true;
  const closing = mark.kind === 'end' ? sections.open.get(mark.name) : null;
  if (closing === undefined) return;
  if (isVisible(lines)) {
    commitOpenLine(reading);
    beginLine(lines, source, line.stamp);
  }
  line.index = -1;
  line.returned = false;
  line.heads = null;
  const count = countLines(lines);
  if (closing === null) line.heads = openSection(sections, mark, count + 1);
  else closeSection(sections, closing, mark.seconds, count);
  change(lines.sections, count, sections.innermost?.section.name ?? null);
}

/** Does what the escape from `at` to `end` asks for: SGR and erase-line (`ESC [ … K`); all others do nothing. */
export function applyEscape(reading: Reading, bytes: Uint8Array, at: number, end: number): void {
  const final = finalOf(bytes, at, end);
  if (final === 0x6d) reading.style = applySgr(reading.style, bytes, at + 2, end - 1);
  if (final !== 0x4b || end - at > 4) return;
  const parameter = end - at === 3 ? 0 : (bytes[at + 2] as number) - 0x30;
  // The cursor is at the end, or at the start after a carriage return: 0 erases what follows it, 1 what lies before.
  const erases = reading.line.returned ? parameter === 0 : parameter === 1;
  if (erases || parameter === 2) eraseLine(reading);
}
