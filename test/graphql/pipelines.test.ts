import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import type { Version } from '../../src/simulator/versions.ts';
import { at, codesOf, type Started, startGateway, textAt } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';
import { startWith } from './own-upstream.ts';

const FIRST = 8001;
const JOB_TOKEN = 'glcbt-64_of-a-job';

/**
 * Creates the small world, in which project 42 has pipeline 700. Adds pipelines 8001 to 8006, whose
 * refs alternate between main and next, and the child pipeline 8100.
 */
function world() {
  const made = smallWorld();
  for (let row = 0; row < 6; row++) {
    made.addPipeline(42, {
      id: FIRST + row,
      ref: row % 2 === 0 ? 'main' : 'next',
      status: row < 3 ? 'success' : 'failed',
      name: row === 5 ? 'Nightly' : null,
      user: 'alice',
    });
  }
  made.addPipeline(42, { id: 8100, source: 'parent_pipeline' });
  return made;
}

const start = (options: { version?: Version } = {}): Promise<Started> =>
  startGateway({ simulator: { world: world(), ...options }, token: tokens.alice });

const list = (args: string, fields = 'nodes { databaseId }', project = '42') =>
  `{ project(fullPath: "${project}") { pipelines${args && `(${args})`} { ${fields} } } }`;
const idsIn = (answer: Parameters<typeof at>[0]) =>
  (at(answer, 'project.pipelines.nodes') as { databaseId: string }[]).map(({ databaseId }) =>
    Number(databaseId),
  );
const pageFields =
  'nodes { databaseId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';

describe('the pipelines of a project', () => {
  it('are listed newest first, without child pipelines', async () => {
    const { query, calls } = await start();
    const answer = await query(list('', 'totalCount nodes { databaseId name status ref }'));
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'project.pipelines.totalCount')).toBe(7);
    expect(idsIn(answer)).toEqual([8006, 8005, 8004, 8003, 8002, 8001, 700]);
    expect(at(answer, 'project.pipelines.nodes.0')).toEqual({
      databaseId: '8006',
      name: 'Nightly',
      status: 'FAILED',
      ref: 'next',
    });
    expect(calls()).toEqual(['GET /projects/42/pipelines?page=1&per_page=20']);
  });

  it('cost one call in the demo', async () => {
    const { query, calls } = await startGateway({
      simulator: { world: seedWorld() },
      token: demo.token,
    });
    const answer = await query(
      '{ project(fullPath: "acme/shop/web") { pipelines(first: 2, ref: "main") { nodes { databaseId status } pageInfo { hasNextPage } } } }',
    );
    expect(at(answer, 'project.pipelines')).toEqual({
      nodes: [
        { databaseId: String(demo.runningPipelineId), status: 'RUNNING' },
        { databaseId: String(demo.pipelineId), status: 'SUCCESS' },
      ],
      pageInfo: { hasNextPage: true },
    });
    expect(calls()).toEqual([
      'GET /projects/acme%2Fshop%2Fweb/pipelines?ref=main&page=1&per_page=2',
    ]);
  });

  it('are null if the project does not exist or is not visible', async () => {
    const { query } = await start();
    for (const token of [tokens.alice, tokens.mallory]) {
      const project = token === tokens.mallory ? '42' : '999';
      const answer = await query(list('', 'nodes { id }', project), { token });
      expect(answer).toMatchObject({ data: { project: { pipelines: null } } });
      expect(answer.errors).toBeUndefined();
    }
  });

  it('are FORBIDDEN for a guest who may see the project alone', async () => {
    const { query } = await start();
    const answer = await query(list('', 'nodes { id }', 'group/secret'), { token: tokens.gus });
    expect(codesOf(answer)).toEqual({ 'project.pipelines': 'FORBIDDEN' });
  });

  it('reveal the number of the project, also to later operations', async () => {
    const { query, calls } = await start();
    const answer = await query(
      '{ project(fullPath: "GROUP/app") { id fullPath pipelines(first: 1) { nodes { id project { id } } } } }',
    );
    const id = toGlobalId('Project', 42);
    expect(answer.data).toEqual({
      project: {
        id,
        fullPath: 'group/app',
        pipelines: { nodes: [{ id: toGlobalId('Pipeline', 42, 8006), project: { id } }] },
      },
    });
    expect(calls()).toEqual(['GET /projects/GROUP%2Fapp/pipelines?page=1&per_page=1']);
    expect(at(await query('{ project(fullPath: "group/App") { id } }'), 'project.id')).toBe(id);
    expect(calls()).toEqual([]);
  });

  it('have the details of each by one call', async () => {
    const { query, calls } = await start();
    const answer = await query(list('first: 2, ref: "main"', 'nodes { name tag beforeSha }'));
    expect(answer.errors).toBeUndefined();
    expect(calls().sort()).toEqual([
      'GET /projects/42/pipelines/8003',
      'GET /projects/42/pipelines/8005',
      'GET /projects/42/pipelines?ref=main&page=1&per_page=2',
    ]);
  });

  it('are read once if they are selected twice', async () => {
    const { query, calls } = await start();
    await query(
      '{ project(fullPath: "42") { pipelines { nodes { id } } again: pipelines(ref: " ") { nodes { name } } } }',
    );
    expect(calls()).toHaveLength(1);
  });

  it('are of the requested project if the server omits its number, and have no names', async () => {
    const rows = [{ id: 7, status: 'success', ref: 'main' }];
    const { query, calls } = await startWith({ '/projects/group%2Fapp/pipelines': rows });
    const answer = await query(
      list('', 'nodes { projectId name pipelineStatus: status }', 'group/app'),
    );
    expect(at(answer, 'project.pipelines.nodes')).toEqual([
      { projectId: 'group/app', name: null, pipelineStatus: 'SUCCESS' },
    ]);
    expect(calls()).toHaveLength(1);
  });

  it('are UPSTREAM_UNAVAILABLE if they belong to different projects', async () => {
    const rows = [42, 43].map((project_id, row) => ({ id: 9 - row, project_id, status: 'failed' }));
    const { query } = await startWith({ '/projects/42/pipelines': rows });
    expect(codesOf(await query(list('')))).toEqual({ 'project.pipelines': 'UPSTREAM_UNAVAILABLE' });
  });

  it('have no count if GitLab does not count them', async () => {
    const { query, simulator } = await start();
    const project = simulator.world.project(42)!;
    const [newest] = project.pipelines.slice(-2);
    for (let row = 1; row <= 10_000; row++) project.pipelines.push({ ...newest!, id: 9000 + row });
    const answer = await query(list('first: 1', 'totalCount pageInfo { hasNextPage }'));
    expect(at(answer, 'project.pipelines')).toEqual({
      totalCount: null,
      pageInfo: { hasNextPage: true },
    });
  });

  it('of one caller are never shown to another', async () => {
    const { query, calls } = await start();
    const text = list('first: 1', 'nodes { name }', 'group/app');
    const answers = await Promise.all(
      [tokens.alice, tokens.mallory, tokens.bob, tokens.mallory].map((token) =>
        query(text, { token }),
      ),
    );
    const seen = { data: { project: { pipelines: { nodes: [{ name: 'Nightly' }] } } } };
    const hidden = { data: { project: { pipelines: null } } };
    expect(answers).toMatchObject([seen, hidden, seen, hidden]);
    expect(calls().length).toBeGreaterThanOrEqual(3);
  });
});

describe('the filters of the list of pipelines', () => {
  const sha = 'c0ffee'.padEnd(40, '0');

  it.each([
    ['ref: "next"', 'ref=next', [8006, 8004, 8002]],
    ['ref: "refs/merge-requests/7/head"', 'ref=refs%2Fmerge-requests%2F7%2Fhead', []],
    ['source: "parent_pipeline"', 'source=parent_pipeline', [8100]],
    ['source: "schedule"', 'source=schedule', []],
    ['status: FAILED', 'status=failed', [8006, 8005, 8004]],
    ['status: FAILED, ref: "main"', 'status=failed&ref=main', [8005]],
    [`sha: "${sha}"`, `sha=${sha}`, []],
    [`sha: "${sha.toUpperCase()}"`, `sha=${sha}`, []],
    [
      'updatedAfter: "2026-11-22T11:00:00+01:00"',
      'updated_after=2026-11-22T11%3A00%3A00%2B01%3A00',
      [],
    ],
    [
      'updatedAfter: "2026-11-22T08:00:00Z", first: 2',
      'updated_after=2026-11-22T08%3A00%3A00Z',
      [8006, 8005],
    ],
  ])('are sent as GitLab spells them: %s', async (args, sent, ids) => {
    const { query, calls } = await start();
    const answer = await query(list(args));
    expect(answer.errors).toBeUndefined();
    expect(idsIn(answer)).toEqual(ids);
    const perPage = args.includes('first: 2') ? 2 : 20;
    expect(calls()).toEqual([`GET /projects/42/pipelines?${sent}&page=1&per_page=${perPage}`]);
  });

  it('are not sent if blank', async () => {
    const { query, calls } = await start();
    const answer = await query(
      list('ref: "", sha: " ", source: "", status: null, updatedAfter: null'),
    );
    expect(idsIn(answer)).toHaveLength(7);
    expect(calls()).toEqual(['GET /projects/42/pipelines?page=1&per_page=20']);
  });

  it.each([
    ['status: UNKNOWN', '`status` cannot have UNKNOWN'],
    [`ref: "${'ä'.repeat(513)}"`, '`ref` must have at most 1024 bytes.'],
    [`source: "${'a'.repeat(1025)}"`, '`source` must have at most 1024 bytes.'],
    ['sha: "main"', '`sha` must be the full hash of a commit in hexadecimal digits, not "main".'],
    [`sha: "${'a'.repeat(65)}"`, '`sha` must be the full hash'],
    ['first: 0', '`first` must be from 1 to 500, not 0.'],
    ['last: 501', '`last` must be from 1 to 500, not 501.'],
    ['after: ""', '`after` is not a cursor of this gateway'],
  ])('are refused before any call: %s', async (args, message) => {
    const { query, calls } = await start();
    const answer = await query(list(args));
    expect(codesOf(answer)).toEqual({ 'project.pipelines': 'BAD_USER_INPUT' });
    expect(answer.errors?.[0]?.message).toContain(message);
    expect(calls()).toEqual([]);
  });

  it('accept only a time as `updatedAfter`', async () => {
    const { query, calls } = await start();
    const answer = await query(list('updatedAfter: "yesterday"'));
    expect(answer.errors?.[0]?.message).toContain('DateTime must be ISO 8601 text');
    expect(calls()).toEqual([]);
  });

  it('report a status that the server does not know', async () => {
    const { query } = await start({ version: '14.10' });
    const answer = await query(list('status: CANCELING'));
    expect(codesOf(answer)).toEqual({ 'project.pipelines': 'BAD_USER_INPUT' });
    expect(answer.errors?.[0]).toMatchObject({
      message: '`status` has a status that this version of GitLab does not know.',
      extensions: { upstream: { status: 400 } },
    });
  });

  it('report a source that the server does not know', async () => {
    const { query } = await start();
    const answer = await query(list('source: "pigeon"'));
    expect(answer.errors?.[0]).toMatchObject({
      message: 'source does not have a valid value',
      extensions: { code: 'BAD_USER_INPUT', upstream: { status: 400 } },
    });
  });
});

describe('the pages of the list of pipelines', () => {
  it('lead forward and backward', async () => {
    const { query } = await start();
    const first = await query(list('first: 3', pageFields));
    expect(idsIn(first)).toEqual([8006, 8005, 8004]);
    expect(at(first, 'project.pipelines.pageInfo')).toMatchObject({
      hasNextPage: true,
      hasPreviousPage: false,
    });
    const end = textAt(first, 'project.pipelines.pageInfo.endCursor');
    const second = await query(list(`first: 4, after: "${end}"`, pageFields));
    expect(idsIn(second)).toEqual([8003, 8002, 8001, 700]);
    expect(at(second, 'project.pipelines.pageInfo')).toMatchObject({
      hasNextPage: false,
      hasPreviousPage: true,
    });
    const startCursor = textAt(second, 'project.pipelines.pageInfo.startCursor');
    const back = await query(list(`last: 2, before: "${startCursor}"`, pageFields));
    expect(idsIn(back)).toEqual([8005, 8004]);
    expect(at(back, 'project.pipelines.pageInfo')).toMatchObject({
      hasNextPage: true,
      hasPreviousPage: true,
    });
    expect(idsIn(await query(list('last: 2')))).toEqual([8001, 700]);
  });

  it('find their place again after pipelines were added', async () => {
    const { query, simulator } = await start();
    const end = textAt(
      await query(list('first: 2', pageFields)),
      'project.pipelines.pageInfo.endCursor',
    );
    for (let row = 0; row < 5; row++) simulator.world.addPipeline(42);
    expect(idsIn(await query(list(`first: 2, after: "${end}"`)))).toEqual([8004, 8003]);
  });

  it('refuse the cursors of other lists and filters before any call', async () => {
    const { query, calls } = await start();
    const cursor = textAt(
      await query(list('first: 1', pageFields)),
      'project.pipelines.pageInfo.endCursor',
    );
    const ofJobs = textAt(
      await query('{ project(fullPath: "42") { jobs(first: 1) { pageInfo { endCursor } } } }'),
      'project.jobs.pageInfo.endCursor',
    );
    calls();
    for (const args of [`after: "${cursor}", ref: "main"`, `after: "${ofJobs}"`]) {
      const answer = await query(list(args));
      expect(codesOf(answer)).toEqual({ 'project.pipelines': 'BAD_USER_INPUT' });
      expect(answer.errors?.[0]?.message).toContain('cursor of another list');
    }
    const elsewhere = await query(list(`after: "${cursor}"`, 'nodes { id }', '44'));
    expect(elsewhere.errors?.[0]?.message).toContain('cursor of another project');
    expect(calls()).toEqual([]);
  });

  it('accept a cursor however the project is named', async () => {
    const { query } = await start();
    const cursor = textAt(
      await query(list('first: 2', pageFields, 'group/app')),
      'project.pipelines.pageInfo.endCursor',
    );
    expect(idsIn(await query(list(`first: 1, after: "${cursor}"`)))).toEqual([8004]);
  });
});

describe('a job token', () => {
  const headers = { 'job-token': JOB_TOKEN };
  const bearer = { authorization: `Bearer ${JOB_TOKEN}` };

  async function startWithJobToken(version: Version, status = 'running') {
    const made = world();
    const job = made.addJob(700, { id: 5000, status, user: 'alice', plan: { frozen: true } });
    made.addToken({ value: JOB_TOKEN, kind: 'job', job });
    const started = await startGateway({ simulator: { world: made, version } });
    return { ...started, world: made };
  }

  it.each([headers, bearer])('lists the pipelines in GitLab 19.2 and later: %o', async (sent) => {
    const { query } = await startWithJobToken('19.3');
    const answer = await query(list('first: 1'), { headers: sent });
    expect(answer.errors).toBeUndefined();
    expect(idsIn(answer)).toEqual([8006]);
  });

  it.each<[string, Version, string, string, Record<string, string>, number]>([
    ['an older server hides the project', '18.6', '42', 'running', headers, 404],
    ['an older server refuses it', '18.6', '42', 'running', bearer, 401],
    ['its job has finished', '19.3', '42', 'success', headers, 401],
    ['the project does not allow it', '19.3', '44', 'running', headers, 403],
  ])('is FORBIDDEN if %s', async (_why, version, project, status, sent, upstream) => {
    const { query } = await startWithJobToken(version, status);
    const answer = await query(list('', 'nodes { id }', project), { headers: sent });
    expect(answer.data).toEqual({ project: { pipelines: null } });
    expect(answer.errors?.[0]).toMatchObject({
      message: expect.stringContaining('19.2 or later'),
      extensions: { code: 'FORBIDDEN', upstream: { status: upstream } },
    });
  });
});
