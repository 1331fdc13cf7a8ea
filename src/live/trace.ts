import type { Gitlab, JobRef } from '../gitlab/client.ts';
import { wholeCharacters } from '../trace/byte-queue.ts';
import { sharePerLog } from '../trace/log-budget.ts';
import { jobResource } from './job.ts';
import type { Poll, Resource } from './poll.ts';
import { activityOf } from './poll-interval.ts';
import type { View } from './subscriber.ts';
import { createTraceLog, firstByteFor, readTrace, type TraceLog } from './trace-tail.ts';

/** A piece of a log, in whole characters. What the client has from `startByte` on is replaced by it. */
export interface TraceNews {
  text: string;
  startByte: number;
  endByte: number;
  complete: boolean;
}

/** The most of a log in one event; GitLab gives up to 500 KiB at a time (upstream.md §7). */
const MAX_CHUNK = 256 * 1024;
const MAX_CHARACTER = 4;

/** Where the character begins that has a byte at that offset, or that still lacks one there. */
function characterStart(log: TraceLog, at: number): number {
  const from = Math.max(log.start, at - MAX_CHARACTER + 1);
  const before = log.read(from, at + 1);
  const isInside = (byte: number | undefined) => ((byte ?? 0) & 0xc0) === 0x80;
  if (at < log.end && !isInside(before[at - from])) return at;
  const lead = before.findLastIndex((byte) => !isInside(byte));
  const isOne = lead >= 0 && wholeCharacters(before.subarray(lead, at - from), true) === 0;
  return isOne ? from + lead : at;
}

/**
 * What lies before the part of the log that is kept, a piece at a time: asked of GitLab where that can
 * give a part, left out where it cannot. Answers the offset it begins at, too.
 */
async function readMissing(
  gitlab: Gitlab,
  ref: JobRef,
  { log, at }: { log: TraceLog; at: number },
): Promise<{ from: number; bytes: Buffer }> {
  if (gitlab.server.byteOffset) {
    const bytes = await gitlab.getJobTrace(ref, { byteOffset: at, byteLimit: MAX_CHUNK });
    if (bytes.length > 0) return { from: at, bytes };
  }
  const from = Math.max(at, log.start);
  const bytes = log.read(from, from + MAX_CHUNK);
  const inside = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
  const skipped = inside > 0 && inside < MAX_CHARACTER ? inside : 0;
  return { from: from + skipped, bytes: bytes.subarray(skipped) };
}

/**
 * Tells one viewer the log from `afterByte` on, in pieces of whole characters. A log that became
 * shorter, or whose end was rewritten, is told of by a piece that starts before the last one's end.
 */
export function traceView(
  gitlab: Gitlab,
  ref: JobRef,
  afterByte: number,
): View<TraceState, TraceNews> {
  /** How far the viewer is; the cuts it knows of. */
  let at = afterByte;
  let cuts: number | undefined;
  let isComplete = false;

  return async ({ log, finished }) => {
    if (isComplete) return undefined;
    const isFirst = cuts === undefined;
    const cutTo = cuts === undefined ? log.end : Math.min(log.end, log.lowestCutSince(cuts));
    const isBack = cutTo < at;
    // Only where a viewer begins, or a cut is, can that be inside a character.
    at = characterStart(log, Math.min(at, cutTo));
    cuts = log.cuts;
    const { from, bytes } =
      at < log.start
        ? await readMissing(gitlab, ref, { log, at })
        : { from: at, bytes: log.read(at, at + MAX_CHUNK) };
    const isLast = finished && from + bytes.length >= log.end;
    const whole = wholeCharacters(bytes, !isLast);
    if (whole === 0 && !isFirst && !isBack && !isLast) return undefined;
    at = from + whole;
    isComplete = isLast;
    return {
      text: bytes.toString('utf8', 0, whole),
      startByte: from,
      endByte: at,
      complete: isLast,
    };
  };
}

/** A log that is being tailed. `end` and `cuts` are those of the log when it was read. */
export interface TraceState {
  log: TraceLog;
  end: number;
  cuts: number;
  /** The job is finished, and this is all of its log. */
  finished: boolean;
}

/** How much memory all logs that are tailed may take together, and how much one of them may. */
export interface TraceMemory {
  /** The most that a log opened now may keep of its end. */
  share(): number;
  open(): void;
  close(): void;
}

const MEBIBYTE = 1024 * 1024;
/** Covers a whole log of GitLab Runner's default limit. */
const MOST_PER_LOG = 4 * MEBIBYTE;
const MOST_IN_ALL = 64 * MEBIBYTE;

/** Shares the memory out evenly among the logs that are open. */
export function createTraceMemory(): TraceMemory {
  let logs = 0;
  return {
    share: () => sharePerLog({ perLog: MOST_PER_LOG, total: MOST_IN_ALL }, logs),
    open() {
      logs += 1;
    },
    close() {
      logs -= 1;
    },
  };
}

/** Waits for what a poll has read, or for the error that ended it. */
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

function isSame(
  before: TraceState | undefined,
  { end, cuts, finished }: Omit<TraceState, 'log'>,
): before is TraceState {
  return before?.finished === finished && before.end === end && before.cuts === cuts;
}

/**
 * The log of a job as it grows, until the job is finished. The job is watched along with it, by the
 * same poll that serves `jobUpdated`; while it waits for a runner there is no log to ask for.
 */
export function traceResource(
  ref: JobRef,
  options: { memory: TraceMemory; afterByte: number },
): Resource<TraceState> {
  const { memory, afterByte } = options;
  return {
    key: `trace ${ref.project}/${ref.id}`,
    project: ref.project,
    open({ watch }) {
      memory.open();
      const job = watch(jobResource(ref));
      let log = createTraceLog(0, memory.share);
      let isReadWhole = false;
      const refresh = async (gitlab: Gitlab, isFirst: boolean, isLive: boolean) => {
        if (isFirst) log = createTraceLog(firstByteFor(gitlab, afterByte), memory.share);
        await readTrace(gitlab, ref, { log, isLive });
        isReadWhole = gitlab.server.byteOffset === false;
      };
      return {
        async read(gitlab, before) {
          const motion = activityOf((await currentOf(job.poll)).status);
          const finished = motion === 'done';
          if (finished || motion === 'quick') await refresh(gitlab, !before, !finished);
          const { end, cuts } = log;
          return isSame(before, { end, cuts, finished }) ? before : { log, end, cuts, finished };
        },
        activity({ finished }) {
          if (finished) return 'done';
          return activityOf(job.poll.state?.status) === 'quick' ? 'quick' : 'idle';
        },
        leastPauseMs: ({ end }) => (isReadWhole ? (end / MEBIBYTE) * 1000 : 0),
        close() {
          memory.close();
          job.leave();
        },
      };
    },
  };
}
