/*
 * Splits the bytes of a log into tokens in one pass. The result does not depend on how the log is
 * split into chunks.
 */
import {
  BRACKET,
  CR,
  ESC,
  escapeEnd,
  isOverlong,
  LF,
  LINE_END,
  NEED_MORE,
  NO_MATCH,
  skipSequence,
  skipString,
} from './escape.ts';
import {
  addText,
  addUnfinished,
  applyMark,
  applySequence,
  applyShortEscape,
  beginSourceLine,
  endSourceLine,
  type LogState,
  moveBack,
  returnCarriage,
} from './log-state.ts';
import { headerEnd, markEnd, parseHeader, parseMark } from './mark.ts';
import { addStringToPage, addTextToPage } from './page-numbers.ts';

/**
 * Number of bytes of the next chunk that are added to an incomplete token before the token is
 * parsed again. This is repeated until the token is complete. For most tokens, once is enough.
 */
const LOOK_AHEAD = 64;

const NO_BYTES = new Uint8Array(0);

/**
 * Kinds of bytes. ESC, CR, LF and BACKSPACE are further kinds; the number of each is the byte
 * itself.
 */
const TEXT = 0;
const LETTER_S = 1;
const CONTROL = 2;
const BACKSPACE = 0x08;

const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === ESC || byte === CR || byte === LF || byte === BACKSPACE) return byte;
  if (byte === 0x73) return LETTER_S;
  return (byte < 0x20 && byte !== 0x09) || byte === 0x7f ? CONTROL : TEXT;
});

const LETTER_E = 0x65;
const LETTER_C = 0x63;

/**
 * Returns whether the `s` at `at` may begin a section mark (`section_start:…` or `section_end:…`),
 * judged by the two bytes after it. The end of the input or of the line counts as a match, because
 * later bytes may complete the mark.
 */
function mayBeginMark(bytes: Uint8Array, at: number): boolean {
  const second = bytes[at + 1] ?? LF;
  if (second !== LETTER_E) return second === LF;
  const third = bytes[at + 2] ?? LF;
  return third === LETTER_C || third === LF;
}

/**
 * Returns the end of the text that begins at `from`: the index of the next byte that is not text,
 * or of a possible section mark.
 */
function textEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at += 1) {
    const kind = KINDS[bytes[at] as number];
    if (kind !== TEXT && (kind !== LETTER_S || mayBeginMark(bytes, at))) break;
  }
  return at;
}

/** Reads the text at `at`. The byte at `at` is known to be text. */
function scanText(state: LogState, bytes: Uint8Array, at: number): number {
  const end = textEnd(bytes, at + 1);
  addText(state, bytes, at, end);
  return end;
}

function scanMark(state: LogState, bytes: Uint8Array, at: number, base: number): number {
  const end = markEnd(bytes, at, state.timed !== true);
  if (end >= 0) applyMark(state, parseMark(bytes, at, end), base + at);
  // An incomplete mark at the end of a line is text, unless a later line may complete it. Only
  // lines with time headers can be continued.
  const isText = end === NO_MATCH || (end === LINE_END && state.timed === false);
  return isText ? scanText(state, bytes, at) : end;
}

function scanEscape(state: LogState, bytes: Uint8Array, at: number): number {
  const end = escapeEnd(bytes, at);
  if (end < 0) return end;
  const second = bytes[at + 1] as number;
  if (second !== BRACKET) {
    applyShortEscape(state, second);
  } else if (isOverlong(bytes, at, end)) {
    state.line.skipping = 'sequence';
  } else {
    applySequence(state, bytes, at, end);
  }
  return end;
}

/**
 * Skips the rest of an escape's string, such as the title in `ESC ] 0;title BEL`, or of an overlong
 * control sequence. Returns the index after the skipped bytes, or LINE_END or NEED_MORE.
 */
function skip(state: LogState, bytes: Uint8Array, at: number): number {
  if (bytes[at] === LF) return LINE_END;
  const isString = state.line.skipping === 'string';
  const skipped = isString ? skipString(bytes, at) : skipSequence(bytes, at);
  if (skipped === NEED_MORE) return NEED_MORE;
  if (isString) addStringToPage(state.page, bytes, at, skipped.at);
  if (skipped.done) state.line.skipping = 'nothing';
  return skipped.at;
}

function scanLineStart(state: LogState, bytes: Uint8Array, at: number, base: number): number {
  const end = state.timed === false ? NO_MATCH : headerEnd(bytes, at);
  if (end === NEED_MORE && !state.ended) return NEED_MORE;
  const header = end >= 0 ? parseHeader(bytes, at) : null;
  state.timed ??= header !== null;
  beginSourceLine(state, base + at, header);
  return header === null ? at : end;
}

/** Reads the token at `at`. Returns the index after it, or LINE_END or NEED_MORE. */
function scanToken(state: LogState, bytes: Uint8Array, at: number, base: number): number {
  if (state.atLineStart) return scanLineStart(state, bytes, at, base);
  if (state.line.skipping !== 'nothing') return skip(state, bytes, at);
  switch (KINDS[bytes[at] as number]) {
    case TEXT:
      return scanText(state, bytes, at);
    case LETTER_S:
      return scanMark(state, bytes, at, base);
    case ESC:
      return scanEscape(state, bytes, at);
    case LF:
      endSourceLine(state);
      return at + 1;
    case CR:
      returnCarriage(state);
      return at + 1;
    case BACKSPACE:
      moveBack(state);
      return at + 1;
    default:
      addTextToPage(state.page);
      return at + 1;
  }
}

/**
 * Ends a line whose last token, at `at`, is incomplete. Returns the index after the line feed; the
 * end of `bytes` if there is none.
 */
function endLine(state: LogState, bytes: Uint8Array, at: number): number {
  const lineFeed = bytes.indexOf(LF, at);
  const end = lineFeed < 0 ? bytes.length : lineFeed;
  addUnfinished(state, bytes, at, end);
  if (lineFeed < 0) return end;
  endSourceLine(state);
  return end + 1;
}

/**
 * Reads tokens until more bytes are needed. Returns the index after the last token that was read.
 * `base` is the offset of `bytes[0]` in the log.
 */
function scan(state: LogState, bytes: Uint8Array, from: number, base: number): number {
  let at = from;
  while (at < bytes.length) {
    const next = scanToken(state, bytes, at, base);
    if (next === NEED_MORE && !state.ended) return at;
    at = next < 0 ? endLine(state, bytes, at) : next;
    // If the line continues an earlier line, `carry` now contains the pending bytes of that line.
    // They are parsed first.
    if (state.carry.length > 0) return at;
  }
  return at;
}

/**
 * Reads the bytes of `state.carry`, which must be parsed first, together with some of the bytes
 * from index `from` on. Returns the index in `bytes` at which to continue.
 */
function scanCarry(state: LogState, bytes: Uint8Array, from: number, offset: number): number {
  const { carry } = state;
  const ahead = Math.min(bytes.length, from + LOOK_AHEAD);
  const joined = new Uint8Array(carry.length + ahead - from);
  joined.set(carry);
  joined.set(bytes.subarray(from, ahead), carry.length);
  state.carry = NO_BYTES;
  const stop = scan(state, joined, 0, offset + from - carry.length);
  if (stop >= carry.length) return from + stop - carry.length;
  state.carry = joined.slice(stop);
  return ahead;
}

/**
 * Parses the next bytes of a log. Does not keep a reference to them. `offset` is the offset of
 * `chunk[0]` in the log.
 */
export function scanBytes(state: LogState, chunk: Uint8Array, offset: number): void {
  // A Buffer is converted because its methods are slower, and because its `slice` does not copy.
  const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
  let at = 0;
  while (at < bytes.length || (state.ended && state.carry.length > 0)) {
    if (state.carry.length > 0) {
      at = scanCarry(state, bytes, at, offset);
    } else {
      at = scan(state, bytes, at, offset);
      const isContinued = state.carry.length > 0;
      if (isContinued || at === bytes.length) continue;
      state.carry = bytes.slice(at);
      return;
    }
  }
}
