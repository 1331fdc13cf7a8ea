import { describe, expect, it } from 'vitest';
import { sendJson } from '../gitlab/upstream.ts';
import { type Answer, at, codesOf, textAt } from '../helpers/start-gateway.ts';
import {
  type ListedProject,
  type ProjectsOptions,
  paramsOf,
  projectOf,
  startProjects,
} from './projects-upstream.ts';

const world = (): Record<string, ListedProject> => ({
  'acme/a': projectOf(1, 110, 107, 101),
  'acme/b': projectOf(2, 109, 108, 100),
});

const QUERY = `query ($projects: [ID!]!, $first: Int, $after: String, $last: Int, $before: String,
    $statuses: [CiJobStatus!], $ref: String) {
  jobs(projects: $projects, first: $first, after: $after, last: $last, before: $before,
      statuses: $statuses, ref: $ref) {
    nodes { databaseId }
    edges { cursor node { project { databaseId } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    unread { project code message retryAfter }
  }
}`;
const abc = ['acme/a', 'acme/b', 'acme/c'];

const idsIn = (answer: Answer) =>
  (at(answer, 'jobs.nodes') as { databaseId: string }[]).map(({ databaseId }) =>
    Number(databaseId),
  );

/**
 * Returns a handler that fails the calls for some projects. With `part`, it fails only calls whose
 * URL contains that text.
 */
const failing =
  (
    failures: Record<string, { status: number; headers?: Record<string, string> }>,
    part = '',
  ): NonNullable<ProjectsOptions['intercept']> =>
  (request, response, project) => {
    const failure = request.url?.includes(part) ? failures[project] : undefined;
    if (!failure) return false;
    sendJson(response, { message: `${failure.status} Refused` }, failure);
    return true;
  };

async function start(options: ProjectsOptions = {}, projects = world()) {
  const gateway = await startProjects(projects, options);
  const ask = (variables: Record<string, unknown>, token?: string) =>
    gateway.query(QUERY, { variables, ...(token && { token }) });
  return { ...gateway, projects, ask };
}

describe('the jobs of several projects', () => {
  it('are one list, newest first, with one call per project', async () => {
    const { ask, calls } = await start();
    const answer = await ask({ projects: abc, first: 4 });
    expect(answer.errors).toBeUndefined();
    expect(idsIn(answer)).toEqual([110, 109, 108, 107]);
    expect(at(answer, 'jobs.pageInfo')).toMatchObject({
      hasNextPage: true,
      hasPreviousPage: false,
    });
    expect(at(answer, 'jobs.unread')).toMatchObject([
      { project: 'acme/c', code: 'NOT_FOUND', retryAfter: null },
    ]);
    expect(calls().map(paramsOf)).toEqual(
      expect.toSatisfy(
        (all: object[]) =>
          all.length === 3 && all.every((call) => 'perPage' in call && call.perPage === 5),
      ),
    );
  });

  it('have a next page, which starts in each project at the id of the cursor', async () => {
    const { ask, calls, projects } = await start();
    const first = await ask({ projects: abc, first: 4 });
    const after = textAt(first, 'jobs.pageInfo.endCursor');
    calls();
    // A new job and another order of the projects must not change the page after the cursor.
    projects['acme/a']?.jobs.unshift({ id: 111 });
    for (const order of [abc, ['acme/b', 'acme/a', 'acme/c', 'acme/a']]) {
      const second = await ask({ projects: order, first: 4, after });
      expect(idsIn(second)).toEqual([101, 100]);
      expect(at(second, 'jobs.pageInfo')).toMatchObject({
        hasNextPage: false,
        hasPreviousPage: true,
      });
      const made = calls().map(paramsOf);
      expect(made.map(({ project }) => project).sort()).toEqual(abc);
      expect(made.every(({ id }) => id === 107)).toBe(true);
    }
  });

  it('can be read from the oldest on', async () => {
    const { ask } = await start();
    const last = await ask({ projects: abc, last: 4 });
    expect(idsIn(last)).toEqual([108, 107, 101, 100]);
    expect(at(last, 'jobs.pageInfo')).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const before = textAt(last, 'jobs.pageInfo.startCursor');
    const newer = await ask({ projects: abc, last: 4, before });
    expect(idsIn(newer)).toEqual([110, 109]);
    expect(at(newer, 'jobs.pageInfo')).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  });

  it('can be read from the oldest to the newest with one call per project and page', async () => {
    const jobs = (first: number) => Array.from({ length: 40 }, (_, at) => first - 2 * at);
    const projects = { 'acme/a': projectOf(1, ...jobs(200)), 'acme/b': projectOf(2, ...jobs(199)) };
    const { ask, calls } = await start({}, projects);
    const seen: number[] = [];
    let before: string | undefined;
    for (const rows of [30, 30, 20]) {
      const page = await ask({ projects: Object.keys(projects), last: 30, before });
      expect(idsIn(page)).toHaveLength(rows);
      expect(at(page, 'jobs.pageInfo.hasPreviousPage')).toBe(rows === 30);
      expect(calls()).toHaveLength(2);
      seen.unshift(...idsIn(page));
      before = textAt(page, 'jobs.pageInfo.startCursor');
    }
    expect(seen).toEqual(Array.from({ length: 80 }, (_, place) => 200 - place));
  });

  it('are listed once if a project is named by path and by number', async () => {
    const { ask } = await start();
    const answer = await ask({ projects: ['acme/a', '1'], first: 10 });
    expect(idsIn(answer)).toEqual([110, 107, 101]);
  });

  it('are read on in the project that has the newest unread jobs', async () => {
    const busy = projectOf(1, ...Array.from({ length: 60 }, (_, at) => 1_000 - at));
    const { ask, calls } = await start({}, { ...world(), 'acme/a': busy });
    const answer = await ask({ projects: abc, first: 30 });
    expect(idsIn(answer)).toEqual(busy.jobs.slice(0, 30).map(({ id }) => id));
    const made = calls().map(paramsOf);
    expect(made).toHaveLength(4);
    // After the first calls, the order of 21 rows is certain. The page needs 30, and one more to
    // know whether there is a next page.
    expect(made[3]).toEqual({ project: 'acme/a', perPage: 10, id: 980 });
  });

  it('end at the last sure one if the operation may make no further call', async () => {
    const busy = projectOf(1, ...Array.from({ length: 60 }, (_, at) => 1_000 - at));
    const options = { env: { MAX_UPSTREAM_CALLS: '3' } };
    const { ask, calls } = await start(options, { ...world(), 'acme/a': busy });
    const answer = await ask({ projects: abc, first: 30 });
    expect(answer.errors).toBeUndefined();
    expect(idsIn(answer)).toEqual(busy.jobs.slice(0, 21).map(({ id }) => id));
    expect(at(answer, 'jobs.pageInfo.hasNextPage')).toBe(true);
    expect(at(answer, 'jobs.unread')).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect(calls()).toHaveLength(3);
  });

  it('can be filtered by status and ref', async () => {
    const { ask, projects } = await start();
    Object.assign(projects['acme/a']?.jobs[0] ?? {}, { status: 'failed', ref: 'dev' });
    expect(idsIn(await ask({ projects: abc, statuses: ['FAILED'] }))).toEqual([110]);
    expect(idsIn(await ask({ projects: abc, ref: 'dev' }))).toEqual([110]);
  });

  it('cannot be filtered by ref on a server that ignores it', async () => {
    const { ask } = await start({ filtersRef: false });
    const answer = await ask({ projects: abc, ref: 'dev' });
    expect(codesOf(answer)).toEqual({ jobs: 'BAD_USER_INPUT' });
  });

  it('are read by offset on a server without keyset pagination', async () => {
    const { ask } = await start({ keyset: false });
    const first = await ask({ projects: abc, first: 4 });
    expect(idsIn(first)).toEqual([110, 109, 108, 107]);
    const after = textAt(first, 'jobs.pageInfo.endCursor');
    expect(idsIn(await ask({ projects: abc, first: 4, after }))).toEqual([101, 100]);
  });

  it('have pages of one call per project on a server without keyset pagination', async () => {
    const jobs = (first: number) => Array.from({ length: 40 }, (_, at) => first - 2 * at);
    const projects = { 'acme/a': projectOf(1, ...jobs(200)), 'acme/b': projectOf(2, ...jobs(199)) };
    const { ask, calls } = await start({ keyset: false }, projects);
    const older = { projects: Object.keys(projects), first: 30 };
    const first = await ask(older);
    const second = await ask({ ...older, after: textAt(first, 'jobs.pageInfo.endCursor') });
    calls();
    const third = await ask({ ...older, after: textAt(second, 'jobs.pageInfo.endCursor') });
    expect(idsIn(third)).toEqual(Array.from({ length: 20 }, (_, at) => 140 - at));
    expect(calls()).toHaveLength(2);
    const before = textAt(third, 'jobs.pageInfo.startCursor');
    const newer = await ask({ projects: Object.keys(projects), last: 30, before });
    expect(idsIn(newer)).toEqual(idsIn(second));
    expect(calls()).toHaveLength(2);
  });

  it('are those that each caller may see', async () => {
    const seenBy = { 'glpat-bob': { 'acme/a': projectOf(1, 107), 'acme/c': projectOf(3, 105) } };
    const { ask } = await start({ seenBy });
    const [alice, bob] = await Promise.all([
      ask({ projects: abc }),
      ask({ projects: abc }, 'glpat-bob'),
    ]);
    expect(idsIn(alice)).toEqual([110, 109, 108, 107, 101, 100]);
    expect(idsIn(bob)).toEqual([107, 105]);
    expect(at(bob, 'jobs.unread')).toMatchObject([{ project: 'acme/b', code: 'NOT_FOUND' }]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no project', { projects: [] }, /at least one/],
    ['51 projects', { projects: Array.from({ length: 51 }, (_, n) => `acme/p${n}`) }, /at most 50/],
    ['a malformed project', { projects: ['a b'] }, /full path/],
    ['first: 101', { projects: abc, first: 101 }, /from 1 to 100/],
    ['first: 0', { projects: abc, first: 0 }, /from 1 to 100/],
    ['last: 101', { projects: abc, last: 101 }, /from 1 to 100/],
    ['UNKNOWN', { projects: abc, statuses: ['UNKNOWN'] }, /UNKNOWN/],
    ['a foreign cursor', { projects: abc, after: 'x' }, /not a cursor/],
  ])('cost no call with %s', async (_, variables, message) => {
    const { ask, calls } = await start();
    const answer = await ask(variables);
    expect(codesOf(answer)).toEqual({ jobs: 'BAD_USER_INPUT' });
    expect(answer.errors?.[0]?.message).toMatch(message);
    expect(calls()).toEqual([]);
  });

  it.each([
    ['projects', { projects: ['acme/a', 'acme/b'] }],
    ['statuses', { projects: abc, statuses: ['SUCCESS'] }],
    ['a ref', { projects: abc, ref: 'main' }],
  ])('have cursors that do not fit other %s', async (_, other) => {
    const { ask, calls } = await start();
    const after = textAt(await ask({ projects: abc, first: 1 }), 'jobs.pageInfo.endCursor');
    calls();
    expect(codesOf(await ask({ first: 1, after, ...other }))).toEqual({ jobs: 'BAD_USER_INPUT' });
    expect(calls()).toEqual([]);
  });
});

describe('a project that cannot be read', () => {
  it.each([
    [403, 'FORBIDDEN'],
    [500, 'UPSTREAM_UNAVAILABLE'],
    [504, 'UPSTREAM_TIMEOUT'],
  ])('with %i is %s in `unread`, and the others stay', async (status, code) => {
    const { ask } = await start({ intercept: failing({ 'acme/b': { status } }) });
    const answer = await ask({ projects: ['acme/a', 'acme/b'], first: 3 });
    expect(answer.errors).toBeUndefined();
    expect(idsIn(answer)).toEqual([110, 107, 101]);
    expect(at(answer, 'jobs.pageInfo.hasNextPage')).toBe(false);
    expect(at(answer, 'jobs.unread')).toMatchObject([{ project: 'acme/b', code }]);
  });

  it('is an error of the whole list with 401', async () => {
    const { ask } = await start({ intercept: failing({ 'acme/b': { status: 401 } }) });
    expect(codesOf(await ask({ projects: abc }))).toEqual({ jobs: 'UNAUTHENTICATED' });
  });

  it.each([
    ['429', { status: 429, headers: { 'retry-after': '90' } }, 'RATE_LIMITED'],
    ['500', { status: 500 }, 'UPSTREAM_UNAVAILABLE'],
  ])('is an error of the whole list if all others fail with %s, too', async (_, failure, code) => {
    const failures = Object.fromEntries(abc.map((name) => [name, failure]));
    const { ask } = await start({ intercept: failing(failures) });
    expect(codesOf(await ask({ projects: abc }))).toEqual({ jobs: code });
  });

  it('says when GitLab asks to read a project again', async () => {
    const maintenance = { status: 503, headers: { 'retry-after': '90' } };
    const { ask } = await start({ intercept: failing({ 'acme/b': maintenance }) });
    expect(at(await ask({ projects: abc }), 'jobs.unread')).toMatchObject([
      { project: 'acme/b', code: 'UPSTREAM_UNAVAILABLE', retryAfter: 90 },
      { project: 'acme/c', code: 'NOT_FOUND', retryAfter: null },
    ]);
  });

  it('leaves an empty list if none exists, or if they fail for different reasons', async () => {
    const { ask } = await start({ intercept: failing({ 'acme/a': { status: 500 } }) });
    const none = await ask({ projects: ['acme/x', 'acme/y'] });
    expect(at(none, 'jobs')).toMatchObject({ nodes: [], unread: [{}, {}] });
    const mixed = await ask({ projects: ['acme/a', 'acme/x'] });
    expect(at(mixed, 'jobs')).toMatchObject({
      nodes: [],
      unread: [{ code: 'UPSTREAM_UNAVAILABLE' }, { code: 'NOT_FOUND' }],
    });
  });

  it('with 429 stops the first reads of the projects after it', async () => {
    const names = Array.from({ length: 30 }, (_, n) => `acme/p${n}`);
    const projects = Object.fromEntries(names.map((name, n) => [name, projectOf(n + 1, 100 + n)]));
    const limit = { status: 429, headers: { 'retry-after': '90' } };
    const { ask, calls } = await start(
      { intercept: failing({ 'acme/p3': limit }), config: {} },
      projects,
    );
    const answer = await ask({ projects: names, first: 30 });
    const unread = at(answer, 'jobs.unread') as { code: string; retryAfter: number }[];
    expect(unread.length).toBeGreaterThan(1);
    expect(idsIn(answer)).toHaveLength(30 - unread.length);
    expect(unread.every(({ code }) => code === 'RATE_LIMITED')).toBe(true);
    expect(unread[0]?.retryAfter).toBe(90);
    expect(calls().length).toBeLessThan(30);
  });
});
