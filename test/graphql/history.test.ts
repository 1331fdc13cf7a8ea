import { describe, expect, it } from 'vitest';
import { sendJson } from '../gitlab/upstream.ts';
import { at } from '../helpers/start-gateway.ts';
import { type ProjectsOptions, paramsOf, startProjects } from './projects-upstream.ts';

/**
 * A row of the job list: id, name, ref, status, duration, queued duration, pipeline. The newest job
 * comes first.
 */
type Line = [number, string, string, string, number, number, number];

const lines: Line[] = [
  [20, 'unit', 'main', 'failed', 50, 3, 9],
  [19, 'lint', 'main', 'success', 9, 1, 9],
  [18, 'unit', 'dev', 'failed', 40, 2, 8],
  [17, 'unit', 'main', 'failed', 55, 4, 7],
  [16, 'unit', 'main', 'success', 60, 5, 6],
  [15, 'unit', 'main', 'failed', 61, 2, 6],
  [14, 'lint', 'main', 'success', 11, 2, 6],
  [13, 'unit', 'main', 'success', 70, 6, 5],
];

const timeOf = (id: number) => new Date(Date.UTC(2026, 10, 1) + id * 60_000).toISOString();

const toJob = ([id, name, ref, status, duration, queued, pipeline]: Line) => ({
  id,
  name,
  ref,
  status,
  stage: 'test',
  duration,
  queued_duration: queued,
  created_at: timeOf(id),
  started_at: timeOf(id),
  finished_at: timeOf(id),
  pipeline: { id: pipeline, project_id: 42 },
});

interface Options extends Pick<ProjectsOptions, 'filtersRef' | 'sendsLink'> {
  rows?: Line[];
  /** Number of the list call that fails, counted from 1. */
  failAt?: number;
}

/** Starts a gateway, and a GitLab with the jobs of one project. */
function start({ rows = lines, failAt, ...options }: Options = {}) {
  let lists = 0;
  return startProjects(
    { 'group/app': { number: 42, jobs: rows.map(toJob) } },
    {
      ...options,
      intercept({ url = '' }, response) {
        if (!/\/jobs(\?|$)/.test(url)) return false;
        lists += 1;
        if (lists !== failAt) return false;
        sendJson(response, { message: '500 Internal Server Error' }, { status: 500 });
        return true;
      },
    },
  );
}

const HISTORY = `runs { databaseId } lastSuccess { databaseId } failuresInARow
  firstFailure { databaseId } searchedJobs complete`;
const ids = (...all: number[]) => all.map((id) => ({ databaseId: String(id) }));
const history = (id: number, args = '') =>
  `{ job(project: "42", id: ${id}) { history${args} { ${HISTORY} } } }`;

describe('the history of a job', () => {
  it('has earlier runs on its ref, for one call beyond the job', async () => {
    const { query, calls } = await start();
    expect(at(await query(history(20)), 'job.history')).toEqual({
      runs: ids(17, 16, 15, 13),
      lastSuccess: ids(16)[0],
      failuresInARow: 2,
      firstFailure: ids(17)[0],
      searchedJobs: 6,
      complete: true,
    });
    const [job, list, ...more] = calls();
    expect(job).toBe('GET /projects/42/jobs/20');
    expect(paramsOf(list ?? '').id).toBe(20);
    const { searchParams } = new URL(list?.replace('GET ', '') ?? '', 'http://gitlab');
    expect(searchParams.get('ref')).toBe('main');
    expect(more).toEqual([]);
  });

  it('selects the ref itself on a server that ignores it', async () => {
    const { query } = await start({ filtersRef: false });
    expect(at(await query(history(20)), 'job.history')).toMatchObject({
      runs: ids(17, 16, 15, 13),
      searchedJobs: 7,
      complete: true,
    });
  });

  it('has the runs of all refs if asked to', async () => {
    const { query } = await start();
    expect(at(await query(history(20, '(sameRef: false)')), 'job.history')).toMatchObject({
      runs: ids(18, 17, 16, 15, 13),
      failuresInARow: 3,
      firstFailure: ids(17)[0],
    });
  });

  it('has no failures in a row for a job that succeeded', async () => {
    const { query } = await start();
    expect(at(await query(history(16)), 'job.history')).toMatchObject({
      runs: ids(15, 13),
      lastSuccess: ids(13)[0],
      failuresInARow: 0,
      firstFailure: null,
    });
  });

  /**
   * 700 jobs, newest first. Every hundredth job is a run of `unit`; all others are named `other`.
   */
  const many = Array.from({ length: 700 }, (_, index): Line => {
    const id = 5_000 - index;
    return [id, index % 100 === 0 ? 'unit' : 'other', 'main', 'failed', 1, 1, id];
  });

  it('is read until `first` runs are found, through five pages at most', async () => {
    const { query, calls } = await start({ rows: many });
    const two = await query(history(5_000, '(first: 2)'));
    expect(at(two, 'job.history')).toMatchObject({
      runs: ids(4_900, 4_800),
      searchedJobs: 200,
      complete: false,
    });
    expect(calls()).toHaveLength(3);
    const all = await query(history(5_000, '(first: 50)'));
    expect(at(all, 'job.history')).toMatchObject({
      runs: ids(4_900, 4_800, 4_700, 4_600, 4_500),
      failuresInARow: 6,
      searchedJobs: 500,
      complete: false,
    });
    expect(calls()).toHaveLength(6);
  });

  it('keeps what was read if a later page fails', async () => {
    const { query } = await start({ rows: many, failAt: 2 });
    const answer = await query(history(5_000));
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'job.history')).toMatchObject({
      runs: ids(4_900),
      searchedJobs: 100,
      complete: false,
    });
  });

  it('is an error if the first page fails', async () => {
    const { query } = await start({ failAt: 1 });
    expect((await query(history(20))).errors).toMatchObject([
      { path: ['job', 'history'], extensions: { code: 'UPSTREAM_UNAVAILABLE' } },
    ]);
  });

  it.each([0, 51])('refuses `first: %i`', async (first) => {
    const { query } = await start();
    expect((await query(history(20, `(first: ${first})`))).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });
});

const STATS = `from to jobCount pipelineCount complete byName {
  name stage runs succeeded failed canceled failureRate retried flaky
  medianDuration p95Duration medianQueued p95Queued lastFailedAt lastRun { databaseId }
}`;
const stats = (args: string, project = '42') =>
  `{ project(fullPath: "${project}") { jobStats${args} { ${STATS} } } }`;

const unit = {
  name: 'unit',
  stage: 'test',
  runs: 6,
  succeeded: 2,
  failed: 4,
  canceled: 0,
  failureRate: 0.6667,
  retried: 1,
  flaky: 1,
  medianDuration: 60,
  p95Duration: 70,
  medianQueued: 3,
  p95Queued: 6,
  lastFailedAt: timeOf(20),
  lastRun: { databaseId: '20' },
};

const lint = {
  ...unit,
  name: 'lint',
  runs: 2,
  succeeded: 2,
  failed: 0,
  failureRate: 0,
  retried: 0,
  flaky: 0,
  medianDuration: 9,
  p95Duration: 11,
  medianQueued: 1,
  p95Queued: 2,
  lastFailedAt: null,
  lastRun: { databaseId: '19' },
};

describe('the statistics of a project', () => {
  it('are computed from one list', async () => {
    const { query, calls } = await start();
    expect(at(await query(stats('(last: 100)')), 'project.jobStats')).toEqual({
      from: timeOf(13),
      to: timeOf(20),
      jobCount: 8,
      pipelineCount: 5,
      complete: true,
      byName: [unit, lint],
    });
    expect(calls()).toHaveLength(1);
  });

  it('show the number of the project without a further call', async () => {
    const { query, calls } = await start();
    const answer = await query(
      `{ project(fullPath: "group/app") { databaseId jobStats { jobCount } } }`,
    );
    expect(answer.data).toEqual({ project: { databaseId: '42', jobStats: { jobCount: 8 } } });
    expect(calls()).toHaveLength(1);
  });

  it('can be limited to some names, which changes no other value', async () => {
    const { query } = await start();
    expect(at(await query(stats('(names: ["lint", "none"])')), 'project.jobStats')).toMatchObject({
      jobCount: 8,
      byName: [lint],
    });
  });

  it('count parallel jobs under their group unless asked otherwise', async () => {
    const rows: Line[] = [
      [3, 'unit 2/2', 'main', 'success', 20, 1, 1],
      [2, 'unit 2/2', 'main', 'failed', 10, 1, 1],
      [1, 'unit 1/2', 'main', 'canceled', 10, 1, 1],
    ];
    const { query } = await start({ rows });
    const grouped = at(await query(stats('')), 'project.jobStats.byName');
    expect(grouped).toMatchObject([
      { name: 'unit', runs: 3, canceled: 1, retried: 1, flaky: 1, failureRate: 0.5 },
    ]);
    const single = at(await query(stats('(byGroup: false)')), 'project.jobStats.byName');
    expect(single).toMatchObject([
      { name: 'unit 2/2', runs: 2, failed: 1 },
      { name: 'unit 1/2', runs: 1, failureRate: null, medianDuration: null, medianQueued: 1 },
    ]);
  });

  const many = Array.from(
    { length: 250 },
    (_, at): Line => [1_000 - at, 'unit', 'main', 'success', at, 0, at],
  );

  it('read one page for each hundred jobs', async () => {
    const { query, calls } = await start({ rows: many });
    const some = at(await query(stats('(last: 150)')), 'project.jobStats');
    expect(some).toMatchObject({ jobCount: 150, complete: false });
    expect(calls()).toHaveLength(2);
    const all = at(await query(stats('(last: 500)')), 'project.jobStats');
    expect(all).toMatchObject({ jobCount: 250, complete: true });
    expect(calls()).toHaveLength(3);
  });

  it.each([
    [500, 250, 3, true],
    [500, 200, 3, true],
    [200, 200, 3, true],
    [200, 250, 3, false],
    [150, 250, 2, false],
  ])(
    'read each page once if a proxy removes headers: the newest %i of %i in %i calls',
    async (last, rows, count, complete) => {
      const { query, calls } = await start({ rows: many.slice(0, rows), sendsLink: false });
      expect(at(await query(stats(`(last: ${last})`)), 'project.jobStats')).toMatchObject({
        jobCount: Math.min(last, rows),
        complete,
      });
      expect(calls()).toHaveLength(count);
    },
  );

  it('are an error if a page fails, because half of them would mislead', async () => {
    const { query } = await start({ rows: many, failAt: 2 });
    expect(await query(stats(''))).toMatchObject({
      data: { project: { jobStats: null } },
      errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }],
    });
  });

  it('are null if there is no such project, and empty if it has no jobs', async () => {
    const { query } = await start({ rows: [] });
    expect(at(await query(stats('', 'group/other')), 'project.jobStats')).toBeNull();
    expect(at(await query(stats('')), 'project.jobStats')).toEqual({
      from: null,
      to: null,
      jobCount: 0,
      pipelineCount: 0,
      complete: true,
      byName: [],
    });
  });

  it('refuse `ref` on a server that ignores it, and a wrong `last` before any call', async () => {
    const { query, calls } = await start({ filtersRef: false });
    expect((await query(stats('(ref: "main")'))).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    calls();
    for (const last of [99, 2001]) {
      expect((await query(stats(`(last: ${last})`))).errors).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT' } },
      ]);
    }
    expect(calls()).toEqual([]);
  });
});
