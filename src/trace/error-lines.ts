/*
 * Finds lines that look like errors. Each line is read once, from its beginning.
 */

const WORDS: ReadonlySet<string> = new Set([
  'fail',
  'failed',
  'failure',
  'fatal',
  'panic',
  'traceback',
  'undefined',
  'cannot',
]);

/** Phrases of two words that are signs of an error, by their second word: "not found". */
const PHRASES: ReadonlyMap<string, string> = new Map([
  ['found', 'not'],
  ['such', 'no'],
  ['denied', 'permission'],
]);

/** What test runners print before the name of a failed test. */
const FAILED_TEST = /^(?:not ok\b|[✖✗×])/;

const WORD = /\w+/g;
const ENDING = /(?:error|exception)s?$/;
/** A count of zero after a word: `Errors: 0`. */
const ZERO_AFTER = /^[:=]?\s{0,8}0(?![\w.])/;
/** Longest part of a line that ZERO_AFTER matches, and the character after it. */
const ZERO_LENGTH = 11;

/** How much of a line is examined, in UTF-16 units. */
const MAX_LENGTH = 1 << 16;

/** Whether the word before a sign of an error negates it: "0 errors", "no failures". */
const isNone = (word: string | undefined) => word === '0' || word === 'no';

/**
 * Returns whether a line looks like an error: it has a word such as "failed" or one that ends in
 * "error" or "exception", or begins like the line of a failed test. A word with a count of zero, such
 * as "0 errors", does not count. Case does not matter.
 */
export function isErrorLine(line: string): boolean {
  const text = line.slice(0, MAX_LENGTH).toLowerCase();
  if (FAILED_TEST.test(text.trimStart())) return true;
  let [first, second]: (string | undefined)[] = [];
  let secondEnd = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const end = index + word.length;
    const isPhrase =
      second !== undefined &&
      PHRASES.get(word) === second &&
      text.slice(secondEnd, index).trim() === '';
    const isSign = isPhrase || WORDS.has(word) || ENDING.test(word);
    const before = isPhrase ? first : second;
    if (isSign && !isNone(before) && !ZERO_AFTER.test(text.slice(end, end + ZERO_LENGTH))) {
      return true;
    }
    [first, second] = [second, word];
    secondEnd = end;
  }
  return false;
}
