import { describe, expect, it } from 'vitest';
import {
  GitlabCallBudgetError,
  GitlabMisroutedError,
  GitlabStatusError,
} from '../../src/gitlab/errors.ts';
import type { OffsetRequest, Page } from '../../src/gitlab/pagination.ts';
import type { AnyJob } from '../../src/gitlab/rows.ts';
import { coversRows, limitRows, readBoardRows } from '../../src/pipeline/board-rows.ts';
import { bridge, build } from './rows.ts';

const origin = { method: 'GET', path: '/projects/1/pipelines/900/jobs' };
const failure = (status: number) => new GitlabStatusError({ status }, origin);

interface ListOptions<Row> {
  /** Errors that are thrown instead of returning a page, by page number. */
  failures?: Record<number, Error>;
  isCounted?: boolean;
  /** Returns members that replace those of a page before the server sends it. */
  change?: (page: Page<Row>, number: number) => Partial<Page<Row>>;
}

/** Creates a list of rows with the ids `size` to 1, which records the requested pages. */
function createList<Row extends AnyJob>(
  create: (row: { id: number; name: string }) => Row,
  size: number,
  { failures = {}, isCounted = true, change = () => ({}) }: ListOptions<Row> = {},
) {
  const rows = Array.from({ length: size }, (_, at) => create({ id: size - at, name: `${at}` }));
  const asked: number[] = [];
  const read = async ({ page: number, perPage }: OffsetRequest): Promise<Page<Row>> => {
    expect(perPage).toBe(100);
    asked.push(number);
    const error = failures[number];
    if (error) throw error;
    const page = {
      items: rows.slice((number - 1) * 100, number * 100),
      hasNext: size > number * 100,
      hasPrevious: number > 1,
      total: isCounted ? size : undefined,
    };
    return { ...page, ...change(page, number) };
  };
  return { rows, asked, read };
}

const jobList = (size: number, options?: ListOptions<ReturnType<typeof build>>) =>
  createList(build, size, options);
const bridgeList = (size: number, options?: ListOptions<ReturnType<typeof bridge>>) =>
  createList(bridge, size, options);

const read = (jobs: ReturnType<typeof jobList>, { bridges = bridgeList(0), maxJobs = 500 } = {}) =>
  readBoardRows({ jobs: jobs.read, bridges: bridges.read }, maxJobs);

describe('the rows of a board', () => {
  it('are those of both lists, in one call each up to 100 rows', async () => {
    const [jobs, bridges] = [jobList(100), bridgeList(3)];
    expect(await read(jobs, { bridges })).toEqual({
      jobs: jobs.rows,
      bridges: bridges.rows,
      hasAllBridges: true,
      gaps: [],
    });
    expect([jobs.asked, bridges.asked]).toEqual([[1], [1]]);
  });

  it.each([
    ['concurrently if GitLab counts them', true],
    ['one after another if not', false],
  ])('are read page by page, further pages %s', async (_, isCounted) => {
    let running = 0;
    let most = 0;
    const jobs = jobList(450, { isCounted });
    const counting = async (page: OffsetRequest) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return jobs.read(page);
    };
    const rows = await readBoardRows({ jobs: counting, bridges: bridgeList(0).read }, 500);
    expect(rows).toEqual({ jobs: jobs.rows, bridges: [], hasAllBridges: true, gaps: [] });
    expect(jobs.asked).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(isCounted ? 4 : 1);
  });

  it('are the newest ones of each list if there are more', async () => {
    const [jobs, bridges] = [jobList(451), bridgeList(251)];
    expect(await read(jobs, { bridges, maxJobs: 250 })).toEqual({
      jobs: jobs.rows.slice(0, 250),
      bridges: bridges.rows.slice(0, 250),
      hasAllBridges: false,
      gaps: [{ part: 'MORE_JOBS', limit: 250 }],
    });
    expect([jobs.asked, bridges.asked]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it.each([
    [true, 500, []],
    [false, 500, []],
    [true, 501, [{ part: 'MORE_JOBS', limit: 500 }]],
    [false, 501, [{ part: 'MORE_JOBS', limit: 500 }]],
  ])('have a gap only if more remain (counted: %s, rows: %i)', async (isCounted, size, gaps) => {
    const jobs = jobList(size, { isCounted });
    expect((await read(jobs)).gaps).toEqual(gaps);
    expect(jobs.asked).toEqual([1, 2, 3, 4, 5]);
  });

  it('contain a row once that moved to the next page between two reads', async () => {
    const jobs = jobList(150, {
      change: ({ items }, number) =>
        number === 2 ? { items: [build({ id: 51, name: '99' }), ...items] } : {},
    });
    expect((await read(jobs)).jobs).toEqual(jobs.rows);
  });

  it('contain rows of a page that was added between two reads', async () => {
    const jobs = jobList(201, { change: (_, number) => (number === 1 ? { total: 200 } : {}) });
    expect(await read(jobs)).toEqual({
      jobs: jobs.rows,
      bridges: [],
      hasAllBridges: true,
      gaps: [],
    });
    expect(jobs.asked).toEqual([1, 2, 3]);
  });

  it('are read to the end if no header shows whether a full page is followed', async () => {
    const change = ({ items }: Page<unknown>) => ({
      hasNext: items.length === 100 ? undefined : false,
    });
    const jobs = jobList(200, { isCounted: false, change });
    expect(await read(jobs)).toEqual({
      jobs: jobs.rows,
      bridges: [],
      hasAllBridges: true,
      gaps: [],
    });
    expect(jobs.asked).toEqual([1, 2, 3]);
  });

  it('are not read without end if each page has the same rows', async () => {
    const page = jobList(100);
    const jobs = jobList(100, {
      change: () => ({ items: page.rows, hasNext: true, total: undefined }),
    });
    const { gaps, jobs: rows } = await read(jobs, { maxJobs: 2000 });
    expect(rows).toEqual(page.rows);
    expect(gaps).toMatchObject([{ part: 'MORE_JOBS', error: expect.any(GitlabMisroutedError) }]);
    expect(jobs.asked).toEqual([1, 2, 3]);
  });
});

describe('a call that fails', () => {
  it('for the first page of jobs, is the error of the read', async () => {
    const bridges = bridgeList(0, { failures: { 1: failure(403) } });
    const jobs = jobList(5, { failures: { 1: failure(404) } });
    await expect(read(jobs, { bridges })).rejects.toMatchObject({ status: 404 });
  });

  it.each([404, 401, 503])('for trigger jobs with %i, leaves a gap', async (status) => {
    const error = failure(status);
    const jobs = jobList(2);
    expect(await read(jobs, { bridges: bridgeList(5, { failures: { 1: error } }) })).toEqual({
      jobs: jobs.rows,
      bridges: [],
      hasAllBridges: false,
      gaps: [{ part: 'BRIDGES', error }],
    });
  });

  it.each([
    ['an error of GitLab', failure(503)],
    ['the end of the call budget', new GitlabCallBudgetError(10, origin)],
  ])('for a further page with %s, leaves a gap and the rows of other pages', async (_, error) => {
    const jobs = jobList(300, { failures: { 2: error } });
    const { rows } = jobs;
    expect(await read(jobs, { bridges: bridgeList(1) })).toMatchObject({
      jobs: [...rows.slice(0, 100), ...rows.slice(200)],
      bridges: [{ id: 1 }],
      gaps: [{ part: 'MORE_JOBS', error, limit: 500 }],
    });
  });

  it('for a further page, is not repeated and ends the read', async () => {
    const jobs = jobList(300, { failures: { 2: failure(500) }, isCounted: false });
    expect((await read(jobs)).gaps).toMatchObject([{ part: 'MORE_JOBS', error: { status: 500 } }]);
    expect(jobs.asked).toEqual([1, 2]);
  });

  it('for a further page, is the gap even if the other list has more rows', async () => {
    const jobs = jobList(700, { failures: { 2: failure(500) } });
    const bridges = bridgeList(700);
    expect((await read(jobs, { bridges })).gaps).toMatchObject([{ error: { status: 500 } }]);
    const swapped = bridgeList(700, { failures: { 2: failure(500) } });
    expect((await read(jobList(700), { bridges: swapped })).gaps).toMatchObject([
      { part: 'MORE_JOBS', error: { status: 500 } },
    ]);
  });

  it.each(['jobs', 'bridges'])('because the operation was aborted, rejects (%s)', async (list) => {
    const aborted = new DOMException('Operation timeout', 'TimeoutError');
    const failures = { [list === 'jobs' ? 2 : 1]: aborted };
    const jobs = jobList(200, list === 'jobs' ? { failures } : {});
    const bridges = bridgeList(5, list === 'bridges' ? { failures } : {});
    await expect(read(jobs, { bridges })).rejects.toBe(aborted);
  });
});

describe('rows that were read with a greater limit', () => {
  it('are cut like a read with the smaller limit', async () => {
    const [jobs, bridges] = [jobList(450), bridgeList(120)];
    const rows = await read(jobs, { bridges });
    for (const maxJobs of [100, 250, 450]) {
      expect(coversRows(rows, maxJobs)).toBe(true);
      const limited = { ...limitRows(rows, maxJobs), limited: undefined };
      expect(limited).toEqual(await read(jobs, { bridges, maxJobs }));
    }
  });

  it('are one object for equal limits, so that subscribers share a board', async () => {
    const rows = await read(jobList(450));
    const limited = limitRows(rows, 100);
    expect(limitRows(rows, 200)).not.toBe(limited);
    expect(limitRows(rows, 100)).toBe(limited);
  });

  it('keep the gaps that they have', async () => {
    const error = failure(403);
    const rows = await read(jobList(200), { bridges: bridgeList(1, { failures: { 1: error } }) });
    expect(limitRows(rows, 100).gaps).toEqual([
      { part: 'BRIDGES', error },
      { part: 'MORE_JOBS', limit: 100 },
    ]);
  });

  it('do not suffice for a limit that is greater than theirs', async () => {
    const rows = await read(jobList(450), { maxJobs: 200 });
    expect([100, 200, 201, 500].map((maxJobs) => coversRows(rows, maxJobs))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
