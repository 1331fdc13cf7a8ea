/**
 * Returns a key for sorting texts in natural order: "unit 2" before "unit 10". Keys are compared by
 * UTF-16 code unit. Takes time linear in the length of the text.
 */
export function naturalKeyOf(text: string): string {
  // A number becomes "0", one character whose code is the count of digits, and the digits. Leading
  // zeros are dropped. So a number with fewer digits comes first. The "0" places numbers before
  // letters.
  const key = text.replace(/0*(\d+)/g, (_, digits: string) => {
    return `0${String.fromCharCode(digits.length)}${digits}`;
  });
  // The text at the end orders texts whose numbers differ only in leading zeros, such as "1" and
  // "01".
  return `${key}\0${text}`;
}
