import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { at, codesOf, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

const start = () => startGateway({ simulator: { world: smallWorld() }, token: tokens.alice });

describe('Query.project', () => {
  it('makes no call for fields that follow from its path', async () => {
    const { query, calls } = await start();
    const answer = await query(`{
      path: project(fullPath: "group/app") { fullPath __typename }
      number: project(fullPath: 42) { id databaseId }
      none: project(fullPath: "no/where") { fullPath }
    }`);
    expect(answer.data).toEqual({
      path: { fullPath: 'group/app', __typename: 'Project' },
      number: { id: Buffer.from('Project:42').toString('base64url'), databaseId: '42' },
      none: { fullPath: 'no/where' },
    });
    expect(calls()).toEqual([]);
  });

  it('makes one call for all other fields', async () => {
    const { query, calls } = await start();
    const answer = await query(`{
      project(fullPath: "group/app") { id databaseId fullPath name webUrl ciJobTokenScopeEnabled }
    }`);
    expect(answer.data).toMatchObject({
      project: { databaseId: '42', fullPath: 'group/app', name: 'The App' },
    });
    expect(calls()).toEqual(['GET /projects/group%2Fapp']);
  });

  it('is null without error if it does not exist', async () => {
    const { query, calls } = await start();
    const answer = await query(`{
      path: project(fullPath: "no/where") { name }
      number: project(fullPath: 999) { fullPath }
    }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ path: null, number: null });
    expect(calls().sort()).toEqual(['GET /projects/999', 'GET /projects/no%2Fwhere']);
  });

  it('has null lists if only lists are selected and the project does not exist', async () => {
    const { query, calls } = await start();
    const answer = await query(`{
      project(fullPath: "no/where") {
        jobs { nodes { name } } job(id: 1001) { name } pipeline(id: 700) { status }
      }
    }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ project: { jobs: null, job: null, pipeline: null } });
    expect(calls()).toHaveLength(3);
  });

  it.each(['totalCount', '__typename'])(
    'has null jobs if it does not exist, even if GitLab is known not to count jobs: %s',
    async (fields) => {
      const { query, calls } = await start();
      await query('{ project(fullPath: 42) { jobs(first: 1) { nodes { name } } } }');
      calls();
      const answer = await query(`{ project(fullPath: "no/where") { jobs { ${fields} } } }`);
      expect(answer.errors).toBeUndefined();
      expect(answer.data).toEqual({ project: { jobs: null } });
      expect(calls()).toEqual(['GET /projects/no%2Fwhere/jobs?page=1&per_page=1']);
    },
  );

  it('is null if its own fields are selected, too', async () => {
    const { query, calls } = await start();
    const answer = await query(
      '{ project(fullPath: "no/where") { name jobs { nodes { name } } } }',
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ project: null });
    expect(calls()).toHaveLength(2);
  });

  it('is null for a caller without access', async () => {
    const { query } = await start();
    const hidden = '{ project(fullPath: "group/app") { name jobs { nodes { name } } } }';
    expect(await query(hidden, { token: tokens.mallory })).toMatchObject({
      data: { project: null },
    });
  });

  it('is visible to a guest who may not see its jobs', async () => {
    const { query } = await start();
    const answer = await query(
      '{ project(fullPath: "group/secret") { name jobs { nodes { name } } } }',
      { token: tokens.gus },
    );
    expect(answer.data).toEqual({ project: { name: 'secret', jobs: null } });
    expect(codesOf(answer)).toEqual({ 'project.jobs': 'FORBIDDEN' });
  });

  it('is found by its old path after a move', async () => {
    const { query, simulator, calls } = await start();
    simulator.world.moveProject(small.project, 'group/renamed');
    const answer = await query(`{
      project(fullPath: "group/app") { databaseId fullPath }
      job(project: "group/app", id: 1001) { project { fullPath } }
    }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      project: { databaseId: '42', fullPath: 'group/renamed' },
      job: { project: { fullPath: 'group/renamed' } },
    });
    expect(calls().sort()).toEqual([
      'GET /projects/42',
      'GET /projects/42/jobs/1001',
      'GET /projects/group%2Fapp',
      'GET /projects/group%2Fapp/jobs/1001',
    ]);
  });
});

describe('Query.projects', () => {
  it('reads many in the given order, with an error for each that fails', async () => {
    const { query, simulator, bugs } = await start();
    simulator.fail({ kind: '500', match: '/projects/44' });
    const answer = await query(`{
      projects(fullPaths: ["group/secret", "no/where", "44", "..", "42"]) { name }
    }`);
    expect(answer.data).toEqual({
      projects: [{ name: 'secret' }, null, null, null, { name: 'The App' }],
    });
    expect(codesOf(answer)).toEqual({
      'projects.2': 'UPSTREAM_UNAVAILABLE',
      'projects.3': 'BAD_USER_INPUT',
    });
    expect(bugs).toEqual([]);
  });

  it('reads the same project once', async () => {
    const { query, calls } = await start();
    const answer = await query('{ projects(fullPaths: ["42", "42"]) { name } }');
    expect(answer.data).toEqual({ projects: [{ name: 'The App' }, { name: 'The App' }] });
    expect(calls()).toEqual(['GET /projects/42']);
  });

  it('accepts 0 to 100 paths', async () => {
    const { query, calls } = await start();
    const ask = (fullPaths: string[]) =>
      query('query ($fullPaths: [ID!]!) { projects(fullPaths: $fullPaths) { name } }', {
        variables: { fullPaths },
      });
    const answer = await ask(Array(101).fill('42'));
    expect(codesOf(answer)).toEqual({ projects: 'BAD_USER_INPUT' });
    expect((await ask([])).data).toEqual({ projects: [] });
    expect(calls()).toEqual([]);
  });
});

describe('Job.project', () => {
  it('follows from the web URL without a call, also with a relative URL root', async () => {
    const { query, calls, simulator } = await startGateway({
      simulator: { world: smallWorld(), basePath: '/gitlab' },
      token: tokens.alice,
    });
    const answer = await query('{ job(project: "42", id: 1001) { project { fullPath webUrl } } }');
    expect(answer.data).toEqual({
      job: { project: { fullPath: 'group/app', webUrl: `${simulator.url}/group/app` } },
    });
    expect(calls()).toEqual(['GET /projects/42/jobs/1001']);
  });

  it('follows from an external URL if GitLab is called by an internal one', async () => {
    const externalUrl = 'https://git.example.com/lab';
    const { query, calls } = await startGateway({
      simulator: { world: smallWorld(), externalUrl },
      config: { gitlabExternalUrl: externalUrl },
      token: tokens.alice,
    });
    const answer = await query('{ job(project: "42", id: 1001) { project { fullPath webUrl } } }');
    expect(answer.data).toEqual({
      job: { project: { fullPath: 'group/app', webUrl: `${externalUrl}/group/app` } },
    });
    expect(calls()).toHaveLength(1);
  });

  it('leads to its name, its jobs and its pipelines', async () => {
    const { query } = await start();
    const answer = await query(`{
      job(project: "42", id: 1001) {
        project { name jobs(first: 1) { nodes { name } } pipeline(id: 700) { status } job(id: 1002) { name } }
      }
    }`);
    expect(at(answer, 'job.project')).toEqual({
      name: 'The App',
      jobs: { nodes: [{ name: 'bare' }] },
      pipeline: { status: 'RUNNING' },
      job: { name: 'bare' },
    });
  });
});

describe('a project whose number is known', () => {
  it('is not asked for again to make its id, whatever told the number', async () => {
    const { query, calls } = await start();
    const id = toGlobalId('Project', 42);
    await query('{ project(fullPath: "group/app") { jobs(first: 1) { nodes { name } } } }');
    calls();
    const ids = await query('{ project(fullPath: "Group/App") { id databaseId } }');
    expect(ids.data).toEqual({ project: { id, databaseId: '42' } });
    expect(calls()).toEqual([]);
    const empty = await query(
      '{ project(fullPath: "group/app") { id jobs(statuses: [SCHEDULED]) { nodes { name } } } }',
    );
    expect(empty.data).toEqual({ project: { id, jobs: { nodes: [] } } });
    expect(calls()).toHaveLength(1);
  });

  it('keeps its id if the list beside it fails', async () => {
    const { query, simulator, calls } = await start();
    await query('{ project(fullPath: "group/app") { id } }');
    calls();
    simulator.fail({ kind: '500', match: '/jobs?' });
    const answer = await query('{ project(fullPath: "group/app") { id jobs { nodes { id } } } }');
    expect(answer.data).toEqual({ project: { id: toGlobalId('Project', 42), jobs: null } });
    expect(codesOf(answer)).toEqual({ 'project.jobs': 'UPSTREAM_UNAVAILABLE' });
    expect(calls()).toHaveLength(1);
  });

  it('has the path that GitLab uses, which costs a call until it is known', async () => {
    const { query, simulator, calls } = await start();
    simulator.world.moveProject(small.project, 'group/renamed');
    const both = '{ project(fullPath: "group/app") { id fullPath } }';
    await query('{ project(fullPath: "group/app") { jobs(first: 1) { nodes { id } } } }');
    calls();
    const project = { id: toGlobalId('Project', 42), fullPath: 'group/renamed' };
    expect((await query(both)).data).toEqual({ project });
    expect(calls()).toEqual(['GET /projects/42']);
    expect((await query(both)).data).toEqual({ project });
    expect(calls()).toEqual([]);
  });

  it('is not known to another caller', async () => {
    const { query, calls } = await start();
    const text = '{ project(fullPath: "group/app") { id } }';
    await query(text);
    calls();
    const other = await query(text, { token: tokens.mallory });
    expect(other.data).toEqual({ project: null });
    expect(calls()).toEqual(['GET /projects/group%2Fapp']);
    expect((await query(text)).data).not.toEqual({ project: null });
  });

  it('is forgotten once GitLab answers 404', async () => {
    const { query, simulator } = await start();
    const text = '{ project(fullPath: "group/app") { id } }';
    await query(text);
    simulator.world.state.projectPaths.delete('group/app');
    await query('{ project(fullPath: "group/app") { jobs { nodes { id } } } }');
    expect((await query(text)).data).toEqual({ project: null });
  });
});
