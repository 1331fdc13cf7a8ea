/**
 * Returns a key for sorting texts in natural order. Sort by the keys, compared by UTF-16 code unit.
 * Sequences of up to 65,535 digits are ordered as numbers, so that "unit 2" precedes "unit 10".
 * Other characters are ordered by code unit. Texts that differ only in leading zeros, such as "1"
 * and "01", are ordered by code unit, too. Takes time linear in the length of the text.
 *
 * In the key, each number loses its leading zeros and becomes a "0", its length as one character,
 * and its digits. So a longer number is greater, and the "0" orders a number before a letter, as
 * its digits would. The text itself follows at the end, after the smallest character. It decides
 * between texts with equal numbers.
 */
export function naturalKeyOf(text: string): string {
  const key = text.replace(/0*(\d+)/g, (_, digits: string) => {
    return `0${String.fromCharCode(digits.length)}${digits}`;
  });
  return `${key}\0${text}`;
}
