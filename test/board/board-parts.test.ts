import { describe, expect, it } from 'vitest';
import { describeOutcome } from '../../examples/board/src/screens/board/outcome.ts';
import type { Board, Job } from '../../examples/board/src/screens/board/pipeline.ts';
import { reuse } from '../../examples/board/src/screens/board/reuse.ts';
import {
  percentOf,
  spanOf,
  ticksOf,
  timelineRows,
} from '../../examples/board/src/screens/board/timeline-geometry.ts';

const start = Date.parse('2026-01-01T12:00:00Z');
const at = (seconds: number) => start + seconds * 1_000;
const iso = (seconds: number) => new Date(at(seconds)).toISOString();

/**
 * Returns a job. `started` and `finished` are seconds after the start of the pipeline. `queued` is
 * how many seconds the job waited before `started`.
 */
function toJob(name: string, times: { queued?: number; started?: number; finished?: number }): Job {
  const { queued = 0, started, finished } = times;
  const job = {
    id: name,
    databaseId: name,
    kind: 'BUILD',
    name,
    status: 'SUCCESS',
    active: false,
    detailedStatus: { group: 'success', text: 'Passed', tooltip: 'passed', action: null },
    queuedAt: started === undefined ? null : iso(started - queued),
    startedAt: started === undefined ? null : iso(started),
    finishedAt: finished === undefined ? null : iso(finished),
    duration: null,
    queuedDuration: queued,
  } as const;
  return { ...job, attempts: [job] };
}

function toBoard(jobs: Job[], critical: string[] = []): Board {
  const detailedStatus = { group: 'running', text: 'Running' };
  const groups = jobs.map((job) => ({ name: job.name ?? '', detailedStatus, jobs: [job] }));
  return {
    jobCount: jobs.length,
    statusCounts: [],
    stages: [{ name: 'test', manualCount: 0, detailedStatus, groups }],
    timeline: {
      elapsed: null,
      running: null,
      queued: null,
      idle: null,
      criticalPath: critical.map((id) => ({ job: { id } })),
    },
    gaps: [],
  };
}

describe('the timeline', () => {
  it('has a row for each job that waited or ran, by start', () => {
    const late = toJob('late', { queued: 2, started: 30, finished: 40 });
    const early = toJob('early', { queued: 0, started: 5, finished: 9 });
    const rows = timelineRows(toBoard([late, early, toJob('never', {})], ['late']), at(99));
    expect(rows.map(({ job, isCritical }) => [job.name, isCritical])).toEqual([
      ['early', false],
      ['late', true],
    ]);
    expect(rows[1]?.bars).toEqual([
      { kind: 'queued', start: at(28), end: at(30) },
      { kind: 'ran', start: at(30), end: at(40) },
    ]);
  });

  it('lets jobs run, or wait, until now', () => {
    const running = toJob('running', { started: 10 });
    const waiting = toJob('waiting', { queued: 7 });
    const [first, second] = timelineRows(toBoard([running, waiting]), at(20));
    expect(first?.bars).toEqual([{ kind: 'ran', start: at(10), end: at(20) }]);
    expect(second?.bars).toEqual([{ kind: 'queued', start: at(13), end: at(20) }]);
  });

  it('shows earlier attempts, and the pipeline that a trigger job started', () => {
    const before = toJob('attempt 1', { started: 1, finished: 3 });
    const now = toJob('attempt 2', { started: 5, finished: 8 });
    const downstreamPipeline = {
      id: 'p',
      databaseId: '1',
      createdAt: iso(8),
      updatedAt: iso(50),
      complete: true,
      detailedStatus: { group: 'success', text: 'Passed' },
      project: { fullPath: 'a/b' },
    };
    const job = { ...now, attempts: [before, now], downstreamPipeline } as Job;
    const [row] = timelineRows(toBoard([job], ['attempt 1']), at(99));
    expect(row?.bars.map(({ kind, end }) => [kind, end])).toEqual([
      ['earlier', at(3)],
      ['ran', at(8)],
      ['downstream', at(50)],
    ]);
    expect(row?.isCritical).toBe(true);
    expect(spanOf(row ? [row] : [])).toEqual({ start: at(1), end: at(50) });
  });

  it('has an axis of few round times', () => {
    const span = { start: at(0), end: at(203) };
    expect(ticksOf(span, 6)).toEqual([60, 120, 180]);
    expect(ticksOf({ start: 0, end: 1_000 }, 6)).toEqual([1]);
    expect(ticksOf({ start: 0, end: 20 * 86_400_000 }, 6)).toHaveLength(5);
    expect(percentOf(at(101.5), span)).toBe(50);
  });
});

describe('the outcome of an action', () => {
  const refused = { outcome: 'REFUSED', errors: [{ message: '403 Forbidden' }] };
  const notTried = { outcome: 'NOT_TRIED', errors: [{ message: 'Too many requests.' }] };
  const done = { outcome: 'DONE', errors: [] };
  const counts = { done: 0, refused: 0, notTried: 0, unknown: 0, results: [], errors: [] };

  it('of one job is nothing, or the error', () => {
    expect(describeOutcome({ errors: [] })).toBeUndefined();
    const errors = [{ message: 'Job is not retryable.' }];
    expect(describeOutcome({ errors })).toEqual({ text: 'Job is not retryable.', isError: true });
  });

  it('of several jobs says what was done, what was not, and why', () => {
    const results = [done, refused, refused, notTried];
    const payload = { ...counts, done: 1, refused: 2, notTried: 1, results };
    expect(describeOutcome(payload)).toEqual({
      text: '1 done, 2 refused: 403 Forbidden, 1 not tried: Too many requests.',
      isError: true,
    });
    const success = { ...counts, done: 1, results: [done] };
    expect(describeOutcome(success)).toEqual({ text: '1 done.', isError: false });
    expect(describeOutcome(counts)?.text).toBe('No job was chosen.');
  });
});

describe('reuse', () => {
  it('keeps the objects that have not changed, and only them', () => {
    const previous = { jobs: [{ id: 1, times: { end: null } }, { id: 2 }], name: 'a' };
    const next = {
      jobs: [
        { id: 1, times: { end: null } },
        { id: 2, more: true },
      ],
      name: 'a',
    };
    const result = reuse(previous, next);
    expect(result).toEqual(next);
    expect(result.jobs[0]).toBe(previous.jobs[0]);
    expect(result.jobs[1]).not.toBe(previous.jobs[1]);
    expect(reuse(previous, structuredClone(previous))).toBe(previous);
    expect(reuse(previous, { jobs: previous.jobs })).toEqual({ jobs: previous.jobs });
    expect(reuse([1, 2], [1])).toEqual([1]);
    expect(reuse(undefined, next)).toBe(next);
  });
});
