import type { Mark } from './mark.ts';

/**
 * From this many sections on, those that end before the oldest kept line are forgotten. It is also
 * the maximum number of open sections.
 */
const MANY_SECTIONS = 131_072;

/** A section as far as it has been read. Line numbers start at 1. */
export interface Section {
  readonly name: string;
  /** Unix time in seconds. */
  readonly startedAt: number;
  finishedAt: number | null;
  readonly collapsed: boolean;
  /** Name of the innermost open section at the start of this one. */
  readonly parent: string | null;
  /** Number of its first line, even if there is no such line. */
  readonly firstLine: number;
  /** Null while open. Less than `firstLine` if it has no lines. */
  lastLine: number | null;
  header: string | null;
}

/** An open section in the list of open ones. `shadowed` is the next outer one of the same name. */
interface OpenSection {
  readonly section: Section;
  outer: OpenSection | null;
  inner: OpenSection | null;
  readonly shadowed: OpenSection | null;
}

/**
 * The sections of a log while it is read, ordered by start. A `section_end` closes only the
 * innermost open section of its name, as in GitLab's viewer (`Ansi2json::State`), so sections may
 * overlap without nesting.
 */
export interface Sections {
  list: Section[];
  innermost: OpenSection | null;
  readonly open: Map<string, OpenSection>;
  /** Number of all sections so far, including forgotten ones. */
  opened: number;
  openCount: number;
  /** Length of `list` at which old sections are forgotten next. */
  clearAt: number;
}

export function createSections(): Sections {
  return {
    list: [],
    innermost: null,
    open: new Map(),
    opened: 0,
    openCount: 0,
    clearAt: MANY_SECTIONS,
  };
}

/** Opens a section at line `firstLine` inside the innermost one. Null if too many are open. */
export function openSection(sections: Sections, mark: Mark, firstLine: number): Section | null {
  const { innermost, open } = sections;
  if (sections.openCount === MANY_SECTIONS) return null;
  const section: Section = {
    name: mark.name,
    startedAt: mark.unixSeconds,
    finishedAt: null,
    collapsed: mark.collapsed,
    parent: innermost?.section.name ?? null,
    firstLine,
    lastLine: null,
    header: null,
  };
  const shadowed = open.get(mark.name) ?? null;
  const opened: OpenSection = { section, outer: innermost, inner: null, shadowed };
  if (innermost !== null) innermost.inner = opened;
  sections.innermost = opened;
  open.set(mark.name, opened);
  sections.list.push(section);
  sections.opened += 1;
  sections.openCount += 1;
  return section;
}

export function closeSection(
  sections: Sections,
  { section, outer, inner, shadowed }: OpenSection,
  seconds: number,
  lastLine: number,
): void {
  section.finishedAt = seconds;
  section.lastLine = lastLine;
  sections.openCount -= 1;
  if (outer !== null) outer.inner = inner;
  if (inner === null) sections.innermost = outer;
  else inner.outer = outer;
  if (shadowed === null) sections.open.delete(section.name);
  else sections.open.set(section.name, shadowed);
}

/** Whether a section ends at or after line `firstKept`. */
function reaches(section: Section, firstKept: number): boolean {
  const { firstLine, lastLine } = section;
  return lastLine === null || lastLine >= firstKept || firstLine >= firstKept;
}

/** The sections to return if `firstKept` is the oldest kept line: all, unless there are very many. */
export function sectionsSince(sections: Sections, firstKept: number): readonly Section[] {
  if (sections.opened < MANY_SECTIONS) return sections.list;
  return sections.list.filter((section) => reaches(section, firstKept));
}

/** Forgets sections that end before line `firstKept`, if there are at least `clearAt` sections. */
export function forgetSections(sections: Sections, firstKept: number): void {
  if (sections.list.length < sections.clearAt) return;
  sections.list = sections.list.filter((section) => reaches(section, firstKept));
  sections.clearAt = Math.max(MANY_SECTIONS, 2 * sections.list.length);
}
