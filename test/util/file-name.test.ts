import { describe, expect, it } from 'vitest';
import { isFileName } from '../../src/util/file-name.ts';

/** Percent-encodes the percent sign of a text `times` times. */
const encodePercent = (text: string, times: number) => text.replace('%', `%${'25'.repeat(times)}`);

describe('the name of a file', () => {
  it.each(['a', '.a', '...', 'a b', '100%', '100%25', '%41', 'ü', 'a;b', '...;b'])(
    'may be %j',
    (name) => {
      expect(isFileName(name)).toBe(true);
    },
  );

  it.each([0, 1, 2, 7])('is no path after %i decodings more', (times) => {
    expect(isFileName(encodePercent('%41', times))).toBe(true);
    for (const encoded of ['%2f', '%5C', '.%2e', '%2E', '..%3B', '.%3ba', 'a%00']) {
      expect(isFileName(encodePercent(encoded, times))).toBe(false);
    }
  });

  it.each([
    encodePercent('%41', 8),
    encodePercent('%41', 8_000),
    `${'%'.repeat(7_000)}${'3'.repeat(7_000)}2`,
  ])('is not encoded more than eight times', (name) => {
    expect(isFileName(name)).toBe(false);
  });
});
