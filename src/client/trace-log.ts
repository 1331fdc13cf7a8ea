/** A line, as selected of `TraceChunk.lines`. */
interface NumberedLine {
  readonly number: number;
}

/** An event of `jobTraceAppended`. What is not selected stays as it is. */
export interface TraceChunk<Line extends NumberedLine> {
  readonly startByte: number | string;
  readonly endByte: number | string;
  readonly text?: string;
  readonly lines?: readonly Line[];
  readonly lineCount?: number;
  readonly complete?: boolean;
}

/** The log of a job, as received so far. It is never modified. */
export interface TraceLog<Line extends NumberedLine> {
  /** The text from `startByte` to `endByte`. */
  readonly text: string;
  readonly startByte: number;
  readonly endByte: number;
  /** Number of lines of the log. The first ones are missing if it is very long. */
  readonly lineCount: number;
  /** Whether the job is finished and this is its whole log. */
  readonly complete: boolean;
  /** Lines by number, in parts that successive logs share: see `traceLine` and `traceLines`. */
  readonly parts: readonly (readonly Line[])[];
}

/** A chunk copies the parts that it changes, so their size is the cost of a short chunk. */
const LINES_PER_PART = 512;

/** Returns the line of a number, from 1; undefined if it is missing. */
export function traceLine<Line extends NumberedLine>(
  { parts }: TraceLog<Line>,
  number: number,
): Line | undefined {
  return parts[Math.floor(number / LINES_PER_PART)]?.[number % LINES_PER_PART];
}

/** Returns the lines of a log in their order. */
export function traceLines<Line extends NumberedLine>({ parts }: TraceLog<Line>): Line[] {
  // Numbers that are missing are holes, which `flat` leaves out.
  return parts.flat();
}

function applyLines<Line extends NumberedLine>(
  known: TraceLog<Line>['parts'],
  { lines = [], lineCount = Infinity }: TraceChunk<Line>,
): TraceLog<Line>['parts'] {
  const end = lineCount + 1;
  const parts = known.slice(0, Math.ceil(end / LINES_PER_PART));
  const copied = new Set<number>();
  const copy = (part: number): Line[] => {
    if (!copied.has(part)) parts[part] = parts[part]?.slice() ?? [];
    copied.add(part);
    return parts[part] as Line[];
  };
  const last = parts.length - 1;
  const maxLength = end - last * LINES_PER_PART;
  if ((parts[last]?.length ?? 0) > maxLength) copy(last).length = maxLength;
  for (const line of lines) {
    copy(Math.floor(line.number / LINES_PER_PART))[line.number % LINES_PER_PART] = line;
  }
  return parts;
}

/**
 * Returns the text without its last bytes. They are counted from the end, because what GitLab
 * rewrites is short, and invalid UTF-8 before it has another size as U+FFFD, which replaces it.
 */
function cutText(text: string, bytes: number): string {
  const kept = new TextEncoder().encode(text).subarray(0, -bytes);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(kept);
}

function applyText<Line extends NumberedLine>(
  log: TraceLog<Line>,
  text: string,
  at: number,
): Pick<TraceLog<Line>, 'text' | 'startByte'> {
  if (at === log.endByte) return { text: log.text + text, startByte: log.startByte };
  // A part of a long log was skipped, or what is replaced begins before the known text.
  if (at > log.endByte || at <= log.startByte) return { text, startByte: at };
  return { text: cutText(log.text, log.endByte - at) + text, startByte: log.startByte };
}

/**
 * Returns a log after an event of `jobTraceAppended`; `log` is undefined before the first event.
 * A line replaces that of its number, lines above `lineCount` are removed, and all lines if the log
 * was rewritten. Works with `lines`, with `text`, or with both. A short chunk of a long log is cheap.
 */
export function applyTraceChunk<Line extends NumberedLine = never>(
  log: TraceLog<Line> | undefined,
  chunk: TraceChunk<Line>,
): TraceLog<Line> {
  const [start, end] = [Number(chunk.startByte), Number(chunk.endByte)];
  const none = { text: '', startByte: start, endByte: start, lineCount: 0, complete: false };
  const known = log ?? { ...none, parts: [] };
  const isRewritten = start < known.endByte;
  return {
    ...applyText(known, chunk.text ?? '', start),
    endByte: end,
    lineCount: chunk.lineCount ?? known.lineCount,
    complete: chunk.complete ?? known.complete,
    parts: applyLines(isRewritten ? [] : known.parts, chunk),
  };
}
