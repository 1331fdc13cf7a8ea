import { describe, expect, it } from 'vitest';
import { at } from '../helpers/start-gateway.ts';
import { build, retriedPipeline, startPipelines } from './pipeline-upstream.ts';

const LIST = 'GET /projects/group%2Fapp/pipelines/900';
const jobsPage = (page: number) => `${LIST}/jobs?include_retried=true&page=${page}&per_page=100`;
const bridgesPage = (page: number) => `${LIST}/bridges?page=${page}&per_page=100`;

const BOARD = `{ pipeline(project: "group/app", id: "900") { board {
  jobCount statusCounts { status count } gaps { part code }
  stages {
    name position positionKnown status hasWarnings manualCount
    groups { name size status hasWarnings jobs { databaseId retried attempts { databaseId } } }
  }
  failedJobs { databaseId }
  timeline { elapsed running queued idle criticalPath { job { databaseId } idle queued ran } }
} } }`;

const group = (
  name: string,
  jobs: readonly (readonly string[])[],
  { status = 'SUCCESS', hasWarnings = false } = {},
) => ({
  name,
  size: jobs.length,
  status,
  hasWarnings,
  jobs: jobs.map((attempts) => ({
    databaseId: attempts.at(-1),
    retried: false,
    attempts: attempts.map((databaseId) => ({ databaseId })),
  })),
});

const stage = (name: string, position: number, more: object) => ({
  name,
  position,
  positionKnown: true,
  status: 'SUCCESS',
  hasWarnings: false,
  manualCount: 0,
  ...more,
});

const step = (databaseId: string, idle: number, queued: number, ran: number) => ({
  job: { databaseId },
  idle,
  queued,
  ran,
});

describe('the board of a pipeline', () => {
  it('has stages in order, groups, attempts and a timeline, for two calls', async () => {
    const { query, calls, bugs } = await startPipelines({ 900: retriedPipeline() });
    const answer = await query(BOARD);
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'pipeline.board')).toEqual({
      jobCount: 7,
      statusCounts: [
        { status: 'SUCCESS', count: 5 },
        { status: 'FAILED', count: 1 },
        { status: 'MANUAL', count: 1 },
      ],
      gaps: [],
      stages: [
        stage('build', 0, { groups: [group('compile', [['201']])] }),
        stage('lint', 1, { groups: [group('lint', [['202', '209']])] }),
        stage('test', 2, {
          hasWarnings: true,
          groups: [
            group('e2e', [['205']], { hasWarnings: true }),
            group('unit', [['203'], ['204']]),
          ],
        }),
        stage('release', 3, {
          manualCount: 1,
          groups: [
            group('contract', [['207']]),
            group('publish', [['206']], { status: 'SKIPPED' }),
          ],
        }),
      ],
      failedJobs: [{ databaseId: '205' }],
      timeline: {
        elapsed: 329,
        running: 202,
        queued: 23,
        idle: 104,
        criticalPath: [
          step('201', 0, 4, 60),
          step('202', 0, 2, 10),
          step('209', 104, 5, 10),
          step('204', 0, 10, 120),
          step('207', 0, 2, 2),
        ],
      },
    });
    expect(calls().sort()).toEqual([bridgesPage(1), jobsPage(1)]);
    expect(bugs).toEqual([]);
  });

  it('is null without error if the pipeline does not exist', async () => {
    const { query, calls } = await startPipelines({});
    const answer = await query(BOARD);
    expect(answer).toMatchObject({ data: { pipeline: { board: null } } });
    expect(answer.errors).toBeUndefined();
    expect(calls()).toHaveLength(2);
  });

  it('is built once for equal selections, and shares pages with larger boards', async () => {
    const { query, calls } = await startPipelines({ 900: retriedPipeline() });
    const answer = await query(`{ pipeline(project: "group/app", id: "900") {
      retryable detailedStatus { action }
      id a: board { jobCount } b: board { failedJobs { databaseId } } c: board(maxJobs: 900) { jobCount }

    } }`);
    expect(answer.data).toMatchObject({
      pipeline: {
        a: { jobCount: 7 },
        b: { failedJobs: [{ databaseId: '205' }] },
        c: { jobCount: 7 },
        retryable: true,
        detailedStatus: { action: 'RETRY' },
      },
    });
    // No call reads the project: its numeric id, which is part of the pipeline's global id, is in
    // the rows.
    expect(calls().sort()).toEqual([LIST, bridgesPage(1), jobsPage(1)].sort());
  });

  it('is read once, also if it is selected below jobs of a pipeline requested by path', async () => {
    const { query, calls } = await startPipelines({ 900: retriedPipeline() });
    const answer = await query(`{ pipeline(project: "group/app", id: "900") {
      board { failedJobs { pipeline { board { jobCount } retryable } } }
    } }`);
    expect(answer.data).toEqual({
      pipeline: {
        board: { failedJobs: [{ pipeline: { board: { jobCount: 7 }, retryable: true } }] },
      },
    });
    expect(calls().sort()).toEqual([bridgesPage(1), jobsPage(1)]);
  });

  it('decides `retryable` if it is the largest one, whatever is selected first', async () => {
    const jobs = Array.from({ length: 20 }, (_, index) => build(1000 + index, `job ${index}`));
    jobs.push(build(1, 'broken', { status: 'failed' }));
    const pipeline = { project: 1, status: 'failed', jobs, bridges: [] };
    const { query } = await startPipelines({ 900: pipeline });
    const answer = await query(`{ pipeline(project: "group/app", id: "900") {
      small: board(maxJobs: 10) { jobCount } retryable large: board { jobCount }
    } }`);
    expect(answer.data).toEqual({
      pipeline: { small: { jobCount: 10 }, retryable: true, large: { jobCount: 21 } },
    });
  });

  it('reads further pages concurrently, up to `maxJobs`', async () => {
    const jobs = Array.from({ length: 450 }, (_, index) => build(1000 + index, `job ${index}`));
    const pipelines = { 900: { project: 1, status: 'success', jobs, bridges: [] } };
    const { query, calls } = await startPipelines(pipelines);
    const board = (maxJobs: number) =>
      query(`{ pipeline(project: "group/app", id: "900") {
        board(maxJobs: ${maxJobs}) { jobCount gaps { part code message retryAfter } }
      } }`);
    expect(at(await board(500), 'pipeline.board')).toEqual({ jobCount: 450, gaps: [] });
    const pages = [1, 2, 3, 4, 5].map(jobsPage);
    expect(calls().sort()).toEqual([bridgesPage(1), ...pages].sort());
    expect(at(await board(250), 'pipeline.board')).toEqual({
      jobCount: 250,
      gaps: [
        {
          part: 'MORE_JOBS',
          code: 'TOO_MANY',
          message: 'The pipeline has more jobs than `maxJobs`. The board has the newest.',
          retryAfter: null,
        },
      ],
    });
    expect(calls()).toHaveLength(4);
  });

  it('reads page after page if GitLab does not count the jobs', async () => {
    const jobs = Array.from({ length: 250 }, (_, index) => build(1000 + index, `job ${index}`));
    const pipelines = { 900: { project: 1, status: 'success', jobs, bridges: [] } };
    const { query, calls } = await startPipelines(pipelines, { counts: false });
    const answer = await query(BOARD);
    expect(at(answer, 'pipeline.board.jobCount')).toBe(250);
    expect(calls().sort()).toEqual([bridgesPage(1), ...[1, 2, 3].map(jobsPage)].sort());
  });

  it.each([0, 2001, -1])('refuses `maxJobs: %i` before any call', async (maxJobs) => {
    const { query, calls } = await startPipelines({ 900: retriedPipeline() });
    const answer = await query(
      `{ pipeline(project: "1", id: "900") { board(maxJobs: ${maxJobs}) { jobCount } } }`,
    );
    expect(answer.errors).toMatchObject([
      {
        message: `\`maxJobs\` must be from 1 to 2000, not ${maxJobs}.`,
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ]);
    expect(calls()).toEqual([]);
  });
});

describe('a board of which a part cannot be read', () => {
  const path = '/projects/1/pipelines/900';
  const read = (query: (text: string) => Promise<unknown>) =>
    query(`{ pipeline(project: "1", id: "900") {
      databaseId
      board { jobCount gaps { part code message retryAfter } stages { name positionKnown } }
    } }`);

  it.each([
    [401, 'UNAUTHENTICATED', {}, null],
    [403, 'FORBIDDEN', {}, null],
    [404, 'NOT_FOUND', {}, null],
    [500, 'UPSTREAM_UNAVAILABLE', {}, null],
    [503, 'UPSTREAM_UNAVAILABLE', { 'retry-after': '90' }, 90],
    [429, 'RATE_LIMITED', { 'retry-after': '90' }, 90],
  ])('has a gap instead of trigger jobs after %i', async (status, code, headers, retryAfter) => {
    const { query, faults } = await startPipelines({ 900: retriedPipeline() });
    faults[`${path}/bridges`] = { status, headers, body: { message: `${status} of bridges` } };
    expect(await read(query)).toMatchObject({
      data: { pipeline: { board: { jobCount: 6, gaps: [{ part: 'BRIDGES', code, retryAfter }] } } },
    });
  });

  it.each([
    [403, 'FORBIDDEN'],
    [500, 'UPSTREAM_UNAVAILABLE'],
  ])('is an error if the jobs fail with %i, and its siblings stay', async (status, code) => {
    const { query, faults } = await startPipelines({ 900: retriedPipeline() });
    faults[`${path}/jobs`] = { status };
    expect(await read(query)).toMatchObject({
      data: { pipeline: { databaseId: '900', board: null } },
      errors: [{ path: ['pipeline', 'board'], extensions: { code } }],
    });
  });

  it('has a gap instead of a further page, and does not claim the place of its stages', async () => {
    const late = { stage: 'deploy', created_at: '2026-11-29T11:00:00.000Z' };
    const jobs = [
      ...Array.from({ length: 150 }, (_, index) => build(1000 + index, `job ${index}`)),
      build(2000, 'deploy', late),
    ];
    const pipelines = { 900: { project: 1, status: 'success', jobs, bridges: [] } };
    const { query, faults } = await startPipelines(pipelines);
    faults[`${path}/jobs?include_retried=true&page=2&per_page=100`] = { status: 500 };
    expect(await read(query)).toMatchObject({
      data: {
        pipeline: {
          board: {
            jobCount: 100,
            gaps: [{ part: 'MORE_JOBS', code: 'UPSTREAM_UNAVAILABLE' }],
            stages: [{ name: 'test' }, { name: 'deploy', positionKnown: false }],
          },
        },
      },
    });
  });

  it('reads `trigger_jobs` where `bridges` is gone', async () => {
    const { query, calls, faults } = await startPipelines({ 900: retriedPipeline() });
    faults[`${path}/bridges`] = { status: 404, body: { error: '404 Not Found' } };
    expect(await read(query)).toMatchObject({ data: { pipeline: { board: { jobCount: 7 } } } });
    expect(calls()).toContain(`GET ${path}/trigger_jobs?page=1&per_page=100`);
  });
});

describe('the attempts of a job', () => {
  it('cost one call per pipeline outside of a board', async () => {
    const { query, calls } = await startPipelines({ 900: retriedPipeline() });
    const answer = await query(`{ pipeline(project: "group/app", id: "900") {
      jobs(statuses: []) { nodes { databaseId retried attempts { databaseId retried } } }
      bridges { nodes { databaseId attempts { databaseId } } }
    } }`);
    expect(at(answer, 'pipeline.jobs.nodes')).toContainEqual({
      databaseId: '209',
      retried: false,
      attempts: [
        { databaseId: '202', retried: true },
        { databaseId: '209', retried: false },
      ],
    });
    expect(at(answer, 'pipeline.bridges.nodes')).toEqual([
      { databaseId: '207', attempts: [{ databaseId: '207' }] },
    ]);
    expect(calls()).toHaveLength(3);
    expect(calls()).not.toContain(bridgesPage(1));
  });

  it('are null if the pipeline has more than 500', async () => {
    const jobs = Array.from({ length: 501 }, (_, index) => build(1000 + index, `job ${index}`));
    const pipelines = { 900: { project: 1, status: 'success', jobs, bridges: [] } };
    const { query, calls } = await startPipelines(pipelines);
    const answer = await query(`{ pipeline(project: "group/app", id: "900") {
      jobs(first: 2) { nodes { databaseId attempts { databaseId } } }
    } }`);
    expect(at(answer, 'pipeline.jobs.nodes')).toEqual([
      { databaseId: '1500', attempts: null },
      { databaseId: '1499', attempts: null },
    ]);
    expect(calls()).toHaveLength(6);
  });
});
