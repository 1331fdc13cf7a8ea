import { describe, expect, it } from 'vitest';
import { markMatches, matchingLines, nextOf } from '../../examples/board/src/screens/log/search.ts';

const texts = [
  'plain',
  '<span class="term-fg-red">ERROR</span>: 1 &lt; 2 &amp;&amp; x',
  '<span class="a">fa</span><span class="b">iled</span>',
];
const lines = texts.map((html, index) => ({ number: index + 1, html }));

describe('the lines that contain a text', () => {
  it.each([
    ['error', [2]],
    ['1 < 2 && X', [2]],
    ['failed', [3]],
    ['span', []],
    ['amp', []],
    ['term-fg', []],
  ])('%s', (text, expected) => {
    expect(matchingLines(lines, [text])).toEqual(expected);
  });

  it('or one of several', () => {
    expect(matchingLines(lines, ['failed', 'error'])).toEqual([2, 3]);
  });
});

describe('the matches of a text', () => {
  it.each([
    ['a.b ab A.B', 'a.b', '<mark>a.b</mark> ab <mark>A.B</mark>'],
    ['<span class="span">span</span>', 'span', '<span class="span"><mark>span</mark></span>'],
    ['1 &lt; 2 &amp; amp', 'amp', '1 &lt; 2 &amp; <mark>amp</mark>'],
    ['1 &lt; 2', '<', '1 <mark>&lt;</mark> 2'],
    ['(x)', '(', '<mark>(</mark>x)'],
    ['x', '', 'x'],
  ])('in %s: %s', (html, text, expected) => {
    expect(markMatches(html, text)).toBe(expected);
  });
});

it('steps from line to line, and begins again at the end', () => {
  expect(nextOf([3, 7], 0, 1)).toBe(3);
  expect(nextOf([3, 7], 3, 1)).toBe(7);
  expect(nextOf([3, 7], 7, 1)).toBe(3);
  expect(nextOf([3, 7], 5, -1)).toBe(3);
  expect(nextOf([3, 7], 3, -1)).toBe(7);
  expect(nextOf([], 3, 1)).toBeUndefined();
});
