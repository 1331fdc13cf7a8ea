import type { Gitlab, JobRef } from '../gitlab/client.ts';
import { motionOf } from './pace.ts';
import type { Poll } from './poll.ts';
import { firstByteFor, readTrace } from './read-trace.ts';
import type { Resource } from './resource.ts';
import { createTraceLog, type TraceLog } from './trace-log.ts';
import { jobResource } from './watch-job.ts';

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
const LEAST_PER_LOG = 64 * 1024;
const MOST_IN_ALL = 64 * MEBIBYTE;

/** Shares the memory out evenly among the logs that are open. */
export function createTraceMemory(): TraceMemory {
  let logs = 0;
  return {
    share: () => Math.min(MOST_PER_LOG, Math.max(LEAST_PER_LOG, Math.floor(MOST_IN_ALL / logs))),
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
          const motion = motionOf((await currentOf(job.poll)).status);
          const finished = motion === 'done';
          if (finished || motion === 'quick') await refresh(gitlab, !before, !finished);
          const { end, cuts } = log;
          return isSame(before, { end, cuts, finished }) ? before : { log, end, cuts, finished };
        },
        motion({ finished }) {
          if (finished) return 'done';
          return motionOf(job.poll.state?.status) === 'quick' ? 'quick' : 'idle';
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
