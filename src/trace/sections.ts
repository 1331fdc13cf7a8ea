import type { Mark } from './mark.ts';

/**
 * From this number of sections on, sections that end before the oldest kept line are dropped. It is
 * also the maximum number of open sections.
 */
const MANY_SECTIONS = 131_072;

/** A section, as known so far. Line numbers start at 1. */
export interface Section {
  /** The name as written in the start mark. */
  readonly name: string;
  /** The name in the form in which GitLab compares names (see `sectionKey`). */
  readonly key: string;
  /**
   * Unix time of the start mark in seconds. If several start marks came before the end mark, the
   * latest counts.
   */
  startedAt: number;
  finishedAt: number | null;
  readonly collapsed: boolean;
  /**
   * Name of the innermost section that was open when this section started; null if there was none.
   */
  readonly parent: string | null;
  /**
   * Number of the section's first line. If the log ends before that line, it is the number that the
   * line would have.
   */
  readonly firstLine: number;
  /**
   * Number of the section's last line; less than `firstLine` if the section has no lines. Null
   * while the section is open.
   */
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
 * The sections of a log while it is read, ordered by start. At most one section of each name is
 * open. A `section_end` closes only the section of its name (upstream.md §7), so sections may
 * overlap without being nested.
 */
export interface Sections {
  list: Section[];
  innermost: OpenSection | null;
  /** The open sections by key. */
  readonly open: Map<string, OpenSection>;
  /** Number of all sections so far, including dropped sections. */
  opened: number;
  /** When `list` has this length, old sections are dropped. */
  clearAt: number;
}

export function createSections(): Sections {
  return { list: [], innermost: null, open: new Map(), opened: 0, clearAt: MANY_SECTIONS };
}

/**
 * Returns a section name in the form in which GitLab compares names: in lower case, with a hyphen
 * for each character that is not a letter or digit. So `Install.Deps` and `install_deps` are equal.
 */
export const sectionKey = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');

/**
 * Opens a section at line `firstLine` inside the innermost open section. If a section of this name
 * is already open, only its start time is set. Returns the section if the next visible line is its
 * header, and null otherwise.
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

/** Returns whether a section is open, or begins or ends at line `firstKept` or later. */
function reaches(section: Section, firstKept: number): boolean {
  const { firstLine, lastLine } = section;
  return lastLine === null || lastLine >= firstKept || firstLine >= firstKept;
}

/**
 * Returns the sections of a log. `firstKept` is the oldest kept line. If the log has MANY_SECTIONS
 * or more sections, omits those that end before that line.
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
