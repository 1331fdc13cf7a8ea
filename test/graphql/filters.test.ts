import { describe, expect, it } from 'vitest';
import type { Version } from '../../src/simulator/versions.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { codesOf, startGateway } from '../helpers/start-gateway.ts';

/** Starts a gateway and a simulated GitLab with six jobs on two branches, in three statuses. */
function start(version: Version) {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: 'glpat-alice' });
  const project = world.addProject({ path: 'group/app', id: 42, members: { alice: 'maintainer' } });
  for (const [at, ref] of ['main', 'next'].entries()) {
    const pipeline = world.addPipeline(project, { id: 700 + at, ref });
    for (const status of ['success', 'failed', 'running']) world.addJob(pipeline, { status });
  }
  return startGateway({ simulator: { version, world }, token: 'glpat-alice' });
}

const jobs = (args: string, fields = 'nodes { ref statusRaw }') =>
  `{ project(fullPath: "42") { jobs(${args}) { ${fields} } } }`;

describe('the filters of a job list', () => {
  it('are sent in GitLab’s spelling, sorted and without duplicates', async () => {
    const { query, calls } = await start('19.3');
    await query(jobs('statuses: [RUNNING, FAILED, RUNNING]'));
    await query(
      '{ pipeline(project: "42", id: "700") { jobs(statuses: [FAILED], includeRetried: true) { nodes { id } } } }',
    );
    expect(calls()).toEqual([
      'GET /projects/42/jobs?scope[]=failed&scope[]=running&pagination=keyset&per_page=20&order_by=id&sort=desc',
      'GET /projects/42/pipelines/700/jobs?scope[]=failed&include_retried=true&page=1&per_page=20',
    ]);
  });

  it('are not sent if empty', async () => {
    const { query } = await start('19.3');
    const { data } = await query(jobs('statuses: [], ref: " "'));
    expect(data).toMatchObject({ project: { jobs: { nodes: { length: 6 } } } });
  });

  it('filter by ref if the server supports it', async () => {
    const { query } = await start('19.3');
    const { data } = await query(jobs('ref: "next"'));
    const nodes = ['running', 'failed', 'success'].map((statusRaw) => ({ ref: 'next', statusRaw }));
    expect(data).toEqual({ project: { jobs: { nodes } } });
  });

  it('refuse a ref that no server can read, before any call', async () => {
    const { query, calls } = await start('19.3');
    const answer = await query(jobs(`ref: "${'ä'.repeat(513)}"`));
    expect(answer.errors?.[0]).toMatchObject({
      message: '`ref` must have at most 1024 bytes.',
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(calls()).toEqual([]);
  });

  it('never return unfiltered rows if the server ignores ref', async () => {
    const { query } = await start('18.6');
    const answer = await query(jobs('ref: "next"'));
    expect(codesOf(answer)).toEqual({ 'project.jobs': 'BAD_USER_INPUT' });
    expect(answer.errors?.[0]?.message).toContain('19.0');
  });

  it.each(['totalCount', 'totalCount nodes { ref }'])(
    'never pass the number of unfiltered rows on either: %s',
    async (fields) => {
      const { query } = await start('14.10');
      // The three newest jobs are of branch `next`, so the rows alone do not show that the server
      // ignored the filter.
      const answer = await query(jobs('ref: "next", first: 3', fields));
      expect(codesOf(answer)).toEqual({ 'project.jobs': 'BAD_USER_INPUT' });
      expect(answer.data).toEqual({ project: { jobs: null } });
    },
  );

  it('refuse UNKNOWN before any call', async () => {
    const { query, calls } = await start('19.3');
    expect(codesOf(await query(jobs('statuses: [FAILED, UNKNOWN]')))).toEqual({
      'project.jobs': 'BAD_USER_INPUT',
    });
    expect(calls()).toEqual([]);
  });

  it('report a status that the server does not know', async () => {
    const { query } = await start('14.10');
    const answer = await query(jobs('statuses: [CANCELING]'));
    expect(codesOf(answer)).toEqual({ 'project.jobs': 'BAD_USER_INPUT' });
    expect(answer.errors?.[0]?.message).toContain('does not know');
    expect(answer.errors?.[0]?.extensions).toMatchObject({ upstream: { status: 400 } });
  });

  it.each([
    ['first: 0', 'from 1 to 500'],
    ['first: 501', 'from 1 to 500'],
    ['last: -1', 'from 1 to 500'],
    ['first: 1, last: 1', 'cannot go together'],
    ['first: 1, before: "x"', '`before` goes with `last`'],
    ['last: 1, after: "x"', '`after` goes with `first`'],
    ['before: "x"', '`before` goes with `last`'],
    ['after: "x"', 'not a cursor of this gateway'],
  ])('refuse jobs(%s) before any call', async (args, message) => {
    const { query, calls } = await start('19.3');
    const answer = await query(jobs(args));
    expect(codesOf(answer)).toEqual({ 'project.jobs': 'BAD_USER_INPUT' });
    expect(answer.errors?.[0]?.message).toContain(message);
    expect(calls()).toEqual([]);
  });

  it('refuse a cursor of another sort or filter', async () => {
    const { query } = await start('19.3');
    const { data } = await query(jobs('first: 1', 'pageInfo { endCursor }'));
    const { endCursor } = (data as { project: { jobs: { pageInfo: { endCursor: string } } } })
      .project.jobs.pageInfo;
    for (const args of ['sort: ID_ASC', 'statuses: [FAILED]', 'ref: "main"']) {
      const answer = await query(jobs(`after: "${endCursor}", ${args}`));
      expect(answer.errors?.[0]?.message).toContain('cursor of another list');
    }
  });

  it('count only if selected, where GitLab counts', async () => {
    const old = await start('14.10');
    expect((await old.query(jobs('first: 2', 'totalCount'))).data).toEqual({
      project: { jobs: { totalCount: 6 } },
    });
    expect(old.calls()).toEqual(['GET /projects/42/jobs?page=1&per_page=1']);
    const current = await start('19.3');
    const { data } = await current.query(jobs('first: 2', 'totalCount nodes { id }'));
    expect(data).toMatchObject({ project: { jobs: { totalCount: null } } });
  });
});
