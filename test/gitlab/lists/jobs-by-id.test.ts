import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gitlab } from '../../../src/gitlab/client.ts';
import { GitlabResponseError, GitlabStatusError } from '../../../src/gitlab/errors.ts';
import { readJobs } from '../../../src/gitlab/lists/jobs-by-id.ts';
import { planReads, ROWS_PER_CALL, windowsOf } from '../../../src/gitlab/lists/jobs-by-id-plan.ts';
import type { KeysetRequest, RestPageRequest } from '../../../src/gitlab/pagination.ts';
import type { Job } from '../../../src/gitlab/rows.ts';
import { aJob, connect, sendJson, startUpstream, tokenOf } from '../upstream.ts';

/** How a server reacts to cursors that the gateway built itself. */
type Habit = 'as GitLab' | 'ignores cursors' | 'refuses cursors' | 'no keyset';

/**
 * Creates a GitLab client for a project's jobs in memory, with the methods that reads by id use.
 * Counts calls and rows.
 */
function createModel(
  ids: readonly number[],
  options: { habit?: Habit; kind?: string; troubles?: number; namesNext?: boolean } = {},
) {
  const sorted = [...new Set(ids)].sort((a, b) => b - a);
  const cost = { calls: 0, rows: 0, singles: 0 };
  const { habit = 'as GitLab', namesNext = true } = options;
  let { troubles = 0 } = options;
  const origin = { method: 'GET', path: '/x' };
  const toJob = (id: number) => ({ id, project_id: '1', kind: 'BUILD' }) as Job;
  function list(page: KeysetRequest) {
    if (habit === 'no keyset') {
      const gitlabMessage = 'Keyset pagination is not yet available for this type of request';
      throw new GitlabStatusError({ status: 405, gitlabMessage }, origin);
    }
    // The real client sets this when it sees a cursor that the server sent.
    if (page.id === undefined) gitlab.server.builtCursors = habit === 'as GitLab';
    else if (habit === 'refuses cursors' || troubles-- > 0) {
      throw new GitlabStatusError({ status: 500 }, origin);
    }
    const below = habit === 'as GitLab' ? Number(page.id) : Number.POSITIVE_INFINITY;
    const rows = sorted.filter((id) => page.id === undefined || id < below);
    if ((rows[0] ?? 0) >= Number(page.id)) {
      // The real client sets this when it has checked the rows of the page.
      gitlab.server.builtCursors = false;
      throw new GitlabResponseError('wrong page', { status: 200, cursorIgnored: true }, origin);
    }
    cost.rows += Math.min(rows.length, page.perPage);
    const items = rows.slice(0, page.perPage).map(toJob);
    const isFull = items.length === page.perPage;
    const hasNext = namesNext || !isFull ? rows.length > page.perPage : undefined;
    return { items, hasNext, hasPrevious: undefined, total: undefined };
  }
  const gitlab = {
    server: {},
    credential: { kind: options.kind ?? 'private-token' },
    async listProjectJobs(_project: string, _filter: object, page: RestPageRequest) {
      cost.calls += 1;
      return list(page as KeysetRequest);
    },
    async findProjectJobs(_project: string, page: KeysetRequest, wanted: ReadonlySet<string>) {
      cost.calls += 1;
      const { items, hasNext } = list(page);
      const rows = items.map((job) => [String(job.id), job] as const);
      const jobs = new Map(rows.filter(([id]) => wanted.has(id)));
      return { jobs, lastId: items.at(-1)?.id, hasNext };
    },
    async getJob({ id }: { id: string }) {
      cost.calls += 1;
      cost.singles += 1;
      cost.rows += 1;
      if (!sorted.includes(Number(id))) throw new GitlabStatusError({ status: 404 }, origin);
      return toJob(Number(id));
    },
  } as unknown as Gitlab;
  return { gitlab, cost, has: (id: number) => sorted.includes(id) };
}

/** Generates ids as on real servers: dense, sparse, and in distant clusters. */
const ids = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 150 })), {
    maxLength: 120,
  })
  .map((pairs) => pairs.map(([cluster, at]) => cluster * 5_000 + at));
const world = fc.record({ present: ids, wanted: ids });
const habits = fc.constantFrom<Habit>(
  'as GitLab',
  'ignores cursors',
  'refuses cursors',
  'no keyset',
);

describe('reading jobs by id', () => {
  it('returns what single reads would, for any ids, on any server', async () => {
    await fc.assert(
      fc.asyncProperty(
        world,
        habits,
        fc.boolean(),
        async ({ present, wanted }, habit, namesNext) => {
          const all = [...present, ...wanted.filter((id) => id % 3 > 0)];
          const model = createModel(all, { habit, namesNext });
          const outcomes = await readJobs(model.gitlab, '1', wanted.map(String));
          for (const id of wanted) {
            expect(outcomes.get(String(id))?.constructor).not.toBe(Error);
            expect((outcomes.get(String(id)) as Job | null)?.id ?? null).toBe(
              model.has(id) ? id : null,
            );
          }
        },
      ),
    );
  });

  it('makes at most as many calls as single reads, and reads at most about ten rows per id', async () => {
    await fc.assert(
      fc.asyncProperty(world, fc.boolean(), async ({ present, wanted }, namesNext) => {
        const model = createModel([...present, ...wanted], { namesNext });
        await readJobs(model.gitlab, '1', wanted.map(String));
        const count = new Set(wanted).size;
        expect(model.cost.calls).toBeLessThanOrEqual(count);
        expect(model.cost.rows).toBeLessThanOrEqual(count * (ROWS_PER_CALL + 1));
      }),
    );
  });

  it('falls back to single reads on a server that ignores or refuses built cursors', async () => {
    const dense = Array.from({ length: 300 }, (_, at) => at + 1);
    for (const habit of ['ignores cursors', 'refuses cursors', 'no keyset'] as const) {
      // If the server's error does not show that it rejects built cursors, one more call reads the
      // first page, to get a cursor of the server.
      const asked = habit === 'refuses cursors' ? 2 : 1;
      const model = createModel(dense, { habit });
      const wanted = dense.slice(0, 40).map(String);
      const first = await readJobs(model.gitlab, '1', wanted);
      expect([...first.values()].every((job) => job && 'id' in job)).toBe(true);
      expect(model.cost).toMatchObject({ singles: 40, calls: 40 + asked });
      await readJobs(model.gitlab, '1', wanted);
      expect(model.cost.calls).toBe(80 + asked);
    }
  });

  it('uses pages again after a 500 that had another cause than the cursor', async () => {
    const model = createModel([10, 11], { troubles: 1 });
    const first = await readJobs(model.gitlab, '1', ['10', '11']);
    expect([...first.values()].every((job) => job && 'id' in job)).toBe(true);
    expect(model.cost).toMatchObject({ singles: 2, calls: 4 });
    await readJobs(model.gitlab, '1', ['10', '11']);
    expect(model.cost).toMatchObject({ singles: 2, calls: 5 });
  });

  it('reports a page’s error to a job token unchanged', async () => {
    const model = createModel([10, 11], { troubles: 1, kind: 'job-token' });
    const first = await readJobs(model.gitlab, '1', ['10', '11']);
    expect([...first.values()]).toMatchObject([{ status: 500 }, { status: 500 }]);
    const second = await readJobs(model.gitlab, '1', ['10', '11']);
    expect([...second.keys()]).toEqual(['11', '10']);
    expect(model.cost).toMatchObject({ singles: 0, calls: 2 });
  });

  it('never reads single jobs with a job token', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ present, wanted }) => {
        const model = createModel([...present, ...wanted], { kind: 'job-token' });
        const outcomes = await readJobs(model.gitlab, '1', wanted.map(String));
        expect(model.cost.singles).toBe(0);
        expect(outcomes.size).toBe(new Set(wanted).size);
      }),
    );
  });

  it.each([
    ['50 ids out of a window of 100', Array.from({ length: 50 }, (_, at) => 1000 + at * 2), 1],
    [
      '50 of one pipeline, thousands apart on a busy server',
      Array.from({ length: 50 }, (_, at) => at * 4000 + 7),
      1,
    ],
    ['100 neighbours', Array.from({ length: 100 }, (_, at) => 500 + at), 1],
    ['1,000 consecutive jobs', Array.from({ length: 1000 }, (_, at) => 500 + at), 10],
    ['one job', [7], 1],
  ])('reads %s in the fewest calls', async (_name, wanted, calls) => {
    const model = createModel(wanted);
    await readJobs(model.gitlab, '1', wanted.map(String));
    expect(model.cost.calls).toBe(calls);
  });

  it('takes at most one call per window and single id', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ present, wanted }) => {
        const model = createModel([...present, ...wanted]);
        const { pages, singles } = windowsOf(wanted.map(BigInt));
        expect(new Set([...pages.flat(), ...singles])).toEqual(new Set(wanted.map(BigInt)));
        await readJobs(model.gitlab, '1', wanted.map(String));
        expect(model.cost.calls).toBeLessThanOrEqual(pages.length + singles.length);
        for (const page of pages) {
          const { gitlab, cost } = createModel([...present, ...wanted]);
          await readJobs(gitlab, '1', page.map(String));
          expect(cost.calls).toBe(1);
        }
      }),
    );
  });

  it('plans pages only for ids that are worth them', () => {
    expect(planReads([5n, 5000n, 90_000n])).toEqual({ pages: [], singles: [90_000n, 5000n, 5n] });
    expect(planReads([10n, 12n]).pages).toEqual([{ from: 12n, perPage: 3, ids: [12n, 10n] }]);
    expect(planReads([1n, 100n]).pages).toEqual([{ from: 100n, perPage: 20, ids: [100n, 1n] }]);
    expect(planReads([])).toEqual({ pages: [], singles: [] });
  });
});

describe('reading jobs by id while the list of jobs is limited', () => {
  const throttled = { message: { error: 'This endpoint has been requested too many times.' } };
  const limit = { status: 429, headers: { 'retry-after': '60' } };

  /** Starts a GitLab that answers lists with 429; with `isEverything`, also single jobs. */
  async function start(isEverything = false) {
    const upstream = await startUpstream((request, response) => {
      const id = /jobs\/(\d+)/.exec(request.url ?? '')?.[1];
      if (id === undefined || isEverything) return sendJson(response, throttled, limit);
      sendJson(response, aJob(Number(id)));
    });
    return { upstream, ...connect(upstream.url) };
  }
  const ids = ['1', '2', '3', '4'];
  const codesOf = (outcomes: Awaited<ReturnType<typeof readJobs>>) =>
    ids.map((id) => {
      const outcome = outcomes.get(id);
      return outcome instanceof Error ? (outcome as Error & { code: string }).code : outcome?.id;
    });

  it('reads them singly, and the list not before the limit ends', async () => {
    const { upstream, gitlab } = await start();
    const expected = ids.map((id) => expect.toSatisfy((found) => String(found) === id));
    expect(codesOf(await readJobs(gitlab, '1', ids))).toEqual(expected);
    expect(codesOf(await readJobs(gitlab, '1', ids))).toEqual(expected);
    const lists = upstream.log.filter((line) => line.includes('/jobs?'));
    expect([lists.length, upstream.log.length]).toEqual([1, 9]);
  });

  it('stops after the first single read if that is limited, too', async () => {
    const { upstream, gitlab } = await start(true);
    const codes = codesOf(await readJobs(gitlab, '1', ids));
    expect(codes).toEqual(ids.map(() => 'GITLAB_RATE_LIMIT'));
    expect(upstream.log).toHaveLength(2);
  });

  it.each([{}, { 'retry-after': '60' }])(
    'makes no further call if all calls are limited: %j',
    async (headers) => {
      const upstream = await startUpstream((_request, response) => {
        response.writeHead(429, { 'content-type': 'text/plain', ...headers }).end('Retry later\n');
      });
      const budget = { max: 9, left: 9 };
      const gitlab = connect(upstream.url).as(tokenOf('glpat-caller-0001'), { budget });
      const codes = codesOf(await readJobs(gitlab, '1', ids));
      expect(codes).toEqual(ids.map(() => 'GITLAB_RATE_LIMIT'));
      expect([upstream.log.length, budget.left]).toEqual([1, 8]);
    },
  );

  it('keeps the error of the list for ids beyond the call budget', async () => {
    const { as } = await start();
    const gitlab = as(tokenOf('glpat-caller-0001'), { budget: { max: 3, left: 3 } });
    const codes = codesOf(await readJobs(gitlab, '1', ids));
    expect(codes.filter((code) => code === 'GITLAB_RATE_LIMIT')).toHaveLength(2);
  });
});
