import { type Board, type Job, jobsOf } from './pipeline.ts';

/** A bar in a row of the timeline. Times are in ms since 1970. */
export interface Bar {
  kind: 'queued' | 'ran' | 'earlier' | 'downstream';
  start: number;
  end: number;
}

export interface Row {
  job: Job;
  bars: readonly Bar[];
  /** Whether the pipeline had to wait for an attempt of the job (critical path). */
  isCritical: boolean;
}

type Times = Pick<Job, 'queuedAt' | 'startedAt' | 'finishedAt' | 'queuedDuration'>;

const parse = (time: string | null) => (time === null ? undefined : Date.parse(time));

/**
 * Returns a bar for the time in which the job waited for a runner, if it has waited, and a bar for
 * its run, if it has started. A bar whose time has not ended ends at `now`.
 */
function barsOf(times: Times, ran: 'ran' | 'earlier', now: number): Bar[] {
  const queuedMs = (times.queuedDuration ?? 0) * 1_000;
  const start = parse(times.startedAt) ?? now;
  const bars: Bar[] = [];
  if (queuedMs > 0) {
    bars.push({ kind: 'queued', start: parse(times.queuedAt) ?? start - queuedMs, end: start });
  }
  if (times.startedAt) bars.push({ kind: ran, start, end: parse(times.finishedAt) ?? now });
  return bars;
}

/**
 * Returns a bar for the downstream pipeline that a trigger job has started. Otherwise returns [].
 */
function downstreamBars(job: Job, now: number): Bar[] {
  const pipeline = 'downstreamPipeline' in job ? job.downstreamPipeline : undefined;
  const start = parse(pipeline?.createdAt ?? null);
  if (!pipeline || start === undefined) return [];
  const end = pipeline.complete ? (parse(pipeline.updatedAt) ?? start) : now;
  return [{ kind: 'downstream', start, end }];
}

/** Returns a row for each job that has waited or run, sorted by start. */
export function timelineRows(board: Board, now: number): Row[] {
  const critical = new Set(board.timeline.criticalPath.map(({ job }) => job.id));
  const toRow = (job: Job): Row => {
    const attempts = job.attempts ?? [];
    const earlier = attempts.filter(({ id }) => id !== job.id);
    return {
      job,
      bars: [
        ...earlier.flatMap((attempt) => barsOf(attempt, 'earlier', now)),
        ...barsOf(job, 'ran', now),
        ...downstreamBars(job, now),
      ],
      isCritical: critical.has(job.id) || earlier.some(({ id }) => critical.has(id)),
    };
  };
  const startOf = ({ bars }: Row) => Math.min(...bars.map(({ start }) => start));
  return jobsOf(board.stages)
    .map(toRow)
    .filter(({ bars }) => bars.length > 0)
    .sort((one, other) => startOf(one) - startOf(other));
}

/** The period that the rows cover, in ms since 1970. */
export interface Span {
  start: number;
  end: number;
}

export function spanOf(rows: readonly Row[]): Span {
  const bars = rows.flatMap((row) => row.bars);
  const start = bars.reduce((first, bar) => Math.min(first, bar.start), Infinity);
  const end = bars.reduce((last, bar) => Math.max(last, bar.end), start + 1_000);
  return { start, end };
}

/** Returns the position of a time within the span, in percent. */
export function percentOf(time: number, { start, end }: Span): number {
  return Math.round(((time - start) / (end - start)) * 10_000) / 100;
}

const STEPS_SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400,
];

/** Returns at most `count` marks for the axis: round numbers of seconds since the span's start. */
export function ticksOf({ start, end }: Span, count: number): number[] {
  const seconds = (end - start) / 1_000;
  const days = Math.ceil(seconds / 86_400 / count) * 86_400;
  const step = STEPS_SECONDS.find((each) => seconds / each <= count) ?? days;
  return Array.from({ length: Math.floor(seconds / step) }, (_, index) => (index + 1) * step);
}
