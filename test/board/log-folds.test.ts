import { describe, expect, it } from 'vitest';
import {
  growSections,
  type Section,
  toFolds,
  unfold,
  visibleLines,
} from '../../examples/board/src/screens/log/folds.ts';

const section = (name: string, firstLine: number, lastLine: number, duration: number | null = 1) =>
  ({ name, firstLine, lastLine, duration, collapsed: false }) satisfies Section;

const outer = section('outer', 2, 9);
const inner = section('inner', 4, 6);
const folds = toFolds([outer, inner, section('one line', 10, 10), section('later', 11, 12)]);
const visible = (...folded: number[]) => visibleLines([1, 13], folds, new Set(folded));

describe('the folds of a log', () => {
  it('are its sections of more than one line, with how many are around them', () => {
    expect([...folds].map(([line, { name, depth }]) => [line, name, depth])).toEqual([
      [2, 'outer', 0],
      [4, 'inner', 1],
      [11, 'later', 0],
    ]);
  });

  it('hide all but the first line of a section, with the sections inside', () => {
    expect(visible()).toHaveLength(13);
    expect(visible(4)).toEqual([1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13]);
    expect(visible(2, 4, 11)).toEqual([1, 2, 10, 11, 13]);
    expect(visible(3)).toHaveLength(13);
  });

  it('begin at the first known line of a very long log', () => {
    expect(visibleLines([5, 8], folds, new Set([2, 4]))).toEqual([5, 6, 7, 8]);
  });

  it('that hide a line are opened, the others stay', () => {
    const all = new Set([2, 4, 11]);
    expect([...unfold(5, folds, all)]).toEqual([11]);
    expect([...unfold(4, folds, all)]).toEqual([4, 11]);
    expect([...unfold(11, folds, all)]).toEqual([2, 4, 11]);
  });
});

describe('the sections of a growing log', () => {
  const lines = (...names: (string | null)[]) =>
    names.map((name, index) => ({ number: 20 + index, html: '', section: name }));
  const ranges = (sections: readonly Section[]) =>
    sections.map(({ name, firstLine, lastLine }) => [name, firstLine, lastLine]);

  it('continue, and begin, with the lines that name them', () => {
    const open = section('script', 14, 19, null);
    expect(ranges(growSections([outer, open], lines('script', 'script', 'upload', null)))).toEqual([
      ['outer', 2, 9],
      ['script', 14, 21],
      ['upload', 22, 22],
    ]);
    expect(open.lastLine).toBe(19);
  });

  it('are around those that begin and end before their end', () => {
    const grown = growSections([], lines('script', 'test', 'test', 'script'));
    expect(ranges(grown)).toEqual([
      ['script', 20, 23],
      ['test', 21, 22],
    ]);
  });

  it('are new if one of that name has ended before', () => {
    expect(ranges(growSections([outer], lines('outer')))).toEqual([
      ['outer', 2, 9],
      ['outer', 20, 20],
    ]);
  });
});
