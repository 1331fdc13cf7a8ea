import { LRUCache } from 'lru-cache';
import type { Gitlab, JobRef } from '../gitlab/client.ts';
import { isContinuation, MAX_CONTINUATION, wholeCharacters } from '../trace/byte-queue.ts';
import { type GrowingLines, UNSETTLED_BYTES } from '../trace/growing-lines.ts';
import { sharePerLog } from '../trace/log-budget.ts';
import type { ParsedLine } from '../trace/parsed-trace.ts';
import { isTransient } from './failures.ts';
import { jobResource } from './job.ts';
import type { Poll, Resource } from './poll.ts';
import { activityOf } from './poll-interval.ts';
import type { View } from './subscriber.ts';
import { createTraceLog, firstByteFor, readLines, readTrace, type TraceLog } from './trace-tail.ts';

/**
 * A piece of a log, sent as one event. The piece replaces everything that the client has received
 * from offset `startByte` on. It ends after a whole character, except at the end of a finished log.
 */
export interface TraceNews {
  text: string;
  startByte: number;
  endByte: number;
  complete: boolean;
  /**
   * The lines that the piece changes, ordered by number. The first piece of a subscription also has
   * the lines just before the piece. Empty if the subscriber does not need lines.
   */
  lines: readonly ParsedLine[];
  /** Number of lines of the log; 0 if the subscriber does not need lines. */
  lineCount: number;
}

/**
 * Returns the start of the character that contains offset `at`. At the end of the log, that may be
 * an incomplete character.
 */
function characterStart(log: TraceLog, at: number): number {
  const from = Math.max(log.start, at - MAX_CONTINUATION);
  const before = log.read(from, at + 1);
  if (at < log.end && !isContinuation(before[at - from] ?? 0)) return at;
  const lead = before.findLastIndex((byte) => !isContinuation(byte));
  const isOne = lead >= 0 && wholeCharacters(before.subarray(lead, at - from), true) === 0;
  return isOne ? from + lead : at;
}

/**
 * Returns a piece of the log for a subscriber whose offset `at` is before the kept part. Reads the
 * piece from GitLab if GitLab supports byte_offset. If not, or if GitLab sends nothing, returns the
 * beginning of the kept part.
 */
async function readMissing(
  gitlab: Gitlab,
  ref: JobRef,
  { log, at, maxBytes }: { log: TraceLog; at: number; maxBytes: number },
): Promise<{ from: number; bytes: Buffer }> {
  if (gitlab.server.byteOffset) {
    const bytes = await gitlab.getJobTrace(ref, { byteOffset: at, byteLimit: maxBytes });
    if (bytes.length > 0) return { from: at, bytes };
  }
  const from = Math.max(at, log.start);
  const bytes = log.read(from, from + maxBytes);
  const start = bytes.findIndex((byte) => !isContinuation(byte));
  const skipped = start > 0 && start <= MAX_CONTINUATION ? start : 0;
  return { from: from + skipped, bytes: bytes.subarray(skipped) };
}

/** A part of a log that becomes an event. */
interface Piece {
  /** The offset of `bytes` in the log. */
  from: number;
  bytes: Buffer;
  /**
   * The offset at which the event ends. It is after a whole character, except at the end of a
   * finished log. With lines, it is at most about 1,000 lines after the start.
   */
  to: number;
  /** Whether the event ends where the log ends. */
  isEnd: boolean;
  /** The lines of the log, if the subscriber needs them. */
  lines: GrowingLines | undefined;
  /** The event contains the lines that changed up to this offset. */
  linesTo: number;
}

/**
 * Creates a piece from bytes of a log. It ends after a whole character, except at the end of a
 * finished log.
 */
function toPiece(
  { log, finished }: TraceState,
  { from, bytes }: Pick<Piece, 'from' | 'bytes'>,
  lines: GrowingLines | undefined,
): Piece {
  const reachesEnd = from + bytes.length >= log.end;
  const decoded = from + wholeCharacters(bytes, !(finished && reachesEnd));
  const linesTo = lines?.limit(from, reachesEnd ? Infinity : decoded) ?? Infinity;
  const to = Math.min(decoded, linesTo);
  return { from, bytes, to, isEnd: reachesEnd && to === decoded, lines, linesTo };
}

/**
 * Creates the event of a piece. It contains only lines that changed after the offset `linesFrom`.
 */
function toNews(piece: Piece, linesFrom: number, complete: boolean): TraceNews {
  const { from, bytes, to, lines, linesTo } = piece;
  return {
    text: bytes.toString('utf8', 0, to - from),
    startByte: from,
    endByte: to,
    complete,
    lines: lines?.changed(linesFrom, linesTo) ?? [],
    lineCount: lines?.count ?? 0,
  };
}

/**
 * Creates a view that returns the log from `afterByte` on, in pieces. If bytes that the subscriber
 * has received were removed or replaced, the next piece begins where they began. With lines, it
 * begins at the start of the log, because all lines may have changed.
 */
export function traceView(
  gitlab: Gitlab,
  ref: JobRef,
  { memory, afterByte, hasLines }: TraceOptions,
): View<TraceState, TraceNews> {
  /** The subscriber's offset in the log. */
  let at = afterByte;
  /** The value of `log.cuts` when the last piece was created; undefined before the first piece. */
  let cuts: number | undefined;
  let isComplete = false;

  /**
   * Whether an event can be created. If lines are needed, all of the log must be parsed, and no
   * bytes may have been removed or replaced since `log.cuts` was `knownCuts`.
   */
  const isReady = (log: TraceLog, knownCuts: number) =>
    !hasLines || (log.lines?.size === log.end && log.cuts === knownCuts);
  const linesOf = (log: TraceLog) => (hasLines ? log.lines : undefined);
  /**
   * Returns where the next piece begins. `isRewound`: the log was cut before the subscriber's
   * offset, or ends before it.
   */
  const nextStart = (log: TraceLog) => {
    const lowestCut = cuts === undefined ? Infinity : log.lowestCutSince(cuts);
    const cutTo = Math.min(log.end, lowestCut);
    const isRewound = cutTo < at;
    // The offset may be inside a character if the caller chose it, or if the log was cut there.
    const wanted = isRewound && hasLines ? 0 : characterStart(log, Math.min(at, cutTo));
    return { wanted, isRewound };
  };
  const readFrom = async (log: TraceLog, wanted: number) => {
    const maxBytes = Math.floor(memory.bytesPerEvent() / (hasLines ? TEXT_PER_LINES : 1));
    const isMissing = wanted < log.start;
    const read = isMissing
      ? await readMissing(gitlab, ref, { log, at: wanted, maxBytes })
      : { from: wanted, bytes: log.read(wanted, wanted + maxBytes) };
    return { ...read, isMissing };
  };
  /** Creates the event of a piece. Sets the subscriber's offset to the end of the piece. */
  const send = (log: TraceLog, piece: Piece, { isFirst, isLast, isShared }: SendOptions) => {
    const { from, to, lines } = piece;
    at = to;
    isComplete = isLast;
    // The first event also contains the lines just before its start. The client may have received
    // them from an earlier subscription, whose parser may have ended these lines differently.
    const linesFrom = isFirst ? from - UNSETTLED_BYTES : from;
    const create = () => toNews(piece, linesFrom, isLast);
    const key = [log.number, cuts, from, to, isLast, lines?.size, linesFrom];
    return isShared ? memory.share(key, create) : create();
  };

  return async (state) => {
    const { log, finished } = state;
    const knownCuts = log.cuts;
    if (isComplete || !isReady(log, knownCuts)) return undefined;
    const { wanted, isRewound } = nextStart(log);
    const read = await readFrom(log, wanted);
    // If the log has changed during the read, the poll will publish another state.
    if (!isReady(log, knownCuts)) return undefined;
    const isFirst = cuts === undefined;
    // Nothing fails after this line. If the read above fails, the view is called again with the
    // previous offset.
    [at, cuts] = [wanted, knownCuts];
    const piece = toPiece(state, read, linesOf(log));
    const isLast = finished && piece.isEnd;
    const isNews = piece.to > piece.from || isFirst || isRewound || isLast;
    return isNews ? send(log, piece, { isFirst, isLast, isShared: !read.isMissing }) : undefined;
  };
}

interface SendOptions {
  isFirst: boolean;
  isLast: boolean;
  isShared: boolean;
}

/**
 * The state of a followed log. `end`, `cuts` and `parsed` are values of `log` at the time of the
 * read.
 */
interface TraceState {
  log: TraceLog;
  end: number;
  cuts: number;
  /** Number of parsed bytes; undefined if lines are not needed. */
  parsed: number | undefined;
  /** Whether the job is finished and the log is complete. */
  finished: boolean;
}

const isSameState = (a: TraceState, b: TraceState) =>
  a.end === b.end && a.cuts === b.cuts && a.parsed === b.parsed && a.finished === b.finished;

const MEBIBYTE = 1024 * 1024;
/** Maximum bytes to keep of one log: GitLab Runner's default limit of a log. */
const MAX_PER_LOG = 4 * MEBIBYTE;
const MAX_TOTAL = 64 * MEBIBYTE;

/**
 * Maximum size of an event in bytes. GitLab accepts a `byte_limit` of up to 500 KiB (upstream.md
 * §7). With many subscribers, events are smaller, because each subscriber may leave one event
 * unread in memory.
 */
const MAX_PER_EVENT = 256 * 1024;
const MIN_PER_EVENT = 8 * 1024;
const MAX_UNREAD = 64 * MEBIBYTE;
/**
 * If an event contains lines, its maximum text size is divided by this number. The reason is that
 * each line contains its text again, as text and as HTML.
 */
const TEXT_PER_LINES = 4;
/** Approximate size of a line without its text and HTML, in bytes. */
const LINE_SIZE = 300;
/**
 * A parsed log counts as four logs against the limits of capacity.ts, plus one log per 1,024 open
 * sections.
 */
const LOGS_PER_PARSED_LOG = 4;
const SECTIONS_PER_LOG = 1024;
/** Maximum size of the cache of events that several subscribers receive at about the same time. */
const MAX_SHARED = 8 * MEBIBYTE;

export type TraceMemory = ReturnType<typeof createTraceMemory>;

/** Creates the memory limits that all followed logs share. */
export function createTraceMemory(count: { logs(): number; readers(): number }) {
  const shared = new LRUCache<string, TraceNews>({
    maxSize: MAX_SHARED,
    sizeCalculation: ({ text, lines }) =>
      lines.reduce((sum, line) => sum + 2 * (line.text.length + line.html.length) + LINE_SIZE, 0) +
      2 * text.length +
      100,
  });
  return {
    /** Returns the maximum number of bytes to keep of the end of each log. */
    bytesPerLog: () => sharePerLog({ perLog: MAX_PER_LOG, total: MAX_TOTAL }, count.logs()),
    bytesPerEvent: () =>
      Math.min(MAX_PER_EVENT, Math.max(MIN_PER_EVENT, Math.floor(MAX_UNREAD / count.readers()))),
    /** Returns one event object for all subscribers that receive the same piece of a log. */
    share(piece: readonly unknown[], create: () => TraceNews): TraceNews {
      const key = piece.join(' ');
      const known = shared.get(key);
      if (known) return known;
      const news = create();
      shared.set(key, news);
      return news;
    },
  };
}

interface TraceOptions {
  memory: TraceMemory;
  afterByte: number;
  /** Whether the subscriber needs parsed lines. */
  hasLines: boolean;
}

/** The demand of a subscriber that needs lines. Other subscribers have the demand 0. */
export const LINES = 1;

/**
 * Returns the state of a poll; waits for the first one. Throws the error that ended the poll. Also
 * throws if the poll ended without an error and without a state.
 */
async function currentOf<State>(poll: Poll<State>): Promise<State> {
  while (poll.state === undefined && !poll.ending) {
    await new Promise<void>((resolve) => {
      const leave = poll.join(() => {
        leave();
        resolve();
      });
    });
  }
  if (poll.ending?.error !== undefined) throw poll.ending.error;
  if (poll.state === undefined) throw new Error('The poll of the job has ended.');
  return poll.state;
}

/**
 * Returns the polled resource of a job's log. Reads the log while the job is active, and after the
 * job has finished. The status comes from the caller's poll of the job, which the GraphQL
 * subscription `jobUpdated` uses, too. The resource is finished when the job is finished and the
 * log was read to its end.
 */
export function traceResource(
  ref: JobRef,
  { memory, afterByte }: Omit<TraceOptions, 'hasLines'>,
): Resource<TraceState> {
  return {
    key: `trace ${ref.project}/${ref.id}`,
    project: ref.project,
    open({ watch, hold }) {
      const job = watch(jobResource(ref));
      let log = createTraceLog(0, memory.bytesPerLog);
      let isReadWhole = false;
      /** Whether the last read failed midway. The bytes that it received are kept. */
      let isPartial = false;
      const refresh = async (gitlab: Gitlab, isLive: boolean) => {
        const { end } = log;
        try {
          await readTrace(gitlab, ref, { log, isLive });
          isPartial = false;
        } catch (error) {
          isPartial = isTransient(error) && log.end > end;
          if (!isPartial) throw error;
        }
        isReadWhole = gitlab.server.byteOffset === false;
      };
      /**
       * Sets how many logs this log counts as, against the maximum number of logs: more than one if
       * its lines are parsed.
       */
      const holdLog = (hasLines: boolean) => {
        const sections = log.lines?.openSections ?? 0;
        const parsed = LOGS_PER_PARSED_LOG + Math.floor(sections / SECTIONS_PER_LOG);
        hold('logs', hasLines ? parsed : 1);
      };
      const openLog = (gitlab: Gitlab, hasLines: boolean) => {
        // Lines are numbered from the beginning of the log.
        const firstByte = hasLines ? 0 : firstByteFor(gitlab, afterByte);
        log = createTraceLog(firstByte, memory.bytesPerLog);
      };
      /** Creates the next state. If lines are needed, first parses what was read. */
      const nextState = async (gitlab: Gitlab, isOver: boolean): Promise<TraceState> => {
        const isWhole = (await readLines(gitlab, ref, log)) && !isPartial;
        const finished = isOver && isWhole;
        if (finished) log.lines?.finish();
        const { end, cuts, lines } = log;
        return { log, end, cuts, parsed: lines?.size, finished };
      };
      return {
        async read(gitlab, before, demand) {
          const hasLines = demand >= LINES;
          holdLog(hasLines);
          const activity = activityOf((await currentOf(job.poll)).status);
          const isOver = activity === 'finished';
          const isRead = isOver || activity === 'active';
          if (isRead && !before) openLog(gitlab, hasLines);
          log.setParsed(hasLines);
          if (isRead) await refresh(gitlab, !isOver);
          const after = await nextState(gitlab, isOver);
          return before && isSameState(before, after) ? before : after;
        },
        activity({ finished }) {
          if (finished) return 'finished';
          const isActive = isPartial || activityOf(job.poll.state?.status) === 'active';
          return isActive ? 'active' : 'idle';
        },
        isReachable: () => job.poll.state !== undefined,
        minPauseMs: ({ end }) => (isReadWhole ? (end / MEBIBYTE) * 1000 : 0),
        close() {
          job.leave();
        },
      };
    },
  };
}
