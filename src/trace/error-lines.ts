/*
 * Finds lines that look like errors. Reads each line once, from its beginning, so that the time is
 * linear in its length.
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

/**
 * Phrases of two words that are signs of an error, such as "not found". The key is the second word.
 */
const PHRASES: ReadonlyMap<string, string> = new Map([
  ['found', 'not'],
  ['such', 'no'],
  ['denied', 'permission'],
]);

/** Matches what test runners print before the name of a failed test. */
const FAILED_TEST = /^(?:not ok\b|[✖✗×])/;

const WORD = /\w+/g;
const ENDING = /(?:error|exception)s?$/;
/** Matches a count of zero after a word, such as `: 0` in `Errors: 0`. */
const ZERO_AFTER = /^[:=]?\s{0,8}0(?![\w.])/;
/**
 * Number of characters that decide whether ZERO_AFTER matches: its longest match and the character
 * after it.
 */
const ZERO_LENGTH = 11;

/** Maximum UTF-16 units of a line that are examined, to limit the time for a long line. */
const MAX_LENGTH = 1 << 16;

/** Returns whether a word says that there is no error: "0" or "no", as in "0 errors". */
const isNone = (word: string | undefined) => word === '0' || word === 'no';

/**
 * Returns whether a line looks like an error. Examples are "not ok 3" (see FAILED_TEST), "2
 * failed", "file not found" and "TypeError: x". Lines such as "0 errors" and "errors: 0" do not.
 * Case is ignored.
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
