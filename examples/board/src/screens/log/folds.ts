import type { Line, Trace } from './log.ts';

/** A section of a log. If it is folded, only its first line is visible. */
export interface Section {
  name: string;
  firstLine: number;
  /** The last line; while the section is open, its last line so far. */
  lastLine: number;
  /** In seconds. Null while the section is open, and for sections that begin in appended lines. */
  duration: number | null;
  collapsed: boolean;
}

/**
 * Returns the sections that a log had when the query read it, before any lines were appended. A
 * section without a last line ends at its first line.
 */
export function toSections({ sections }: Pick<Trace, 'sections'>): Section[] {
  return sections.map(({ name, firstLine, lastLine, duration, collapsed }) => ({
    name,
    firstLine,
    lastLine: lastLine ?? firstLine,
    duration: duration ?? null,
    collapsed,
  }));
}

/** Returns the sections after lines were appended. Each appended line names its section. */
export function growSections(sections: readonly Section[], appended: readonly Line[]): Section[] {
  const grown = sections.map((section) => ({ ...section }));
  const isOpen = ({ duration }: Section) => duration === null;
  const open = new Map(grown.filter(isOpen).map((section) => [section.name, section]));
  for (const { number, section: name } of appended) {
    if (!name) continue;
    const known = open.get(name);
    const section = known ?? {
      name,
      firstLine: number,
      lastLine: number,
      duration: null,
      collapsed: false,
    };
    section.lastLine = number;
    if (known) continue;
    open.set(name, section);
    grown.push(section);
  }
  return grown;
}

/** A section that can be folded. */
export interface Fold extends Section {
  /** Number of sections around this section. */
  depth: number;
}

/** Sections that can be folded, by the number of their first line. */
export type Folds = ReadonlyMap<number, Fold>;

/** Returns the sections that can be folded, which have more than one line. */
export function toFolds(sections: readonly Section[]): Folds {
  const folds = new Map<number, Fold>();
  const around: Section[] = [];
  for (const section of sections) {
    const { firstLine, lastLine } = section;
    while (around.length > 0 && (around.at(-1)?.lastLine ?? 0) < firstLine) around.pop();
    if (lastLine <= firstLine || folds.has(firstLine)) continue;
    folds.set(firstLine, { ...section, depth: around.length });
    around.push(section);
  }
  return folds;
}

/** Returns the numbers of the visible lines. `folded` has the first lines of folded sections. */
export function visibleLines(
  [first, last]: readonly [number, number],
  folds: Folds,
  folded: ReadonlySet<number>,
): number[] {
  const lines: number[] = [];
  for (let line = first; line <= last; line += 1) {
    lines.push(line);
    const fold = folded.has(line) && folds.get(line);
    if (fold) line = fold.lastLine;
  }
  return lines;
}

/** Returns `folded` without the sections that hide `line`. */
export function unfold(line: number, folds: Folds, folded: ReadonlySet<number>): Set<number> {
  const hides = (first: number) => first < line && line <= (folds.get(first)?.lastLine ?? 0);
  return new Set([...folded].filter((first) => !hides(first)));
}
