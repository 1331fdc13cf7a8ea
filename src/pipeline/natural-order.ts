const compareTexts = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

/** Returns the run of digits at an index, or the one character there. */
function tokenAt(text: string, start: number): string {
  let end = start;
  while (isDigit(text.charCodeAt(end))) end++;
  return text.slice(start, Math.max(end, start + 1));
}

/** Compares runs of digits as numbers of any size, other tokens by code unit. */
function compareTokens(a: string, b: string): number {
  if (!isDigit(a.charCodeAt(0)) || !isDigit(b.charCodeAt(0))) return compareTexts(a, b);
  const [left = '', right = ''] = [a, b].map((digits) => digits.replace(/^0+/, ''));
  return left.length - right.length || compareTexts(left, right);
}

/**
 * Compares texts in natural order: runs of digits as numbers, so that "unit 2" precedes "unit 10",
 * and other characters by their UTF-16 code unit. Texts that differ only in leading zeros are
 * compared by code unit. Takes time linear in the length of the texts.
 */
export function compareNaturally(a: string, b: string): number {
  let [left, right] = [0, 0];
  while (left < a.length && right < b.length) {
    const [tokenA, tokenB] = [tokenAt(a, left), tokenAt(b, right)];
    const order = compareTokens(tokenA, tokenB);
    if (order !== 0) return order;
    left += tokenA.length;
    right += tokenB.length;
  }
  return a.length - left - (b.length - right) || compareTexts(a, b);
}
