/** A line of a log. The selection of `TraceChunk.lines` must include `number`. */
interface NumberedLine {
  readonly number: number;
}

/**
 * An event of the subscription `jobTraceAppended`. An optional field is absent if the subscription
 * does not select it.
 */
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
  /**
   * The text from `startByte` to `endByte`. If GitLab rewrites a part of the log that was not valid
   * UTF-8, `text` may still contain characters of the old part. `parts` do not.
   */
  readonly text: string;
  readonly startByte: number;
  readonly endByte: number;
  /**
   * Number of lines in the log; 0 if the subscription does not select `lineCount`. `parts` may lack
   * some of them, such as the first lines of a very long log.
   */
  readonly lineCount: number;
  /** Whether the job is finished and the end of its log was received. */
  readonly complete: boolean;
  /**
   * Lines by number, in parts. The logs before and after an event share the parts that the event
   * does not change. Read the lines with `traceLine` or `traceLines`.
   */
  readonly parts: readonly (readonly Line[])[];
}

/**
 * Lines in a part. Each event copies the parts that it changes, so smaller parts make short events
 * cheaper.
 */
const LINES_PER_PART = 512;

/** Returns the line with this number (the first is 1); undefined if it is missing. */
export function traceLine<Line extends NumberedLine>(
  { parts }: TraceLog<Line>,
  number: number,
): Line | undefined {
  return parts[Math.floor(number / LINES_PER_PART)]?.[number % LINES_PER_PART];
}

/** Returns the lines of a log, ordered by number. */
export function traceLines<Line extends NumberedLine>({ parts }: TraceLog<Line>): Line[] {
  // Missing lines are holes in the arrays, and `flat` drops holes.
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
 * Removes the last `bytes` bytes (UTF-8) of the text of a log. Counts from the end, because
 * positions from the start may differ between the text and the log: in the text, U+FFFD (3 bytes)
 * replaces invalid bytes of the log. May remove too little if the log has invalid bytes there,
 * because an event does not show how many bytes a U+FFFD replaces.
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
  // The known text is dropped in two cases: the event skips a part of a long log, or the event
  // replaces all of the known text.
  if (at > log.endByte || at <= log.startByte) return { text, startByte: at };
  return { text: cutText(log.text, log.endByte - at) + text, startByte: log.startByte };
}

/**
 * Adds an event of `jobTraceAppended` to a log and returns the new log. `log` is undefined before
 * the first event. A line of the event replaces the line with the same number. If GitLab has
 * rewritten a part of the log, all earlier lines are removed. The subscription may select `lines`,
 * `text` or both.
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
