import { LF } from './escape.ts';
import { createTail, joinSmall, parseAll } from './kept-log.ts';
import { headerEnd, markEnd, parseHeader, parseMark, type TimeHeader } from './mark.ts';
import type { ParsedTrace } from './parsed-trace.ts';
import { createTraceParser } from './parser.ts';
import { sectionKey } from './sections.ts';

/** The end of a job's log; the whole log if it is short. */
export interface LogEnd {
  readonly keptBytes: number;
  /**
   * Whether the whole log was kept. If not, `parsed` numbers the lines from the start of the kept
   * part.
   */
  readonly whole: boolean;
  parsed(): Promise<ParsedTrace>;
}

function headerAt(bytes: Buffer, at: number): TimeHeader | null {
  return headerEnd(bytes, at) < 0 ? null : parseHeader(bytes, at);
}

/**
 * Returns the index of the first line whose start is certainly in the bytes. Skips the bytes up to
 * the first line feed, because the start of their line may be missing. Then skips lines with `+` in
 * their time header, because they continue an earlier line (mark.ts). Returns `bytes.length` if no
 * line is left.
 */
function firstLineAt(bytes: Buffer): number {
  let at = bytes.indexOf(LF) + 1;
  while (at > 0 && headerAt(bytes, at)?.continues) {
    at = bytes.indexOf(LF, at) + 1;
  }
  return at === 0 ? bytes.length : at;
}

/**
 * Returns the names of the sections that began before these bytes and end in them, the outermost
 * first. The first mark of such a section in the bytes is an end mark.
 */
function sectionsOpenBefore(bytes: Buffer, isTimed: boolean): string[] {
  const seen = new Set<string>();
  const names: string[] = [];
  for (let at = bytes.indexOf('section_'); at >= 0; at = bytes.indexOf('section_', at + 1)) {
    const end = markEnd(bytes, at, !isTimed);
    if (end < 0) continue;
    const { kind, name } = parseMark(bytes, at, end);
    const key = sectionKey(name);
    if (kind === 'end' && !seen.has(key)) names.push(name);
    seen.add(key);
  }
  return names.reverse();
}

/**
 * Repairs a log whose beginning is missing. Removes the first line, which may be incomplete, and
 * the lines after it that continue earlier lines. Adds the missing start marks of sections that end
 * in the kept part, so that their lines have a section name.
 */
function repairCut(cut: Buffer): Buffer[] {
  const bytes = cut.subarray(firstLineAt(cut));
  const isTimed = headerAt(bytes, 0) !== null;
  const names = sectionsOpenBefore(bytes, isTimed);
  if (names.length === 0) return [bytes];
  const marks = names.map((name) => `section_start:0:${name}\r\u001b[0K`).join('');
  const header = bytes.subarray(0, isTimed ? headerEnd(bytes, 0) : 0);
  // A line that contains only marks is not visible.
  return [header, Buffer.from(`${marks}\n`), bytes];
}

/**
 * Reads a log to its end and keeps its last `maxBytes`. `offset` is the position of the stream's
 * first byte in the log. If the beginning of the log is missing, the parsed lines begin with a
 * complete line.
 */
export async function keepEnd(
  log: AsyncIterable<Buffer>,
  { offset, maxBytes, pause }: { offset: number; maxBytes: number; pause(): Promise<void> },
): Promise<LogEnd> {
  const tail = createTail(maxBytes);
  let byteSize = 0;
  for await (const chunk of joinSmall(log)) {
    await pause();
    tail.push(chunk);
    byteSize += chunk.length;
  }
  const whole = offset === 0 && byteSize <= maxBytes;
  return {
    keptBytes: Math.min(byteSize, maxBytes),
    whole,
    async parsed() {
      const parser = createTraceParser();
      await parseAll(parser, whole ? tail.chunks : repairCut(Buffer.concat(tail.chunks)), pause);
      return parser.end();
    },
  };
}
