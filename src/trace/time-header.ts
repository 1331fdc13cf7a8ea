/**
 * The 32 bytes that a runner with `FF_TIMESTAMPS` puts before every line (upstream.md §7):
 * `2024-05-22T12:12:46.962646Z 01O+`, which is the time, the stream's number, `O` or `E` for standard output or error,
 * and `+` where the text continues that stream's previous line.
 */
import { lacking, NONE } from './token.ts';

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
