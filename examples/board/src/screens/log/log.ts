import { applyTraceChunk, type TraceLog, traceLine } from 'gitlab-jobs-gateway/client';
import type { LogQuery } from '../../generated/graphql.ts';

export type Job = NonNullable<LogQuery['job']>;
export type Trace = NonNullable<Job['trace']>;

/** A line of a log. Its HTML is escaped text in spans with class names. */
export interface Line {
  number: number;
  html: string;
  /** The name of the line's section. Only lines that a subscription appended have it. */
  section?: string | null | undefined;
}

/** The lines of a log by number. */
export type Log = TraceLog<Line>;

/** The number of the first line that was read. It is greater than 1 if the log is very long. */
const firstLineOf = ({ lines }: Trace) => lines.nodes[0]?.number ?? 1;

/** Returns the first and the last number of the lines that were read. */
export function lineRange(trace: Trace): readonly [number, number] {
  const first = firstLineOf(trace);
  return [first, first + trace.lines.totalCount - 1];
}

/** Splits the text of a log, as the query returns it, into numbered lines. */
export function toLog(trace: Trace): Log {
  const [first, last] = lineRange(trace);
  const texts = last < first ? [] : trace.text.split('\n');
  return applyTraceChunk<Line>(undefined, {
    startByte: 0,
    endByte: trace.byteSize,
    lineCount: last,
    lines: texts.map((html, index) => ({ number: first + index, html })),
  });
}

/** Returns the lines that were appended to a log after its line `last`. */
export function appendedLines(log: Log, last: number): Line[] {
  const lines: Line[] = [];
  for (let number = last + 1; number <= log.lineCount; number += 1) {
    const line = traceLine(log, number);
    if (line) lines.push(line);
  }
  return lines;
}
