import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { at } from '../helpers/start-gateway.ts';
import { fullRow, startWith } from './own-upstream.ts';

const QUERY =
  '{ job(project: "42", id: "1") { project { fullPath webUrl } pipeline { project { fullPath } } } }';
const JOB = 'GET /projects/42/jobs/1';
const PROJECT = 'GET /projects/42';

const project = (path: string, base: string) => ({
  id: 42,
  path_with_namespace: path,
  name: 'App',
  web_url: `${base}/${path}`,
});

/**
 * Returns the row of a job of a GitLab at a base URL. If `user` is missing, the row does not show
 * where the project's path begins.
 */
function rowAt(base: string, path: string, user: unknown) {
  const row = fullRow(1, base);
  const home = `${base}/${path}`;
  const pipeline = { ...row.pipeline, web_url: `${home}/-/pipelines/900` };
  return { ...row, user, pipeline, web_url: `${home}/-/jobs/1` };
}

describe('the full path of a job’s project', () => {
  it.each<[string, { root?: string; external?: string; base: string; path?: string }]>([
    [
      'GITLAB_EXTERNAL_URL',
      { external: 'https://git.example.com', base: 'https://git.example.com' },
    ],
    [
      'GITLAB_EXTERNAL_URL with a path',
      { external: 'https://git.example.com/lab', base: 'https://git.example.com/lab' },
    ],
    [
      'a group that is named like the path of GITLAB_EXTERNAL_URL',
      {
        external: 'https://git.example.com/lab',
        base: 'https://git.example.com/lab',
        path: 'lab/app',
      },
    ],
    [
      'a group that is named like the path of GITLAB_URL',
      {
        root: '/gitlab',
        external: 'https://git.example.com',
        base: 'https://git.example.com',
        path: 'gitlab/group/app',
      },
    ],
  ])('is read from the URL of the job, at no call: %s', async (_name, given) => {
    const { root = '', external = '', base, path = 'group/app' } = given;
    const env = { GITLAB_EXTERNAL_URL: external };
    const { query, calls } = await startWith(
      { '/projects/42/jobs/1': rowAt(base, path, null) },
      { path: root, env },
    );
    expect((await query(QUERY)).data).toEqual({
      job: {
        project: { fullPath: path, webUrl: `${base}/${path}` },
        pipeline: { project: { fullPath: path } },
      },
    });
    expect(calls()).toEqual([JOB]);
  });

  it.each([
    ['https://other.example.com', 'group/app'],
    ['https://other.example.com/gitlab', 'group/app'],
    ['https://other.example.com/gitlab', 'gitlab/app'],
    ['https://other.example.com/gitlab', 'alice/app'],
  ])('begins where that of the job’s user does: %s/%s', async (base, path) => {
    const user = { id: 7, username: 'alice', web_url: `${base}/alice` };
    const { query, calls } = await startWith({ '/projects/42/jobs/1': rowAt(base, path, user) });
    expect(at(await query(QUERY), 'job.project.fullPath')).toBe(path);
    expect(calls()).toEqual([JOB]);
  });

  it.each<[string, string, unknown]>([
    ['another host', 'https://other.example.com/gitlab', null],
    ['another scheme', 'https://127.0.0.1', null],
    [
      'a user whose URL is at another host',
      'https://other.example.com/gitlab',
      { id: 7, username: 'alice', web_url: 'https://gitlab.example.com/alice' },
    ],
    [
      'a user whose URL has another form',
      'https://other.example.com/gitlab',
      { id: 7, username: 'alice', web_url: 'https://other.example.com/gitlab/users/7' },
    ],
  ])('costs one call if it is not known where it begins: %s', async (_name, base, user) => {
    const { query, calls } = await startWith(
      {
        '/projects/42/jobs/1': rowAt(base, 'group/app', user),
        '/projects/42': project('group/app', base),
      },
      { path: '/gitlab' },
    );
    expect((await query(QUERY)).data).toEqual({
      job: {
        project: { fullPath: 'group/app', webUrl: `${base}/group/app` },
        pipeline: { project: { fullPath: 'group/app' } },
      },
    });
    expect(calls()).toEqual([JOB, PROJECT]);
  });
});

describe('a downstream pipeline whose row does not contain its project', () => {
  const OTHER = 'https://gitlab.example.com/other/service';
  const start = (web_url: string | undefined, responses = {}) => {
    const { project_id, ...pipeline } = fullRow(1).pipeline;
    const bridge = { ...fullRow(3), downstream_pipeline: { ...pipeline, id: 7001, web_url } };
    return startWith({ '/projects/42/pipelines/900/bridges': [bridge], ...responses });
  };
  const ask =
    '{ pipeline(project: "42", id: "900") { bridges { nodes { databaseId downstreamPipeline { id projectId project { id fullPath } } } } } }';
  const BRIDGES = expect.stringContaining('/bridges');

  it('is of the trigger job’s project if their URLs are', async () => {
    const { query, calls } = await start('https://gitlab.example.com/group/app/-/pipelines/7001');
    expect(at(await query(ask), 'pipeline.bridges.nodes.0.downstreamPipeline')).toEqual({
      id: toGlobalId('Pipeline', 42, 7001),
      projectId: '42',
      project: { id: toGlobalId('Project', 42), fullPath: 'group/app' },
    });
    expect(calls()).toEqual([BRIDGES]);
  });

  it('is of the project at its URL', async () => {
    const { query, calls } = await start(`${OTHER}/-/pipelines/7001`, {
      '/projects/other%2Fservice': { id: 77, path_with_namespace: 'other/service' },
    });
    expect(at(await query(ask), 'pipeline.bridges.nodes.0.downstreamPipeline')).toEqual({
      id: toGlobalId('Pipeline', 77, 7001),
      projectId: '77',
      project: { id: toGlobalId('Project', 77), fullPath: 'other/service' },
    });
    expect(calls()).toEqual([BRIDGES, 'GET /projects/other%2Fservice']);
  });

  it.each([
    [`${OTHER}/-/pipelines/7001`],
    [undefined],
    ['odd'],
    ['https://other.example.com/a/b/-/pipelines/7'],
  ])('is null if its project is not known: %s', async (url) => {
    const { query } = await start(url);
    const answer = await query(ask);
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'pipeline.bridges.nodes')).toEqual([
      { databaseId: '3', downstreamPipeline: null },
    ]);
  });
});
