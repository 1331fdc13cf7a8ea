import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/gitlab/rows.ts';
import { parseJobName } from '../../src/pipeline/derived.ts';
import { summarizeRuns } from '../../src/pipeline/job-history.ts';
import { computeStats } from '../../src/pipeline/job-stats.ts';
import { build } from './rows.ts';

const seconds = fc.option(fc.integer({ min: 0, max: 20 }));

const someRun = fc.record({
  name: fc.constantFrom('unit 1/2', 'unit 2/2', 'lint', 'Lint', '__proto__'),
  status: fc.constantFrom('success', 'failed', 'canceled'),
  pipeline: fc.option(fc.integer({ min: 1, max: 4 })),
  started_at: fc.constantFrom(null, '2026-11-29T10:00:00.000Z'),
  duration: seconds,
  queued_duration: seconds,
});

/** Generates runs of a few jobs in a few pipelines, newest first. */
const someRuns = fc.array(someRun, { maxLength: 60 }).map((runs) =>
  runs.map(({ pipeline, ...run }, at): Job => {
    const id = runs.length - at;
    return build({ ...run, id, pipeline: pipeline === null ? null : { id: pipeline } });
  }),
);

const sum = (flags: boolean[]) => flags.filter(Boolean).length;

/**
 * Returns the percentile: the smallest value such that at least `percent` % of all values are less
 * than or equal to it. Null if there are no values.
 */
function smallest(values: (number | null | undefined)[], percent: number): number | null {
  const known = values.flatMap((value) => value ?? []).sort((a, b) => a - b);
  const isEnough = (value: number) =>
    100 * sum(known.map((other) => other <= value)) >= percent * known.length;
  return known.find(isEnough) ?? null;
}

/** Computes the statistics of one name in a simple way: compares each run with every other one. */
function referenceOf(runs: readonly Job[]) {
  const isEarlierAttempt = (earlier: Job, run: Job) =>
    earlier.id < run.id &&
    earlier.name === run.name &&
    run.pipeline != null &&
    earlier.pipeline?.id === run.pipeline.id;
  const earlierOf = (run: Job) => runs.filter((other) => isEarlierAttempt(other, run));
  const having = (status: string) => runs.filter((run) => run.status === status);
  const [good, bad] = [having('success'), having('failed')];
  const repaired = good.filter((run) => earlierOf(run).some(({ status }) => status === 'failed'));
  const waits = runs.filter((run) => run.started_at).map((run) => run.queued_duration);
  const durations = good.map((run) => run.duration);
  return {
    runs: runs.length,
    succeeded: good.length,
    failed: bad.length,
    canceled: having('canceled').length,
    failureRate:
      good.length + bad.length === 0
        ? null
        : Number((bad.length / (good.length + bad.length)).toFixed(4)),
    retried: sum(runs.map((run) => earlierOf(run).length > 0)),
    flaky: new Set(repaired.map(({ pipeline }) => pipeline?.id)).size,
    medianDuration: smallest(durations, 50),
    p95Duration: smallest(durations, 95),
    medianQueued: smallest(waits, 50),
    p95Queued: smallest(waits, 95),
    lastFailed: bad[0] ?? null,
    lastRun: runs[0] ?? null,
  };
}

describe('the statistics of jobs', () => {
  it('are those of a comparison of each run with each other one', () => {
    fc.assert(
      fc.property(someRuns, fc.boolean(), (runs, byGroup) => {
        const stats = computeStats(runs, { byGroup });
        const nameOf = ({ name }: Job) => (byGroup ? parseJobName(name ?? '').group : name);
        for (const { name, ...values } of stats.byName) {
          expect(values).toEqual(referenceOf(runs.filter((run) => nameOf(run) === name)));
        }
        expect(new Set(stats.byName.map(({ name }) => name))).toEqual(new Set(runs.map(nameOf)));
        const order = stats.byName.map(({ failed, name }) => ({ failed, name }));
        for (const [at, one] of order.slice(1).entries()) {
          const before = order[at] ?? one;
          const isSorted = before.failed === one.failed && before.name < one.name;
          expect(before.failed > one.failed || isSorted).toBe(true);
        }
        const pipelines = runs.flatMap(({ pipeline }) => pipeline?.id ?? []);
        expect(stats).toMatchObject({
          jobCount: runs.length,
          pipelineCount: new Set(pipelines).size,
        });
      }),
    );
  });

  it('do not take runs without a pipeline or a name for attempts of one job', () => {
    const rows = [
      build({ id: 4, name: 'unit', status: 'success', pipeline: null }),
      build({ id: 3, name: 'unit', status: 'failed', pipeline: null }),
      build({ id: 2, name: null, status: 'success', pipeline: { id: 1 } }),
      build({ id: 1, name: null, status: 'failed', pipeline: { id: 1 } }),
    ];
    const { byName, pipelineCount } = computeStats(rows, { byGroup: true });
    expect(pipelineCount).toBe(1);
    expect(byName).toMatchObject([
      { name: '', runs: 2, retried: 0, flaky: 0 },
      { name: 'unit', runs: 2, retried: 0, flaky: 0 },
    ]);
  });
});

describe('the summary of earlier runs', () => {
  it('counts the failures after the last success', () => {
    fc.assert(
      fc.property(someRuns, (all) => {
        const [job, ...earlier] = all.filter(({ status }, at) => at === 0 || status !== 'canceled');
        if (!job) return;
        const lastSuccess = earlier.find(({ status }) => status === 'success') ?? null;
        const inARow = [job, ...earlier].filter(
          ({ id, status }) => status === 'failed' && id > (lastSuccess?.id ?? 0),
        );
        const failures = job.status === 'success' ? [] : inARow;
        expect(summarizeRuns(job, earlier)).toEqual({
          lastSuccess,
          failuresInARow: failures.length,
          firstFailure: failures.at(-1) ?? null,
        });
      }),
    );
  });
});
