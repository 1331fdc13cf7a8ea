/*
 * Parses JSON so that whole numbers keep all their digits. GitLab's ids have 64 bits, but
 * `JSON.parse` reads numbers as doubles, which are exact up to 2^53 only. So large numbers are put
 * into quotes before parsing. A reviver is no alternative: it gets the digits of a number only from
 * Node 22 on, and takes longer than the parsing.
 */

/** Minimum digits of a whole number that a double may not represent exactly. */
const LARGE_DIGITS = 16;

const isDigit = (code: number) => code >= 0x30 && code <= 0x39;

/**
 * Whether a character may stand before a number in an object or a list: `:`, `,`, `[` or white
 * space.
 */
const isBeforeValue = (code: number) =>
  code === 0x3a || code === 0x2c || code === 0x5b || (code <= 0x20 && code >= 0x09);

/**
 * Returns whether a whole number of 16 digits or more may occur in an object or a list. Checks only
 * every 16th character, because 16 digits in a row include one of these. Digits in a hexadecimal
 * hash do not count: unlike a number, they follow a quote or a letter.
 */
function mayHaveLargeInteger(json: string): boolean {
  for (let index = LARGE_DIGITS; index < json.length; index += LARGE_DIGITS) {
    if (!isDigit(json.charCodeAt(index))) continue;
    const [start, end] = digitsAround(json, index);
    if (end - start >= LARGE_DIGITS && isValueStart(json, start)) return true;
    index = end - 1;
  }
  return false;
}

/**
 * Returns where the digits around an index begin and end; the end is the index after the last one.
 */
function digitsAround(json: string, index: number): [start: number, end: number] {
  let [start, end] = [index, index + 1];
  while (isDigit(json.charCodeAt(start - 1))) start -= 1;
  while (isDigit(json.charCodeAt(end))) end += 1;
  return [start, end];
}

/**
 * Whether a value may begin with the digits at `start`, or with a minus sign before them. False for
 * digits inside a value, such as those after a decimal point.
 */
function isValueStart(json: string, start: number): boolean {
  const sign = json.charCodeAt(start - 1) === 0x2d ? 1 : 0;
  return isBeforeValue(json.charCodeAt(start - 1 - sign));
}

/** A whole number of 16 digits or more, or a part of a string that looks like one. */
const LARGE_INTEGER = /(?<![\d.eE+-])-?[1-9]\d{15,}(?![\d.eE])/g;

/** Returns the index after the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let first = end;
    while (json.charCodeAt(first - 1) === 0x5c) first -= 1;
    // An even number of backslashes escape each other; an odd number also escapes the quote.
    if ((end - first) % 2 === 0) return end + 1;
  }
  return json.length;
}

/**
 * Returns a function that tests whether an index is inside a string. Indexes must be passed in
 * ascending order.
 */
function createStringTest(json: string): (index: number) => boolean {
  let end = 0;
  let next = json.indexOf('"');
  return (index) => {
    while (next >= 0 && next < index) {
      end = endOfString(json, next);
      next = json.indexOf('"', end);
    }
    return index < end;
  };
}

/**
 * Returns the JSON with quotes around each whole number beyond ±(2^53 - 1), because JSON.parse
 * would round it: `{"id":9007199254740993}` becomes `{"id":"9007199254740993"}`.
 */
export function quoteLargeIntegers(json: string): string {
  if (!mayHaveLargeInteger(json)) return json;
  const isInString = createStringTest(json);
  return json.replace(LARGE_INTEGER, (digits, index: number) =>
    Number.isSafeInteger(Number(digits)) || isInString(index) ? digits : `"${digits}"`,
  );
}

/** Parses JSON. Whole numbers beyond ±(2^53 - 1) become strings. Throws SyntaxError. */
export function parseExactJson(json: string): unknown {
  return JSON.parse(quoteLargeIntegers(json));
}
