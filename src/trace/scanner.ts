/** Finds the parts of a log in its bytes, in one pass, wherever the bytes were cut on their way. */
import {
  CR,
  CUT,
  ESC,
  escapeEnd,
  isOverlong,
  LF,
  MORE,
  NONE,
  opensString,
  passSequence,
  passString,
} from './escape.ts';
import {
  addText,
  addUnfinished,
  applyEscape,
  applyMark,
  beginSourceLine,
  endSourceLine,
  type Reading,
} from './log-state.ts';
import { HEADER_LENGTH, headerEnd, markEnd, parseHeader, parseMark } from './mark.ts';

/** Bytes that are joined to carried ones at a time: enough for most marks, headers and control sequences. */
const LOOK_AHEAD = 64;

const NO_BYTES = new Uint8Array(0);

/** Kinds of bytes; ESC, CR and LF stand for themselves. */
const TEXT = 0;
const LETTER_S = 1;
const CONTROL = 2;

const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === ESC || byte === CR || byte === LF) return byte;
  if (byte === 0x73) return LETTER_S;
  return (byte < 0x20 && byte !== 0x09) || byte === 0x7f ? CONTROL : TEXT;
});

const LETTER_E = 0x65;
const LETTER_C = 0x63;

/** Most words with an s are no mark: two more letters tell, or a line's end, after which the mark might go on. */
function mayBeginMark(bytes: Uint8Array, at: number): boolean {
  const second = bytes[at + 1] ?? LF;
  if (second !== LETTER_E) return second === LF;
  const third = bytes[at + 2] ?? LF;
  return third === LETTER_C || third === LF;
}

/** Where the text that begins at `from` ends: at a byte of another kind, or where a mark may begin. */
function textEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at += 1) {
    const kind = KINDS[bytes[at] as number];
    if (kind !== TEXT && (kind !== LETTER_S || mayBeginMark(bytes, at))) break;
  }
  return at;
}

function scanText(reading: Reading, bytes: Uint8Array, at: number): number {
  const end = textEnd(bytes, at);
  addText(reading, bytes, at, end);
  return end;
}

function scanMark(reading: Reading, bytes: Uint8Array, at: number, base: number): number {
  const end = markEnd(bytes, at, reading.timed !== true);
  if (end >= 0) applyMark(reading, parseMark(bytes, at), base + at);
  if (end !== NONE) return end;
  const next = textEnd(bytes, at + 1);
  addText(reading, bytes, at, next);
  return next;
}

function scanEscape(reading: Reading, bytes: Uint8Array, at: number): number {
  const end = escapeEnd(bytes, at);
  if (end < 0) return end;
  if (opensString(bytes, at)) reading.line.skipping = 'string';
  else if (isOverlong(bytes, at, end)) reading.line.skipping = 'sequence';
  else applyEscape(reading, bytes, at, end);
  return end;
}

/** Passes over the rest of a string or of an overlong sequence; a line feed ends both. */
function skip(reading: Reading, bytes: Uint8Array, at: number): number {
  if (bytes[at] === LF) return CUT;
  const isString = reading.line.skipping === 'string';
  const passed = isString ? passString(bytes, at) : passSequence(bytes, at);
  if (passed === MORE) return MORE;
  if (passed.done) reading.line.skipping = 'nothing';
  return passed.at;
}

function scanLineStart(reading: Reading, bytes: Uint8Array, at: number, base: number): number {
  const end = reading.timed === false ? NONE : headerEnd(bytes, at);
  if (end === MORE && !reading.ended) return MORE;
  reading.timed ??= end >= 0;
  beginSourceLine(reading, base + at, end >= 0 ? parseHeader(bytes, at) : null);
  return end >= 0 ? at + HEADER_LENGTH : at;
}

/** Reads what stands at `at`: the index after it, CUT or MORE. */
function scanPart(reading: Reading, bytes: Uint8Array, at: number, base: number): number {
  if (reading.atLineStart) return scanLineStart(reading, bytes, at, base);
  if (reading.line.skipping !== 'nothing') return skip(reading, bytes, at);
  switch (KINDS[bytes[at] as number]) {
    case TEXT:
      return scanText(reading, bytes, at);
    case LETTER_S:
      return scanMark(reading, bytes, at, base);
    case ESC:
      return scanEscape(reading, bytes, at);
    case LF:
      return CUT;
    case CR:
      reading.line.returned = true;
      return at + 1;
    default:
      return at + 1;
  }
}

/** Ends the line whose last part, at `at`, has no end: the index after the line feed, or after all where there is none. */
function endLine(reading: Reading, bytes: Uint8Array, at: number): number {
  const lineFeed = bytes.indexOf(LF, at);
  const end = lineFeed < 0 ? bytes.length : lineFeed;
  addUnfinished(reading, bytes, at, end);
  if (lineFeed < 0) return end;
  endSourceLine(reading);
  return end + 1;
}

/** Reads from `from` on; `base` is the offset of `bytes[0]` in the log. Answers where it had to stop. */
function scan(reading: Reading, bytes: Uint8Array, from: number, base: number): number {
  let at = from;
  while (at < bytes.length) {
    const next = scanPart(reading, bytes, at, base);
    if (next === MORE && !reading.ended) return at;
    at = next < 0 ? endLine(reading, bytes, at) : next;
    if (reading.carry.length > 0) return at;
  }
  return at;
}

/** Reads the carried bytes with some of those from `from` on. Answers where in `bytes` to go on. */
function scanCarry(reading: Reading, bytes: Uint8Array, from: number, offset: number): number {
  const { carry } = reading;
  const ahead = Math.min(bytes.length, from + LOOK_AHEAD);
  const joined = new Uint8Array(carry.length + ahead - from);
  joined.set(carry);
  joined.set(bytes.subarray(from, ahead), carry.length);
  reading.carry = NO_BYTES;
  const stop = scan(reading, joined, 0, offset + from - carry.length);
  if (stop >= carry.length) return from + stop - carry.length;
  reading.carry = joined.slice(stop);
  return ahead;
}

/** Reads the next bytes of a log; those before had `offset` bytes. */
export function scanBytes(reading: Reading, bytes: Uint8Array, offset: number): void {
  let at = 0;
  while (at < bytes.length || (reading.ended && reading.carry.length > 0)) {
    if (reading.carry.length > 0) {
      at = scanCarry(reading, bytes, at, offset);
    } else {
      at = scan(reading, bytes, at, offset);
      const isContinued = reading.carry.length > 0;
      if (isContinued || at === bytes.length) continue;
      reading.carry = bytes.slice(at);
      return;
    }
  }
}
