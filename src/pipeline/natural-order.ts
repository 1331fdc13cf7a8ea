/**
 * Returns a key for sorting texts in natural order. Sort by the keys, compared by UTF-16 code unit.
 * Sequences of digits are ordered as numbers, so that "unit 2" precedes "unit 10". Other characters
 * are ordered by code unit. So are texts that differ only in leading zeros. A sequence has up to
 * 65,535 digits. Takes time linear in the length of the text.
 *
 * The key of a number is a "0", its length, and its digits. So a longer number is greater, and the
 * "0" orders numbers among other characters as digits are. The text itself follows at the end,
 * after the smallest character. It decides between texts with equal numbers.
 */
export function naturalKeyOf(text: string): string {
  const key = text.replace(/0*(\d+)/g, (_, digits: string) => {
    return `0${String.fromCharCode(digits.length)}${digits}`;
  });
  return `${key}\0${text}`;
}
