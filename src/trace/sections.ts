/**
 * The sections of a log while it is read. A `section_end` closes the innermost open section of that name and no other,
 * as in GitLab's viewer (`Ansi2json::State`), so the sections of one log may overlap without nesting.
 */
import type { Mark } from './mark.ts';

/**
 * From so many sections on, those that end before the oldest kept line are forgotten; and while so many are open, no
 * other one can be opened.
 */
const MANY_SECTIONS = 131_072;

/** A section as it is known so far. Line numbers start at 1. */
export interface Section {
  readonly name: string;
  /** Unix time in seconds. */
  readonly startedAt: number;
  finishedAt: number | null;
  readonly collapsed: boolean;
  readonly hideDuration: boolean;
  /** Name of the innermost section that was open when this one began. */
  readonly parent: string | null;
  /** Number of its first line, or what that would be. */
  readonly firstLine: number;
  /** Null while open. Less than `firstLine` where it has no line. */
  lastLine: number | null;
  header: string | null;
}

/** A section that is open, among the others: around it, within it, and the outer one of the same name. */
export interface OpenSection {
  readonly section: Section;
  outer: OpenSection | null;
  inner: OpenSection | null;
  readonly shadowed: OpenSection | null;
}

/** All sections in order of their start, and the open ones. */
export interface Sections {
  list: Section[];
  innermost: OpenSection | null;
  readonly open: Map<string, OpenSection>;
  /** How many there have been, and how many are open. */
  opened: number;
  openCount: number;
  /** Length of `list` at which it is next worth clearing. */
  clearAt: number;
}

/** No section yet. */
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

/** Opens a section that begins at line `firstLine`, inside the innermost open one. Null where too many are open. */
export function openSection(sections: Sections, mark: Mark, firstLine: number): Section | null {
  const { innermost, open } = sections;
  if (sections.openCount === MANY_SECTIONS) return null;
  const section: Section = {
    name: mark.name,
    startedAt: mark.seconds,
    finishedAt: null,
    collapsed: mark.collapsed,
    hideDuration: mark.hideDuration,
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

/** Closes an open section whose last line is number `lastLine`. */
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

/** Whether a section reaches line `firstKept` or comes after it. */
function reaches(section: Section, firstKept: number): boolean {
  const { firstLine, lastLine } = section;
  return lastLine === null || lastLine >= firstKept || firstLine >= firstKept;
}

/** The sections of a log whose oldest kept line is number `firstKept`; all of them, unless there are very many. */
export function sectionsSince(sections: Sections, firstKept: number): readonly Section[] {
  if (sections.opened < MANY_SECTIONS) return sections.list;
  return sections.list.filter((section) => reaches(section, firstKept));
}

/** Lets go of sections that end before line `firstKept`, once there are very many. */
export function forgetSections(sections: Sections, firstKept: number): void {
  if (sections.list.length < sections.clearAt) return;
  sections.list = sections.list.filter((section) => reaches(section, firstKept));
  sections.clearAt = Math.max(MANY_SECTIONS, 2 * sections.list.length);
}
