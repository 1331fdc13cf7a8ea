import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyJob } from '../../src/gitlab/rows.ts';
import { buildTimeline } from '../../src/pipeline/timeline.ts';
import { runs } from '../helpers/runs.ts';
import { at, build, times } from './rows.ts';

const timelineOf = (rows: readonly AnyJob[], now = 1000, pipelineCreatedAt?: string | null) =>
  buildTimeline(
    { attempts: rows },
    {
      pipelineCreatedAt: pipelineCreatedAt === undefined ? at(0) : pipelineCreatedAt,
      now: Date.parse(at(now)),
    },
  );

/** Returns the ids on the critical path of jobs with these times. The jobs have the ids 1, 2, 3… */
const pathOf = (...jobs: ReturnType<typeof times>[]) => {
  const rows = jobs.map((job, index) => build({ id: index + 1, name: `${index + 1}`, ...job }));
  return timelineOf(rows).criticalPath.map(({ job }) => job.id);
};

describe('a timeline', () => {
  it('is null throughout if nothing ran', () => {
    expect(timelineOf([build({ id: 1, name: 'a', status: 'pending' })])).toEqual({
      startedAt: null,
      finishedAt: null,
      elapsed: null,
      running: null,
      queued: null,
      idle: null,
      criticalPath: [],
    });
  });

  it('ends now while its last job runs', () => {
    const done = build({ id: 1, name: 'a', ...times(1, 1, 10) });
    const running = { name: 'b', status: 'running', ...times(2, 12) };
    expect(timelineOf([done, build({ id: 2, ...running })], 50)).toMatchObject({
      finishedAt: null,
      elapsed: 50,
      running: 9 + 38,
    });
    const counted = build({ id: 2, ...running, duration: 37.5 });
    expect(timelineOf([done, counted], 50)).toMatchObject({ running: 9 + 37.5 });
  });

  it('takes the running job as the last, although another one started later', () => {
    const rows = [
      build({ id: 1, name: 'a', status: 'canceling', ...times(0, 0) }),
      build({ id: 2, name: 'b', ...times(0, 5, 40) }),
    ];
    expect(timelineOf(rows, 50).criticalPath.map(({ job }) => job.id)).toEqual([1]);
  });

  it('computes the end of a finished job without a time from its duration', () => {
    const row = { name: 'a', status: 'failed', started_at: at(5), duration: 20 };
    const next = build({ id: 2, name: 'b', ...times(5, 30, 40) });
    expect(timelineOf([build({ id: 1, ...row }), next])).toMatchObject({ elapsed: 40, idle: 5 });
  });

  it('counts an unknown time in the queue as none', () => {
    const [step] = timelineOf([build({ id: 1, name: 'a', ...times(null, 7, 9) })]).criticalPath;
    expect(step).toMatchObject({ idle: 7, queued: 0, ran: 2 });
  });

  it('has no idle time before the first job if the start of the pipeline is unknown', () => {
    const rows = [build({ id: 1, name: 'a', ...times(1, 7, 9) })];
    expect(timelineOf(rows, 1000, null)).toMatchObject({ startedAt: null, idle: 0, elapsed: 3 });
  });

  it('sums without errors of binary fractions', () => {
    const rows = [0.1, 0.2, 0.3].map((queued, index) => {
      const start = 1 + 2 * index + queued;
      return build({ id: index + 1, name: `${index}`, ...times(queued, start), duration: queued });
    });
    for (const [index, row] of rows.entries()) row.finished_at = at(3 + 2 * index);
    expect(timelineOf(rows)).toMatchObject({ queued: 0.6, running: 0.6, idle: 1, elapsed: 2.2 });
  });
});

describe('the critical path', () => {
  it('contains a failed attempt before its retry', () => {
    const rows = [
      build({ id: 1, name: 'a', status: 'failed', ...times(0, 0, 10) }),
      build({ id: 2, name: 'a', ...times(0, 100, 110) }),
    ];
    expect(timelineOf(rows).criticalPath).toMatchObject([
      { job: { id: 1 }, idle: 0 },
      { job: { id: 2 }, idle: 90 },
    ]);
  });

  it('takes the greater id of jobs that ended at the same time', () => {
    expect(pathOf(times(0, 0, 10), times(0, 1, 10), times(0, 10, 20))).toEqual([2, 3]);
    expect(pathOf(times(0, 0, 10), times(0, 10, 20), times(0, 11, 20))).toEqual([1, 3]);
  });

  it('accepts a predecessor that ended up to 2 s after the job was queued', () => {
    expect(pathOf(times(0, 0, 12), times(3, 13, 20))).toEqual([1, 2]);
    expect(pathOf(times(0, 0, 12.001), times(3, 13, 20))).toEqual([2]);
  });

  it('counts no idle time for it', () => {
    const rows = [
      build({ id: 1, name: 'a', ...times(0, 0, 12) }),
      build({ id: 2, name: 'b', ...times(3, 13, 20) }),
    ];
    expect(timelineOf(rows)).toMatchObject({ idle: 0, queued: 3, running: 19, elapsed: 22 });
  });

  it('passes over an attempt that started after its successor', () => {
    expect(pathOf(times(0, 0, 5), times(0, 10.5, 11.5), times(0, 10, 20))).toEqual([1, 3]);
  });

  it('contains each attempt once, even one without duration', () => {
    expect(pathOf(times(0, 10, 10), times(0, 10, 10))).toEqual([1, 2]);
  });

  it('ends at a job for which nothing ended in time', () => {
    expect(pathOf(times(0, 0, 100), times(0, 50, 200))).toEqual([2]);
  });
});

interface Attempt {
  start: number;
  queued: number;
  ran: number;
}

/** Returns the critical path as ids 1, 2, 3… Finds each step by comparing all attempts. */
function findPath(attempts: readonly Attempt[]): number[] {
  const all = attempts.map(({ start, queued, ran }, index) => ({
    id: index + 1,
    start,
    ready: start - queued,
    end: start + ran,
  }));
  const lastOf = (candidates: typeof all) =>
    candidates.reduce<(typeof all)[number] | undefined>(
      (best, one) => (!best || one.end >= best.end ? one : best),
      undefined,
    );
  const path: typeof all = [];
  for (let next = lastOf(all); next; ) {
    const step = next;
    path.unshift(step);
    next = lastOf(
      all.filter(
        (one) => !path.includes(one) && one.start <= step.start && one.end <= step.ready + 2,
      ),
    );
  }
  return path.map(({ id }) => id);
}

const attempt = fc.record({
  start: fc.nat(30),
  queued: fc.nat(6),
  ran: fc.nat(8),
});

it('is found like a search through all attempts finds it', () => {
  fc.assert(
    fc.property(fc.array(attempt, { maxLength: 25 }), (attempts) => {
      const jobs = attempts.map(({ start, queued, ran }) => times(queued, start, start + ran));
      expect(pathOf(...jobs)).toEqual(findPath(attempts));
    }),
    { numRuns: runs(2000) },
  );
});
