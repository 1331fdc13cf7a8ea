import { describe, expect, it } from 'vitest';
import type { AnyJob } from '../../src/gitlab/rows.ts';
import { type Board, buildBoard, failedJobs, statusCounts } from '../../src/pipeline/board.ts';
import { compositeStatus } from '../../src/pipeline/composite-status.ts';
import { isPlayable } from '../../src/pipeline/derived.ts';
import { stageTimes } from '../../src/pipeline/stages.ts';
import { buildTimeline } from '../../src/pipeline/timeline.ts';
import { at, bridge, build, rowsOf, times } from './rows.ts';

const idsOf = (jobs: readonly AnyJob[] | undefined) => jobs?.map(({ id }) => id);

/** A pipeline with a retry, parallel jobs, an allowed failure, a manual job and a trigger job. */
const pipeline: AnyJob[] = [
  build({ id: 201, name: 'compile', stage: 'build', ...times(4, 4, 64) }),
  build({ id: 202, name: 'lint', stage: 'lint', status: 'failed', ...times(2, 66, 76) }),
  build({ id: 203, name: 'unit 1/2', stage: 'test', ...times(3, 198, 258) }),
  build({ id: 204, name: 'unit 2/2', stage: 'test', ...times(10, 205, 325) }),
  build({
    id: 205,
    name: 'e2e: [chrome]',
    stage: 'test',
    status: 'failed',
    allow_failure: true,
    ...times(3, 198, 228),
  }),
  build({ id: 206, name: 'publish', stage: 'release', status: 'manual', allow_failure: true }),
  bridge({ id: 207, name: 'contract', stage: 'release', ...times(2, 327, 329) }),
  build({ id: 209, name: 'lint', stage: 'lint', created_at: at(180), ...times(5, 185, 195) }),
].map((row) => ({ created_at: at(0), ...row }));

const summaryOf = ({ stages }: Board) =>
  stages.map(({ name, positionKnown, groups, jobs }) => ({
    name,
    positionKnown,
    ...compositeStatus(jobs),
    manual: jobs.filter(isPlayable).length,
    groups: groups.map((group) => ({
      name: group.name,
      ...compositeStatus(group.jobs),
      attempts: group.jobs.map(({ attempts }) => idsOf(attempts)),
    })),
  }));

describe('a board', () => {
  const board = buildBoard(rowsOf(pipeline));

  it('has stages, groups and current jobs in order, with their statuses', () => {
    const stage = (name: string, groups: unknown[], more: object = {}) => ({
      name,
      positionKnown: true,
      status: 'success',
      hasWarnings: false,
      manual: 0,
      groups,
      ...more,
    });
    const group = (name: string, attempts: number[][], more: object = {}) => ({
      name,
      status: 'success',
      hasWarnings: false,
      attempts,
      ...more,
    });
    expect(summaryOf(board)).toEqual([
      stage('build', [group('compile', [[201]])]),
      stage('lint', [group('lint', [[202, 209]])]),
      stage('test', [group('e2e', [[205]], { hasWarnings: true }), group('unit', [[203], [204]])], {
        hasWarnings: true,
      }),
      stage(
        'release',
        [group('contract', [[207]]), group('publish', [[206]], { status: 'skipped' })],
        { manual: 1 },
      ),
    ]);
    expect(idsOf(board.jobs)).toEqual([201, 209, 205, 203, 204, 207, 206]);
  });

  it('counts current jobs by status, and finds those that failed', () => {
    expect(statusCounts(board)).toEqual([
      { status: 'success', count: 5 },
      { status: 'failed', count: 1 },
      { status: 'manual', count: 1 },
    ]);
    expect(idsOf(failedJobs(board))).toEqual([205]);
  });

  it('has the timeline of its pipeline', () => {
    const { criticalPath, ...sums } = buildTimeline(board, {
      pipelineCreatedAt: at(0),
      now: Date.parse(at(1000)),
    });
    expect(sums).toEqual({
      startedAt: at(0),
      finishedAt: at(329),
      elapsed: 329,
      running: 202,
      queued: 23,
      idle: 104,
    });
    expect(criticalPath.map(({ job, ...step }) => [job.id, step])).toEqual([
      [201, { idle: 0, queued: 4, ran: 60 }],
      [202, { idle: 0, queued: 2, ran: 10 }],
      [209, { idle: 104, queued: 5, ran: 10 }],
      [204, { idle: 0, queued: 10, ran: 120 }],
      [207, { idle: 0, queued: 2, ran: 2 }],
    ]);
  });

  it('has the times of its stages', () => {
    expect(board.stages.map(stageTimes)).toEqual([
      { startedAt: at(4), finishedAt: at(64) },
      { startedAt: at(185), finishedAt: at(195) },
      { startedAt: at(198), finishedAt: at(325) },
      { startedAt: at(327), finishedAt: null },
    ]);
  });
});
