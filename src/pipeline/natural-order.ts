/**
 * Returns a key for sorting texts in natural order. Sort by the keys, compared by UTF-16 code unit.
 * Sequences of up to 65,535 digits are ordered as numbers, so that "unit 2" precedes "unit 10".
 * Other characters are ordered by code unit. Texts that differ only in leading zeros, such as "1"
 * and "01", are ordered by code unit, too. Takes time linear in the length of the text.
 *
 * In the key, a number consists of "0", its number of digits as one character, and its digits
 * without leading zeros. Because of the second character, a number with more digits is greater.
 * Because of the "0", numbers are ordered before letters, as digits are. The key ends with NUL, the
 * smallest character, and the text itself. This end orders texts with equal numbers.
 */
export function naturalKeyOf(text: string): string {
  const key = text.replace(/0*(\d+)/g, (_, digits: string) => {
    return `0${String.fromCharCode(digits.length)}${digits}`;
  });
  return `${key}\0${text}`;
}
