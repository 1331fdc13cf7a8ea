/**
 * Section marks: `section_start:<unix seconds>:<name>[option=value,…]` or `section_end:…`, closed by `\r ESC [0K`
 * (upstream.md §7). Anything that misses a part is ordinary text.
 */
import { CR, LF, lacking, readWord, wordOf } from './token.ts';

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

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

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
