import { Buffer } from 'node:buffer';
import { asciiBytes, CR, LF, mismatch, NEED_MORE, readWord } from './escape.ts';

/**
 * The time header that a runner with `FF_TIMESTAMPS` writes before each line (upstream.md §7).
 * Example: `2024-05-22T12:12:46.962646Z 01O+`. Its parts are:
 * - the time
 * - the number of the stream: `01`
 * - `O` for standard output, or `E` for standard error
 * - `+` if the line continues the previous line of the stream, otherwise a space
 */
export interface TimeHeader {
  /** Microseconds since 1970. */
  readonly time: number;
  /**
   * Identifies the stream. It combines the number of the stream and whether it is standard error.
   */
  readonly stream: number;
  readonly isError: boolean;
  readonly continues: boolean;
}

const HEADER_BYTES = 32;

/**
 * The form of a time header. `0` stands for a digit, `h` for a hexadecimal digit, `s` for `O` or
 * `E`, and `f` for `+` or a space. Other characters are literal.
 */
const FORM = asciiBytes('0000-00-00T00:00:00.000000Z hhsf');
const DIGIT = 0x30;
const STDERR = 0x45;
const STDOUT = 0x4f;
const PLUS = 0x2b;
const SPACE = 0x20;

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

function fits(form: number, byte: number): boolean {
  if (form === DIGIT) return isDigit(byte);
  if (form === 0x68) return isDigit(byte) || (byte >= 0x61 && byte <= 0x66);
  if (form === 0x73) return byte === STDOUT || byte === STDERR;
  return form === 0x66 ? byte === PLUS || byte === SPACE : byte === form;
}

/** Has 1 at index `k * 256 + byte` if a time header may have this byte at position `k`. */
const FITS = Uint8Array.from({ length: HEADER_BYTES * 256 }, (_, at) =>
  Number(fits(FORM[at >>> 8] as number, at & 0xff)),
);

function numberAt(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let k = at; k < at + count; k += 1) value = value * 10 + (bytes[k] as number) - DIGIT;
  return value;
}

/**
 * A cache of the latest day, because most lines have the same day. `date` is the number YYYYMMDD,
 * `seconds` is its Unix time.
 */
let latestDay = { date: 19_700_101, seconds: 0 };

/** Parses the time at index `at`. Returns microseconds since 1970, or null if it is invalid. */
function timeAt(bytes: Uint8Array, at: number): number | null {
  const month = numberAt(bytes, at + 5, 2);
  const day = numberAt(bytes, at + 8, 2);
  const hour = numberAt(bytes, at + 11, 2);
  const minute = numberAt(bytes, at + 14, 2);
  const second = numberAt(bytes, at + 17, 2);
  const year = numberAt(bytes, at, 4);
  if (hour > 23 || minute > 59 || second > 59 || year < 1970) return null;
  const date = (year * 100 + month) * 100 + day;
  if (date !== latestDay.date) {
    const start = new Date(Date.UTC(year, month - 1, day));
    // `Date` takes April 31 as May 1.
    if (start.getUTCMonth() !== month - 1 || start.getUTCDate() !== day) return null;
    latestDay = { date, seconds: start.getTime() / 1000 };
  }
  const seconds = latestDay.seconds + (hour * 60 + minute) * 60 + second;
  return seconds * 1e6 + numberAt(bytes, at + 20, 6);
}

/**
 * Returns the index after the time header at `at`; NO_MATCH, LINE_END or NEED_MORE if there is no
 * complete time header. Checks only the form: the time may be invalid, such as `99:99:99`.
 */
export function headerEnd(bytes: Uint8Array, at: number): number {
  for (let k = 0; k < HEADER_BYTES; k += 1) {
    // Without this check, the index would be NaN for a missing byte, and V8 would then read FITS
    // slowly.
    if (at + k >= bytes.length) return NEED_MORE;
    if (FITS[k * 256 + (bytes[at + k] as number)] !== 1) return mismatch(bytes, at + k);
  }
  return at + HEADER_BYTES;
}

/**
 * Parses the time header at `at`, which `headerEnd` must have matched. Null if its time is invalid.
 */
export function parseHeader(bytes: Uint8Array, at: number): TimeHeader | null {
  const time = timeAt(bytes, at);
  if (time === null) return null;
  const hex = (byte: number) => (isDigit(byte) ? byte - DIGIT : byte - 0x57);
  const number = hex(bytes[at + 28] as number) * 16 + hex(bytes[at + 29] as number);
  const isError = bytes[at + 30] === STDERR;
  return {
    time,
    stream: number * 2 + Number(isError),
    isError,
    continues: bytes[at + 31] === PLUS,
  };
}

/** A cache of the latest formatted second, because many lines often have the same second. */
let latest = { seconds: 0, text: '1970-01-01T00:00:00' };

/** Formats microseconds as ISO 8601 with six decimals. */
export function isoTime(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  if (seconds !== latest.seconds) {
    latest = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, 19) };
  }
  return `${latest.text}.${String(micros - seconds * 1e6).padStart(6, '0')}Z`;
}

/**
 * A section mark: `section_start:<unix seconds>:<name>[option=value,…]` or `section_end:…`,
 * followed by `\r ESC [0K` (upstream.md §7). An incomplete mark is ordinary text.
 */
export interface Mark {
  readonly kind: 'start' | 'end';
  readonly name: string;
  readonly unixSeconds: number;
  readonly collapsed: boolean;
  /**
   * Whether a line feed precedes the mark's final `ESC [0K` (see `readCloser`). If so, GitLab's log
   * page shows the mark as a line of text.
   */
  readonly hasLineFeed: boolean;
}

/** Maximum length of a mark's name, and of its option list, in bytes. */
const MAX_NAME = 255;
/** Maximum number of digits of a mark's time. */
const MAX_DIGITS = 15;

const SECTION = asciiBytes('section_');
const START = asciiBytes('start:');
const END = asciiBytes('end:');
const CLOSER = asciiBytes('\x1b[0K');
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;

const isLetter = (byte: number) => (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
/** Returns whether a byte may be part of a section name: a letter, a digit, `_`, `.` or `-`. */
const isNameByte = (byte: number) =>
  isDigit(byte) || byte === 0x5f || isLetter(byte) || byte === 0x2e || byte === 0x2d;
/**
 * Returns whether a byte may be part of a mark's options: `word=word`, separated by commas and
 * spaces.
 */
const isOptionByte = (byte: number) =>
  isNameByte(byte) || byte === 0x3d || byte === 0x2c || byte === 0x20;

/**
 * Returns the index after the accepted bytes at `at`, at most `most` of them. If there is none,
 * returns the result of `mismatch`. At the end of the input, returns NEED_MORE, because more may
 * follow.
 */
function readSome(
  bytes: Uint8Array,
  at: number,
  accepts: (byte: number) => boolean,
  most: number,
): number {
  let end = at;
  while (end - at < most && end < bytes.length && accepts(bytes[end] as number)) end += 1;
  return end > at && end < bytes.length ? end : mismatch(bytes, end);
}

function readOptions(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== OPEN) return at;
  const end = readSome(bytes, at + 1, isOptionByte, MAX_NAME);
  return end >= 0 && bytes[end] !== CLOSE ? mismatch(bytes, end) : end + Number(end >= 0);
}

/**
 * Matches the end of a mark: `\r ESC [0K`. With `lenient`, also accepts `\n` or `\r\n` in place of
 * `\r`, because some tools convert carriage returns to line feeds.
 */
function readCloser(bytes: Uint8Array, at: number, lenient: boolean): number {
  let end = at;
  if (bytes[end] === CR) end += 1;
  if (lenient && bytes[end] === LF) end += 1;
  if (end === at) return mismatch(bytes, at);
  return readWord(bytes, end, CLOSER);
}

/**
 * Returns the index after the section mark at `at`; NO_MATCH, LINE_END or NEED_MORE if there is no
 * complete mark. With `lenient`, accepts a line feed in place of the carriage return (see
 * `readCloser`).
 */
export function markEnd(bytes: Uint8Array, at: number, lenient: boolean): number {
  const kind = readWord(bytes, at, SECTION);
  if (kind < 0) return kind;
  const time = readWord(bytes, kind, bytes[kind] === START[0] ? START : END);
  if (time < 0) return time;
  const colon = readSome(bytes, time, isDigit, MAX_DIGITS);
  if (colon < 0) return colon;
  if (bytes[colon] !== COLON) return mismatch(bytes, colon);
  const options = readSome(bytes, colon + 1, isNameByte, MAX_NAME);
  if (options < 0) return options;
  const closer = readOptions(bytes, options);
  return closer < 0 ? closer : readCloser(bytes, closer, lenient);
}

const asText = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');

/** Parses the section mark from `at` to `end`, which `markEnd` must have matched. */
export function parseMark(bytes: Uint8Array, at: number, end: number): Mark {
  const isStart = bytes[at + SECTION.length] === START[0];
  const time = at + SECTION.length + (isStart ? START : END).length;
  const colon = bytes.indexOf(COLON, time);
  const nameEnd = readSome(bytes, colon + 1, isNameByte, MAX_NAME);
  const close = bytes[nameEnd] === OPEN ? bytes.indexOf(CLOSE, nameEnd) : nameEnd;
  const options = close > nameEnd ? asText(bytes, nameEnd + 1, close).split(',') : [];
  return {
    kind: isStart ? 'start' : 'end',
    name: asText(bytes, colon + 1, nameEnd),
    unixSeconds: numberAt(bytes, time, colon - time),
    collapsed: options.some((option) => option.trim() === 'collapsed=true'),
    hasLineFeed: bytes[end - CLOSER.length - 1] === LF,
  };
}
