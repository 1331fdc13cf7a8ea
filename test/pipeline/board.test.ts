import { describe, expect, it } from 'vitest';
import type { AnyJob } from '../../src/gitlab/rows.ts';
import {
  attemptsOf,
  type Board,
  buildBoard,
  failedJobs,
  type Stage,
  statusCounts,
} from '../../src/pipeline/board.ts';
import { compositeStatus } from '../../src/pipeline/composite-status.ts';
import { isPlayable } from '../../src/pipeline/derived.ts';
import { stageEnd, stageStart } from '../../src/pipeline/stages.ts';
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

const timesOf = (stage: Stage) => ({ startedAt: stageStart(stage), finishedAt: stageEnd(stage) });

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

describe('a board', async () => {
  const board = await buildBoard(rowsOf(pipeline));

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
    expect(board.stages.map(timesOf)).toEqual([
      { startedAt: at(4), finishedAt: at(64) },
      { startedAt: at(185), finishedAt: at(195) },
      { startedAt: at(198), finishedAt: at(325) },
      { startedAt: at(327), finishedAt: null },
    ]);
  });
});

const boardOf = (rows: readonly AnyJob[], part?: 'BRIDGES' | 'MORE_JOBS') =>
  buildBoard(rowsOf(rows, part ? [{ part }] : []));

describe('the attempts of a job', () => {
  const freeze = (rows: readonly AnyJob[]) => rows.map((row) => Object.freeze({ ...row }));

  it('are one list of copies, which all of its attempts share', async () => {
    const rows = freeze([1, 3, 2].map((id) => build({ id, name: 'a' })));
    const copies = await attemptsOf(rows);
    expect(idsOf(copies)).toEqual([1, 3, 2]);
    expect(copies.map(({ retried }) => retried)).toEqual([true, false, true]);
    const [first, third, second] = copies;
    for (const copy of copies) {
      expect(copy.attempts).toBe(first?.attempts);
      expect(rows).not.toContain(copy);
    }
    expect(first?.attempts?.map((copy) => [first, second, third].indexOf(copy))).toEqual([0, 1, 2]);
  });

  it('leave rows unchanged that a cache shares', async () => {
    const rows = freeze(pipeline);
    expect(idsOf((await buildBoard(rowsOf(rows))).jobs)).toHaveLength(7);
    expect(rows).toEqual(pipeline);
  });

  it('are rows of one kind', async () => {
    const { jobs } = await boardOf([build({ id: 1, name: 'a' }), bridge({ id: 2, name: 'a' })]);
    expect(jobs.map(({ attempts }) => idsOf(attempts))).toEqual([[1], [2]]);
  });

  it('are not found for rows without a name', async () => {
    const { jobs } = await boardOf([build({ id: 1 }), build({ id: 2, name: null })]);
    expect(jobs.map(({ attempts }) => idsOf(attempts))).toEqual([[1], [2]]);
  });

  it('are in the order of ids of 64 bits', async () => {
    const ids = ['9007199254740993', 12, '9223372036854775807', '9007199254740992'];
    const [copy] = await attemptsOf(ids.map((id) => build({ id, name: 'a' })));
    expect(idsOf(copy?.attempts)).toEqual([12, ids[3], ids[0], ids[2]]);
  });
});

describe('the stages of a board', () => {
  const namesOf = (board: Board) =>
    board.stages.map(({ name, positionKnown }) => (positionKnown ? name : `${name}?`));

  it('are in the order of their oldest attempts, .pre first and .post last', async () => {
    const stages = ['.post', 'b', 'a', '.pre', 'b'];
    const rows = stages.map((stage, at) => build({ id: at + 1, name: `${at}`, stage }));
    expect(namesOf(await boardOf(rows))).toEqual(['.pre', 'b', 'a', '.post']);
  });

  it.each([
    ['with the pipeline', at(60), ['late', 'test']],
    ['over a minute after the pipeline', at(60.001), ['late?', 'test']],
    ['at an unknown time', null, ['late?', 'test']],
  ])('have a known place if their trigger jobs were created %s', async (_, created_at, stages) => {
    const rows = [
      bridge({ id: 2, name: 'a', stage: 'late', created_at }),
      build({ id: 3, name: 'b', stage: 'test', created_at: at(100) }),
    ];
    expect(namesOf(await boardOf(rows))).toEqual(stages);
  });

  it('have a known place without the trigger jobs', async () => {
    const rows = [build({ id: 2, name: 'a', stage: 'test', created_at: at(100) })];
    expect(namesOf(await boardOf(rows, 'BRIDGES'))).toEqual(['test']);
  });

  it('have a known place without older rows if they were created with the pipeline', async () => {
    const rows = [
      build({ id: 5, name: 'a', stage: 'test', created_at: at(0.4) }),
      bridge({ id: 6, name: 'b', stage: 'deploy', created_at: at(0.8) }),
      build({ id: 7, name: 'c', stage: 'build', created_at: at(1.4) }),
      build({ id: 8, name: 'a', stage: 'test', created_at: at(1.5) }),
      build({ id: 9, name: 'd', stage: '.pre', created_at: at(1.6) }),
    ];
    expect(namesOf(await boardOf(rows, 'MORE_JOBS'))).toEqual(['.pre', 'test', 'deploy', 'build?']);
    expect(namesOf(await boardOf(rows.slice(2), 'MORE_JOBS'))).toEqual(['.pre', 'build?', 'test?']);
  });

  it('have groups and jobs in natural order', async () => {
    const names = ['unit 10/10', 'unit 2/10', 'b', 'test 10: [x]', 'unit 1/10', 'test 9: [x]'];
    const rows = names.map((name, index) => build({ id: index + 1, name, stage: 'test' }));
    const [stage] = (await boardOf(rows)).stages;
    expect(stage?.groups.map(({ name }) => name)).toEqual(['b', 'test 9', 'test 10', 'unit']);
    expect(stage?.jobs.map(({ name }) => name)).toEqual([
      'b',
      'test 9: [x]',
      'test 10: [x]',
      'unit 1/10',
      'unit 2/10',
      'unit 10/10',
    ]);
  });

  it('start with their first current job, and end if all are complete', async () => {
    const stageTimesOf = async (rows: readonly AnyJob[]) =>
      (await boardOf(rows)).stages.map(timesOf);
    const jobs = [
      build({ id: 1, name: 'a', ...times(0, 1, 5) }),
      build({ id: 2, name: 'b', started_at: '2026-11-29T11:00:20+01:00', finished_at: at(90) }),
      build({ id: 3, name: 'c', status: 'skipped' }),
      build({ id: 4, name: 'a', ...times(0, 30, 40) }),
    ];
    expect(await stageTimesOf(jobs)).toEqual([
      { startedAt: '2026-11-29T11:00:20+01:00', finishedAt: at(90) },
    ]);
    const running = build({ id: 5, name: 'd', status: 'running', ...times(0, 50) });
    expect(await stageTimesOf([...jobs, running])).toMatchObject([{ finishedAt: null }]);
    expect(await stageTimesOf([build({ id: 1, name: 'a', status: 'skipped' })])).toEqual([
      { startedAt: null, finishedAt: null },
    ]);
  });
});

it('counts statuses that GitLab added as one', async () => {
  const statuses = ['new_in_gitlab', 'success', 'newer', 'running', 'success'];
  const rows = statuses.map((status, index) => build({ id: index + 1, name: `${index}`, status }));
  expect(statusCounts(await boardOf(rows))).toEqual([
    { status: 'UNKNOWN', count: 2 },
    { status: 'success', count: 2 },
    { status: 'running', count: 1 },
  ]);
});

it('lists failed jobs that are not allowed to fail first, then by stage', async () => {
  const failed = (id: number, stage: string, allow_failure?: boolean) =>
    build({ id, name: `${id}`, stage, status: 'failed', allow_failure: allow_failure ?? null });
  const rows = [
    failed(1, 'build', true),
    failed(2, 'test', false),
    failed(3, 'test'),
    failed(4, 'build'),
    build({ id: 5, name: '3', stage: 'test' }),
  ];
  expect(idsOf(failedJobs(await boardOf(rows)))).toEqual([4, 2, 1]);
});

it('is empty for a pipeline without jobs', async () => {
  expect(await boardOf([])).toEqual({ stages: [], jobs: [], attempts: [], gaps: [] });
});
