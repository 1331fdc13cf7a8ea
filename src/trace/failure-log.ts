import { isErrorLine } from './error-lines.ts';
import type { LineList, ParsedLine, ParsedSection, ParsedTrace } from './parsed-trace.ts';
import { applySgr, classNames, PLAIN_STYLE } from './style.ts';

/**
 * What the log of a failed job shows about the failure. If no section failed, `command`, `tail` and
 * `errors` are from the whole log before the runner's last line.
 */
export interface FailureFacts {
  /**
   * The exit code in the runner's last line, such as 1 in "ERROR: Job failed: exit code 1". Null if
   * the line has none, or if the number does not fit into a signed 32-bit integer.
   */
  exitCode: number | null;
  /**
   * The text after "ERROR: Job failed" in the runner's last line, such as "exit code 1". Null if
   * the log has no such line, or if no text follows.
   */
  runnerMessage: string | null;
  /** The name of the section that failed; null if there is none. */
  section: string | null;
  /**
   * Number of the first line of the failed section. If no section failed, number of the first kept
   * line: of a long log, only the end is kept.
   */
  firstLine: number;
  /** Number of the last line of the log; 0 if it is empty. */
  lineCount: number;
  /**
   * The last command that the runner printed in the failed section, including the prompt. Null if
   * there is none.
   */
  command: string | null;
  /** The last lines of the failed section, at most 200. Blank lines at its end are left out. */
  tail: ParsedLine[];
  /** The first lines of the failed section that look like errors, at most 10. */
  errors: ParsedLine[];
}

export const MAX_TAIL = 200;
const MAX_FOUND_ERRORS = 10;

const JOB_FAILED = 'ERROR: Job failed';
const PROMPT = '$ ';
/** The HTML at the start of a command's line. The runner prints commands in green and bold. */
const GREEN_PROMPT = `<span class="${classNames(applySgr(PLAIN_STYLE, Buffer.from('32;1'), 0, 4))}">${PROMPT}`;

/** A range of positions in a list of lines: `start` is included, `end` is not. */
interface Range {
  start: number;
  end: number;
}

/** Awaited between parts of the work, so that other tasks of the process can run. */
type Pause = () => Promise<void>;

const BLOCK = 256;

async function* forwards(lines: LineList, { start, end }: Range, pause: Pause) {
  for (let at = start; at < end; at += BLOCK) {
    await pause();
    yield* lines.slice(at, Math.min(end, at + BLOCK));
  }
}

async function* backwards(lines: LineList, { start, end }: Range, pause: Pause) {
  for (let at = end; at > start; at -= BLOCK) {
    await pause();
    yield* lines.slice(Math.max(start, at - BLOCK), at).reverse();
  }
}

async function find(
  lines: AsyncIterable<ParsedLine>,
  fits: (line: ParsedLine) => boolean,
): Promise<ParsedLine | undefined> {
  for await (const line of lines) if (fits(line)) return line;
  return undefined;
}

/**
 * Returns the runner's last line: the last line of the log that begins with "ERROR: Job failed".
 */
const findMark = ({ lines }: ParsedTrace, pause: Pause) =>
  find(backwards(lines, { start: 0, end: lines.length }, pause), ({ text }) =>
    text.startsWith(JOB_FAILED),
  );

const TIDY_UP = /^(?:after_script$|archive_cache|upload_artifacts_on_|cleanup_)/;

/** A section of the log. Its last line is known even if the log has no end mark for the section. */
interface BoundedSection {
  readonly name: string;
  readonly firstLine: number;
  /**
   * Number of the section's last line. If its end mark is missing or comes after the end of the
   * section around it, both sections end with the same line. A section that is not inside another
   * one ends with the last searched line at the latest.
   */
  readonly end: number;
  /** Whether this section, or a section around it, only cleans up after the script. */
  readonly isTidyUp: boolean;
  /** Whether the section has a line after its header. */
  readonly hasBody: boolean;
  /**
   * The latest direct subsection whose end mark is missing or comes after the end of this section.
   * Sections that only clean up are ignored. Undefined if there is none.
   */
  unclosed: BoundedSection | undefined;
}

/**
 * Returns the number of a section's last line according to its end mark; Infinity without an end
 * mark.
 */
function ownEnd({ duration, lastLine, firstLine }: ParsedSection): number {
  return duration === null ? Infinity : (lastLine ?? firstLine - 1);
}

function toBounded(
  section: ParsedSection,
  around: BoundedSection | undefined,
  lastLine: number,
): BoundedSection {
  const { name, firstLine, header } = section;
  const end = Math.min(ownEnd(section), around?.end ?? lastLine);
  const firstOfBody = header === null ? firstLine : firstLine + 1;
  return {
    name,
    firstLine,
    end,
    isTidyUp: TIDY_UP.test(name) || around?.isTidyUp === true,
    hasBody: end >= firstOfBody,
    unclosed: undefined,
  };
}

const PAGE = 1_000;

async function* sectionsOf(trace: ParsedTrace, pause: Pause) {
  for (let skip = 0; skip < trace.sectionCount; skip += PAGE) {
    await pause();
    yield* trace.sectionPage({ first: PAGE, afterLine: 0, skip });
  }
}

/**
 * Yields the sections that begin at `lastLine` or before, in the order of their start. Use
 * `unclosed` of a section only when all sections have been yielded, because later sections may
 * change it.
 */
async function* boundedSections(trace: ParsedTrace, lastLine: number, pause: Pause) {
  /**
   * The sections around the current line, the innermost last. Each ends where the section before it
   * in the list ends, or earlier.
   */
  const around: BoundedSection[] = [];
  for await (const section of sectionsOf(trace, pause)) {
    if (section.firstLine > lastLine) return;
    while ((around.at(-1)?.end ?? Infinity) < section.firstLine) around.pop();
    const parent = around.at(-1);
    const bounded = toBounded(section, parent, lastLine);
    const wasClosed = !parent || ownEnd(section) <= parent.end;
    if (!wasClosed && !bounded.isTidyUp) parent.unclosed = bounded;
    around.push(bounded);
    yield bounded;
  }
}

/**
 * Finds the section that failed: of the sections that begin at `lastLine` or before, the one that
 * ended last. Ignores sections that only clean up, or have no line after their header. If the
 * failed section contains unclosed sections (see `unclosed`), returns the innermost of them.
 * Undefined if no section failed.
 */
async function findFailedSection(
  trace: ParsedTrace,
  lastLine: number,
  pause: Pause,
): Promise<BoundedSection | undefined> {
  let latest: BoundedSection | undefined;
  for await (const section of boundedSections(trace, lastLine, pause)) {
    if (section.isTidyUp || !section.hasBody) continue;
    // If two sections end with the same line, the first of them contains the second one and is
    // kept.
    if (section.end > (latest?.end ?? 0)) latest = section;
  }
  while (latest?.unclosed) latest = latest.unclosed;
  return latest;
}

const isCommand = (line: ParsedLine) =>
  line.text.startsWith(PROMPT) && line.html.startsWith(GREEN_PROMPT);

const isBlank = ({ text }: ParsedLine) => text.trim() === '';

/** Returns the last lines of a range, without blank lines at its end. */
async function findTail(lines: LineList, range: Range, pause: Pause): Promise<ParsedLine[]> {
  const last = await find(backwards(lines, range, pause), (line) => !isBlank(line));
  const end = last ? lines.countTo(last.number) : range.start;
  return lines.slice(Math.max(range.start, end - MAX_TAIL), end);
}

async function findErrors(lines: LineList, range: Range, pause: Pause): Promise<ParsedLine[]> {
  const errors: ParsedLine[] = [];
  for await (const line of forwards(lines, range, pause)) {
    if (errors.length === MAX_FOUND_ERRORS) break;
    if (isErrorLine(line.text)) errors.push(line);
  }
  return errors;
}

/** Matches `exit code 1`, `exit status 0xc0000005` and `(exit code: 137)`. */
const EXIT_CODE = /\bexit (?:code|status):? (0x[\da-f]{1,16}|-?\d{1,16})\b/i;

function exitCodeOf(message: string): number | null {
  const code = Number(EXIT_CODE.exec(message)?.[1] ?? Number.NaN);
  return code === (code | 0) ? code : null;
}

/** Returns whether the runner stopped the job because it ran too long. */
export const isTimeoutMessage = (runnerMessage: string | null): boolean =>
  runnerMessage?.includes('execution took longer than') === true;

/**
 * Returns the text after "Job failed", such as "exit code 1" or "(system failure): …"; null if it
 * is empty.
 */
const messageOf = ({ text }: ParsedLine) =>
  text.slice(JOB_FAILED.length).replace(/^:/, '').trim() || null;

/**
 * Finds what a log shows about the failure of its job, in the format of the runner (upstream.md
 * §7). Searches only before the line "ERROR: Job failed": the section that failed or, if no section
 * failed, all lines. Takes time linear in the size of the log.
 */
export async function findFailure(trace: ParsedTrace, pause: Pause): Promise<FailureFacts> {
  const { lines } = trace;
  const mark = await findMark(trace, pause);
  const lineCount = lines.at(-1)?.number ?? 0;
  // Without the line "ERROR: Job failed", the search reaches to the end of the log.
  const lastLine = mark ? mark.number - 1 : lineCount;
  const section = await findFailedSection(trace, lastLine, pause);
  const range = {
    start: section ? lines.countTo(section.firstLine - 1) : 0,
    end: lines.countTo(section?.end ?? lastLine),
  };
  const runnerMessage = mark ? messageOf(mark) : null;
  const command = await find(backwards(lines, range, pause), isCommand);
  return {
    exitCode: runnerMessage === null ? null : exitCodeOf(runnerMessage),
    runnerMessage,
    section: section?.name ?? null,
    firstLine: section?.firstLine ?? lines.at(0)?.number ?? 1,
    lineCount,
    command: command?.text ?? null,
    tail: await findTail(lines, range, pause),
    errors: await findErrors(lines, range, pause),
  };
}
