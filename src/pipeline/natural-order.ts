/**
 * Returns a key for sorting in natural order: texts are in this order if their keys are compared by
 * UTF-16 code unit. Runs of digits are ordered as numbers, so that "unit 2" precedes "unit 10", other
 * characters by code unit, and texts that differ only in leading zeros by code unit. A run has up to
 * 65,535 digits. Takes time linear in the length of the text.
 *
 * In the key, the length of each number precedes its digits: a number with more digits is greater. A
 * "0" before it keeps its place among other characters. The text follows after the smallest character.
 */
export function naturalKeyOf(text: string): string {
  const key = text.replace(/0*(\d+)/g, (_, digits: string) => {
    return `0${String.fromCharCode(digits.length)}${digits}`;
  });
  return `${key}\0${text}`;
}
