import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gitlab } from '../../../src/gitlab/client.ts';
import { GitlabStatusError } from '../../../src/gitlab/errors.ts';
import { readJobs, readJobsOfProjects } from '../../../src/gitlab/lists/jobs-by-id.ts';
import type { KeysetRequest, RestPageRequest } from '../../../src/gitlab/pagination.ts';
import type { Job } from '../../../src/gitlab/rows.ts';
import { createServerCapabilities } from '../../../src/gitlab/server-capabilities.ts';

/** Projects by number: their path, and their jobs' ids. */
type Projects = Readonly<Record<string, { path: string; jobs: readonly number[] }>>;

/** A server with several projects, behind the two methods that reads by id use; counts calls. */
function createModel(projects: Projects, options: { keyset?: boolean; kind?: string } = {}) {
  const cost = { calls: 0 };
  const origin = { method: 'GET', path: '/x' };
  function find(name: string) {
    const entry = Object.entries(projects).find(([id, { path }]) => id === name || path === name);
    if (!entry) throw new GitlabStatusError({ status: 404 }, origin);
    const [project_id, { jobs }] = entry;
    const rows = [...new Set(jobs)].sort((a, b) => b - a);
    return rows.map((id) => ({ id, project_id, kind: 'BUILD' }) as Job);
  }
  const server = createServerCapabilities();
  if (options.keyset === false) server.keyset = false;
  const gitlab = {
    server,
    credential: { kind: options.kind ?? 'private-token' },
    async listProjectJobs(project: string, _filter: object, page: RestPageRequest) {
      cost.calls += 1;
      const { id, perPage } = page as KeysetRequest;
      const rows = find(project).filter((row) => Number(row.id) < Number(id));
      const hasNext = rows.length > perPage;
      return { items: rows.slice(0, perPage), hasNext, hasPrevious: undefined, total: undefined };
    },
    async getJob({ project, id }: { project: string; id: string }) {
      cost.calls += 1;
      const job = find(project).find((row) => String(row.id) === id);
      if (!job) throw new GitlabStatusError({ status: 404 }, origin);
      return job;
    },
  } as unknown as Gitlab;
  return { gitlab, cost };
}

const texts = (ids: readonly number[]) => ids.map(String);
const range = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at);

describe('jobs of one project under its path and its number', () => {
  it('are found in one page where they lie in one window', async () => {
    const { gitlab, cost } = createModel({ 42: { path: 'a/b', jobs: range(1, 100) } });
    const wanted = new Map([
      ['42', texts(range(1, 99))],
      ['a/b', ['100']],
    ]);
    const read = await readJobsOfProjects(gitlab, wanted);
    expect(read.get('42')?.get('1')).toMatchObject({ id: 1, project_id: '42' });
    expect(read.get('a/b')?.get('100')).toMatchObject({ id: 100 });
    expect(cost.calls).toBe(1);
  });

  it('are still found where the number is not the path’s', async () => {
    const { gitlab, cost } = createModel({
      42: { path: 'a/b', jobs: range(1, 50) },
      43: { path: 'c/d', jobs: range(51, 50) },
    });
    const wanted = new Map([
      ['43', texts(range(51, 50))],
      ['a/b', texts(range(1, 50))],
    ]);
    const read = await readJobsOfProjects(gitlab, wanted);
    expect([...(read.get('43')?.values() ?? [])].every(Boolean)).toBe(true);
    expect(cost.calls).toBe(2);
  });

  it('are still found where the path is hidden', async () => {
    const { gitlab } = createModel({ 42: { path: 'a/b', jobs: range(1, 10) } });
    const wanted = new Map([
      ['42', texts(range(1, 10))],
      ['no/such', texts(range(1, 10))],
    ]);
    const read = await readJobsOfProjects(gitlab, wanted);
    expect(read.get('42')?.get('7')).toMatchObject({ id: 7 });
    expect(read.get('no/such')?.get('7')).toBeNull();
  });

  it('are not guessed at on a server without keyset pages', async () => {
    const { gitlab, cost } = createModel(
      { 42: { path: 'a/b', jobs: range(1, 4) } },
      { keyset: false },
    );
    const wanted = new Map([
      ['42', ['1', '2']],
      ['a/b', ['3', '4']],
    ]);
    await readJobsOfProjects(gitlab, wanted);
    expect(cost.calls).toBe(4);
  });
});

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 40 });
const world = fc.record({
  present: fc.tuple(ids, ids, ids),
  wanted: fc.tuple(ids, ids, ids, ids),
  kind: fc.constantFrom('private-token', 'job-token'),
});

describe('jobs of any projects under any names', () => {
  it('are what reading each name by itself gives, at no more calls', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ present: [a, b, c], wanted: [w, x, y, z], kind }) => {
        const projects: Projects = {
          1: { path: 'p/a', jobs: a },
          2: { path: 'p/b', jobs: b.filter((id) => !a.includes(id)) },
          3: { path: 'p/c', jobs: c.filter((id) => !a.includes(id) && !b.includes(id)) },
        };
        const wanted = new Map([
          ['1', texts(w)],
          ['p/a', texts(x)],
          ['2', texts(y)],
          ['p/c', texts(z)],
        ]);
        const together = createModel(projects, { kind });
        const apart = createModel(projects, { kind });
        const read = await readJobsOfProjects(together.gitlab, wanted);
        for (const [project, of] of wanted) {
          const expected = await readJobs(apart.gitlab, project, of);
          for (const [id, job] of expected) expect(read.get(project)?.get(id)).toEqual(job);
        }
        expect(together.cost.calls).toBeLessThanOrEqual(apart.cost.calls);
      }),
      { numRuns: 500 },
    );
  });
});
