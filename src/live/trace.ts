import { LRUCache } from 'lru-cache';
import type { Gitlab, JobRef } from '../gitlab/client.ts';
import { isContinuation, MAX_CONTINUATION, wholeCharacters } from '../trace/byte-queue.ts';
import { sharePerLog } from '../trace/log-budget.ts';
import { isTransient } from './failures.ts';
import { jobResource } from './job.ts';
import type { Poll, Resource } from './poll.ts';
import { activityOf } from './poll-interval.ts';
import type { View } from './subscriber.ts';
import { createTraceLog, firstByteFor, readTrace, type TraceLog } from './trace-tail.ts';

/**
 * A piece of a log, in whole characters. It replaces what the client has received from offset
 * `startByte` on.
 */
export interface TraceNews {
  text: string;
  startByte: number;
  endByte: number;
  complete: boolean;
}

/**
 * Returns the start of the character that contains offset `at`, or that is incomplete at the end of
 * the log.
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
 * Returns a piece of the log that begins before the kept part. Reads it from GitLab if byte_offset
 * is supported. Otherwise returns the beginning of the kept part.
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

/**
 * Creates a view that returns the log from `afterByte` on, in pieces of whole characters. If the
 * log became shorter or its end was rewritten, the next piece begins before the end of the last
 * one.
 */
export function traceView(
  gitlab: Gitlab,
  ref: JobRef,
  { memory, afterByte }: TraceOptions,
): View<TraceState, TraceNews> {
  /** The subscriber's offset in the log, and the number of cuts that were applied to its text. */
  let at = afterByte;
  let cuts: number | undefined;
  let isComplete = false;

  return async ({ log, finished }) => {
    if (isComplete) return undefined;
    const isFirst = cuts === undefined;
    const cutTo = cuts === undefined ? log.end : Math.min(log.end, log.lowestCutSince(cuts));
    const isRewound = cutTo < at;
    // An offset can be inside a character only at the start of the subscription or after a cut.
    const wanted = characterStart(log, Math.min(at, cutTo));
    const knownCuts = log.cuts;
    const maxBytes = memory.bytesPerEvent();
    const isMissing = wanted < log.start;
    const { from, bytes } = isMissing
      ? await readMissing(gitlab, ref, { log, at: wanted, maxBytes })
      : { from: wanted, bytes: log.read(wanted, wanted + maxBytes) };
    // Nothing fails after this line. If the read above fails, it is repeated with the previous
    // offset.
    [at, cuts] = [wanted, knownCuts];
    const isLast = finished && from + bytes.length >= log.end;
    const whole = wholeCharacters(bytes, !isLast);
    if (whole === 0 && !isFirst && !isRewound && !isLast) return undefined;
    at = from + whole;
    isComplete = isLast;
    const toNews = (): TraceNews => ({
      text: bytes.toString('utf8', 0, whole),
      startByte: from,
      endByte: at,
      complete: isLast,
    });
    return isMissing ? toNews() : memory.share([log.number, cuts, from, at, isLast], toNews);
  };
}

/** The state of a followed log. `end` and `cuts` are the values of `log` when it was read. */
interface TraceState {
  log: TraceLog;
  end: number;
  cuts: number;
  /** Whether the job is finished and the log is complete. */
  finished: boolean;
}

const MEBIBYTE = 1024 * 1024;
/** GitLab Runner's default limit of a log. */
const MAX_PER_LOG = 4 * MEBIBYTE;
const MAX_TOTAL = 64 * MEBIBYTE;

/**
 * Maximum size of an event in bytes. GitLab returns up to 500 KiB per request (upstream.md §7).
 * Smaller if there are many subscribers, because each may leave one event unread.
 */
const MAX_PER_EVENT = 256 * 1024;
const MIN_PER_EVENT = 8 * 1024;
const MAX_UNREAD = 64 * MEBIBYTE;
/** Size of the cache of events that several subscribers receive at about the same time. */
const MAX_SHARED = 8 * MEBIBYTE;

export type TraceMemory = ReturnType<typeof createTraceMemory>;

/** Creates the memory limit that all followed logs share. */
export function createTraceMemory(count: { logs(): number; readers(): number }) {
  const shared = new LRUCache<string, TraceNews>({
    maxSize: MAX_SHARED,
    sizeCalculation: ({ text }) => 2 * text.length + 100,
  });
  return {
    /** Returns the maximum bytes to keep of each log. Its last ones are kept. */
    bytesPerLog: () => sharePerLog({ perLog: MAX_PER_LOG, total: MAX_TOTAL }, count.logs()),
    bytesPerEvent: () =>
      Math.min(MAX_PER_EVENT, Math.max(MIN_PER_EVENT, Math.floor(MAX_UNREAD / count.readers()))),
    /** Returns one event object for all subscribers that receive the same piece of a log. */
    share(piece: readonly unknown[], create: () => TraceNews): TraceNews {
      const key = piece.join(' ');
      const news = shared.get(key) ?? create();
      shared.set(key, news);
      return news;
    },
  };
}

interface TraceOptions {
  memory: TraceMemory;
  afterByte: number;
}

/** Waits for the first state of a poll; throws the error that ended it. */
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
 * The log of a job until the job is finished. Joins the caller's poll of the job, which
 * `jobUpdated` uses, too. Reads the log only while the job is active.
 */
export function traceResource(
  ref: JobRef,
  { memory, afterByte }: TraceOptions,
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
      const refresh = async (gitlab: Gitlab, isFirst: boolean, isLive: boolean) => {
        if (isFirst) log = createTraceLog(firstByteFor(gitlab, afterByte), memory.bytesPerLog);
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
      return {
        async read(gitlab, before) {
          hold('logs', 1);
          const activity = activityOf((await currentOf(job.poll)).status);
          const isOver = activity === 'finished';
          if (isOver || activity === 'active') await refresh(gitlab, !before, !isOver);
          const finished = isOver && !isPartial;
          const { end, cuts } = log;
          const isUnchanged = before?.finished === finished && before.end === end;
          return isUnchanged && before.cuts === cuts ? before : { log, end, cuts, finished };
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
