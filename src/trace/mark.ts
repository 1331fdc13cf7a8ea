import { CR, LF, lacking, NONE, readWord, wordOf } from './escape.ts';

/**
 * The 32 bytes that a runner with `FF_TIMESTAMPS` puts before every line (upstream.md §7):
 * `2024-05-22T12:12:46.962646Z 01O+`, which is the time, the stream's number, `O` or `E` for standard output or error,
 * and `+` where the text continues that stream's previous line.
 */

/** A header's content. */
export interface TimeHeader {
  /** Microseconds since 1970. */
  readonly time: number;
  /** Number and kind of the stream in one number, to tell streams apart. */
  readonly stream: number;
  readonly isError: boolean;
  readonly continues: boolean;
}

/** The header's length in bytes. */
export const HEADER_LENGTH = 32;

/** What stands where: `0` a digit, `h` a hexadecimal one, `s` the stream's kind, `f` the flag, all else itself. */
const FORM = Array.from('0000-00-00T00:00:00.000000Z hhsf', (letter) => letter.charCodeAt(0));
const DIGIT = 0x30;
const STDERR = 0x45;
const STDOUT = 0x4f;
const PLUS = 0x2b;
const SPACE = 0x20;
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

function fits(form: number, byte: number): boolean {
  if (form === DIGIT) return isDigit(byte);
  if (form === 0x68) return isDigit(byte) || (byte >= 0x61 && byte <= 0x66);
  if (form === 0x73) return byte === STDOUT || byte === STDERR;
  return form === 0x66 ? byte === PLUS || byte === SPACE : byte === form;
}

/** The decimal number of `count` digits. */
function numberAt(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let k = at; k < at + count; k += 1) value = value * 10 + (bytes[k] as number) - DIGIT;
  return value;
}

/** Microseconds since 1970, or null where the digits name no time. */
function timeAt(bytes: Uint8Array, at: number): number | null {
  const month = numberAt(bytes, at + 5, 2);
  const day = numberAt(bytes, at + 8, 2);
  const hour = numberAt(bytes, at + 11, 2);
  const minute = numberAt(bytes, at + 14, 2);
  const second = numberAt(bytes, at + 17, 2);
  const isTime = hour < 24 && minute < 60 && second < 60;
  if (!isTime || day < 1 || day > (MONTH_DAYS[month - 1] ?? 0)) return null;
  const year = numberAt(bytes, at, 4);
  if (year < 1970) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second) * 1000 + numberAt(bytes, at + 20, 6);
}

/** The index after the header at `at`, NONE, CUT or MORE; NONE already at the first byte that does not fit. */
export function headerEnd(bytes: Uint8Array, at: number): number {
  for (let k = 0; k < HEADER_LENGTH; k += 1) {
    const byte = bytes[at + k];
    if (byte === undefined || !fits(FORM[k] as number, byte)) return lacking(bytes, at + k);
  }
  return timeAt(bytes, at) === null ? NONE : at + HEADER_LENGTH;
}

/** The content of the header at `at`, which `headerEnd` has found. */
export function parseHeader(bytes: Uint8Array, at: number): TimeHeader {
  const hex = (byte: number) => (isDigit(byte) ? byte - DIGIT : byte - 0x57);
  const number = hex(bytes[at + 28] as number) * 16 + hex(bytes[at + 29] as number);
  const isError = bytes[at + 30] === STDERR;
  return {
    time: timeAt(bytes, at) ?? 0,
    stream: number * 2 + Number(isError),
    isError,
    continues: bytes[at + 31] === PLUS,
  };
}

/** A header's time as ISO 8601 with its six decimals. */
export function isoTime(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  const fraction = String(micros - seconds * 1e6).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/**
 * Section marks: `section_start:<unix seconds>:<name>[option=value,…]` or `section_end:…`, closed by `\r ESC [0K`
 * (upstream.md §7). Anything that misses a part is ordinary text.
 */

/** A mark's content. */
export interface Mark {
  readonly kind: 'start' | 'end';
  readonly name: string;
  /** Unix time in seconds. */
  readonly seconds: number;
  readonly collapsed: boolean;
  readonly hideDuration: boolean;
}

/** Longest name and longest option list, in bytes; a longer one makes no mark. */
const MAX_NAME = 255;
/** More digits are no time. */
const MAX_DIGITS = 15;

const SECTION = wordOf('section_');
const START = wordOf('start:');
const END = wordOf('end:');
const CLOSER = wordOf('\x1b[0K');
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;

function isWord(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f || isLower(byte);
}

const isLower = (byte: number) => byte >= 0x61 && byte <= 0x7a;
const isNameByte = (byte: number) => isWord(byte) || byte === 0x2e || byte === 0x2d;
/** Options are `word=word`, with commas and spaces between. */
const isOptionByte = (byte: number) =>
  isNameByte(byte) || byte === 0x3d || byte === 0x2c || byte === 0x20;

/** One to `most` bytes of a kind. */
function readSome(
  bytes: Uint8Array,
  at: number,
  accepts: (byte: number) => boolean,
  most: number,
): number {
  let end = at;
  while (end - at < most && end < bytes.length && accepts(bytes[end] as number)) end += 1;
  return end > at && end < bytes.length ? end : lacking(bytes, end);
}

function readOptions(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== OPEN) return at;
  const end = readSome(bytes, at + 1, isOptionByte, MAX_NAME);
  return end >= 0 && bytes[end] !== CLOSE ? lacking(bytes, end) : end + Number(end >= 0);
}

/**
 * `\r ESC [0K`. With `lenient` also `\n ESC [0K` and `\r\n ESC [0K`, which is what is left of it when a log went through
 * a tool that turns carriage returns into line ends.
 */
function readCloser(bytes: Uint8Array, at: number, lenient: boolean): number {
  let end = at;
  if (bytes[end] === CR) end += 1;
  if (lenient && bytes[end] === LF) end += 1;
  if (end === at) return lacking(bytes, at);
  return readWord(bytes, end, CLOSER);
}

/**
 * The index after the mark that begins at `at`, NONE, CUT or MORE.
 * @param lenient also takes a mark whose carriage return was made a line end.
 */
export function markEnd(bytes: Uint8Array, at: number, lenient: boolean): number {
  const kind = readWord(bytes, at, SECTION);
  if (kind < 0) return kind;
  const time = readWord(bytes, kind, bytes[kind] === START[0] ? START : END);
  if (time < 0) return time;
  const colon = readSome(bytes, time, isDigit, MAX_DIGITS);
  if (colon < 0) return colon;
  if (bytes[colon] !== COLON) return lacking(bytes, colon);
  const options = readSome(bytes, colon + 1, isNameByte, MAX_NAME);
  if (options < 0) return options;
  const closer = readOptions(bytes, options);
  return closer < 0 ? closer : readCloser(bytes, closer, lenient);
}

const asText = (bytes: Uint8Array, from: number, to: number) =>
  String.fromCharCode(...bytes.subarray(from, to));

/** The content of the mark at `at`, which `markEnd` has found. */
export function parseMark(bytes: Uint8Array, at: number): Mark {
  const isStart = bytes[at + SECTION.length] === START[0];
  const time = at + SECTION.length + (isStart ? START : END).length;
  const colon = bytes.indexOf(COLON, time);
  const nameEnd = readSome(bytes, colon + 1, isNameByte, MAX_NAME);
  const close = bytes[nameEnd] === OPEN ? bytes.indexOf(CLOSE, nameEnd) : nameEnd;
  const options = close > nameEnd ? asText(bytes, nameEnd + 1, close).split(',') : [];
  const has = (option: string) => options.some((given) => given.trim() === option);
  return {
    kind: isStart ? 'start' : 'end',
    name: asText(bytes, colon + 1, nameEnd),
    seconds: Number(asText(bytes, time, colon)),
    collapsed: has('collapsed=true'),
    hideDuration: has('hide_duration=true'),
  };
}
