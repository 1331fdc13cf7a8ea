import type { Mark } from './mark.ts';

/**
 * If there are at least this many sections, those that end before the oldest kept line are dropped.
 * Also the maximum number of open sections.
 */
const MANY_SECTIONS = 131_072;

/** A section, as far as it was read. Line numbers start at 1. */
export interface Section {
  /** As written in the mark that opened it. */
  readonly name: string;
  /** The name in the form that GitLab compares. */
  readonly key: string;
  /**
   * Unix time in seconds. If the section was started again while it was open, the time of the
   * latest start mark.
   */
  startedAt: number;
  finishedAt: number | null;
  readonly collapsed: boolean;
  /** Name of the innermost section that was open when this one started. */
  readonly parent: string | null;
  /** Number of its first line. It has a number even if the log ends before that line. */
  readonly firstLine: number;
  /** Null while open. Less than `firstLine` if it has no lines. */
  lastLine: number | null;
  header: string | null;
}

/** An element of the linked list of open sections. */
interface OpenSection {
  readonly section: Section;
  outer: OpenSection | null;
  inner: OpenSection | null;
}

/**
 * The sections of a log while it is read, ordered by start. Of each name, at most one section is
 * open, and a `section_end` closes only the section of its name (upstream.md §7). So sections may
 * overlap without being nested.
 */
export interface Sections {
  list: Section[];
  innermost: OpenSection | null;
  /** The open sections by key. */
  readonly open: Map<string, OpenSection>;
  /** Number of all sections so far, including dropped ones. */
  opened: number;
  /** Length of `list` at which old sections are dropped next. */
  clearAt: number;
}

export function createSections(): Sections {
  return { list: [], innermost: null, open: new Map(), opened: 0, clearAt: MANY_SECTIONS };
}

/**
 * Returns a section name in the form that GitLab compares: in lower case, with a hyphen for each
 * character that is not a letter or digit. `Install.Deps` and `install_deps` are equal.
 */
export const sectionKey = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');

/**
 * Opens a section at line `firstLine` inside the innermost one. If a section of that name is open,
 * it starts again: its duration counts from this mark. Returns the section if its header is the
 * next line. Returns null if it already has a header, or if too many sections are open.
 */
export function openSection(sections: Sections, mark: Mark, firstLine: number): Section | null {
  const { innermost, open } = sections;
  const key = sectionKey(mark.name);
  const reopened = open.get(key)?.section;
  if (reopened !== undefined) {
    reopened.startedAt = mark.unixSeconds;
    return reopened.header === null ? reopened : null;
  }
  if (open.size === MANY_SECTIONS) return null;
  const section: Section = {
    name: mark.name,
    key,
    startedAt: mark.unixSeconds,
    finishedAt: null,
    collapsed: mark.collapsed,
    parent: innermost?.section.name ?? null,
    firstLine,
    lastLine: null,
    header: null,
  };
  const opened: OpenSection = { section, outer: innermost, inner: null };
  if (innermost !== null) innermost.inner = opened;
  sections.innermost = opened;
  open.set(key, opened);
  sections.list.push(section);
  sections.opened += 1;
  return section;
}

export function closeSection(
  sections: Sections,
  { section, outer, inner }: OpenSection,
  seconds: number,
  lastLine: number,
): void {
  section.finishedAt = seconds;
  section.lastLine = lastLine;
  if (outer !== null) outer.inner = inner;
  if (inner === null) sections.innermost = outer;
  else inner.outer = outer;
  sections.open.delete(section.key);
}

/** Whether a section ends at or after line `firstKept`. */
function reaches(section: Section, firstKept: number): boolean {
  const { firstLine, lastLine } = section;
  return lastLine === null || lastLine >= firstKept || firstLine >= firstKept;
}

/**
 * Returns the sections of a log whose oldest kept line is `firstKept`. If there are very many,
 * omits those that end before that line.
 */
export function sectionsSince(sections: Sections, firstKept: number): readonly Section[] {
  if (sections.opened < MANY_SECTIONS) return sections.list;
  return sections.list.filter((section) => reaches(section, firstKept));
}

/** Drops sections that end before line `firstKept`, if there are at least `clearAt` sections. */
export function forgetSections(sections: Sections, firstKept: number): void {
  if (sections.list.length < sections.clearAt) return;
  sections.list = sections.list.filter((section) => reaches(section, firstKept));
  sections.clearAt = Math.max(MANY_SECTIONS, 2 * sections.list.length);
}
