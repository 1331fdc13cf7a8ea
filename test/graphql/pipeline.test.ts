import { describe, expect, it } from 'vitest';
import { at, codesOf, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

const start = () => startGateway({ simulator: { world: smallWorld() }, token: tokens.alice });
const path = '/projects/42/pipelines/700';

describe('Query.pipeline', () => {
  it('makes no call for itself if only lists are selected', async () => {
    const { query, calls, bugs } = await start();
    const answer = await query(`{
      pipeline(project: "42", id: 700) { jobs { nodes { name } } bridges { nodes { name } } }
    }`);
    expect(answer.data).toEqual({
      pipeline: {
        jobs: { nodes: [{ name: 'bare' }, { name: 'unit tests 1/3' }] },
        bridges: { nodes: [{ name: 'idle' }, { name: 'deploy' }] },
      },
    });
    expect(calls().sort()).toEqual([
      `GET ${path}/bridges?page=1&per_page=20`,
      `GET ${path}/jobs?page=1&per_page=20`,
    ]);
    expect(bugs).toEqual([]);
  });

  it('reads all of its own fields with one call, in parallel with its lists', async () => {
    const { query, calls } = await start();
    const answer = await query(`{
      pipeline(project: "group/app", id: 700) {
        id name status duration coverage user { username }
        jobs(first: 1) { nodes { name pipeline { duration coverage } } }
      }
    }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toMatchObject({
      pipeline: { name: 'Nightly', coverage: 93.5, user: { username: 'alice' } },
    });
    expect(at(answer, 'pipeline.jobs.nodes.0.pipeline.coverage')).toBe(93.5);
    expect(calls().sort()).toEqual([
      'GET /projects/group%2Fapp/pipelines/700',
      'GET /projects/group%2Fapp/pipelines/700/jobs?page=1&per_page=1',
    ]);
  });

  it('is null without error if it does not exist', async () => {
    const { query, calls } = await start();
    const answer = await query(`{
      nobody: pipeline(project: "42", id: 999) { status }
      other: pipeline(project: "42", id: 710) { status }
      elsewhere: pipeline(project: "no/where", id: 700) { status }
      existence: pipeline(project: "42", id: 998) { __typename }
    }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ nobody: null, other: null, elsewhere: null, existence: null });
    expect(calls()).toHaveLength(4);
  });

  it('has null lists if only lists are selected and the pipeline does not exist', async () => {
    const { query, calls } = await start();
    const answer = await query(`{
      pipeline(project: "42", id: 999) {
        jobs { nodes { name } } bridges { nodes { name } } count: jobs { totalCount }
      }
    }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ pipeline: { jobs: null, bridges: null, count: null } });
    expect(calls().sort()).toEqual([
      'GET /projects/42/pipelines/999/bridges?page=1&per_page=20',
      'GET /projects/42/pipelines/999/jobs?page=1&per_page=1',
      'GET /projects/42/pipelines/999/jobs?page=1&per_page=20',
    ]);
  });

  it('is null if own fields and lists are selected and the pipeline does not exist', async () => {
    const { query, calls } = await start();
    const answer = await query(
      '{ pipeline(project: "42", id: 999) { status jobs { nodes { name } } } }',
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ pipeline: null });
    expect(calls()).toHaveLength(2);
  });

  it('is null with the error where its own fields cannot be read', async () => {
    const { query, simulator } = await start();
    simulator.fail({ kind: '500', match: /pipelines\/700$/ });
    const answer = await query(
      '{ pipeline(project: "42", id: 700) { status jobs { nodes { name } } } }',
    );
    expect(answer.data).toEqual({ pipeline: null });
    expect(codesOf(answer)).toEqual({ pipeline: 'UPSTREAM_UNAVAILABLE' });
  });

  it('has an empty list where the pipeline has no jobs', async () => {
    const world = smallWorld();
    world.addPipeline(small.project, { id: 730 });
    const { query } = await startGateway({ simulator: { world }, token: tokens.alice });
    const answer = await query(
      '{ pipeline(project: "42", id: 730) { jobs { nodes { name } totalCount } bridges { nodes { name } } } }',
    );
    expect(answer.data).toEqual({
      pipeline: { jobs: { nodes: [], totalCount: 0 }, bridges: { nodes: [] } },
    });
  });

  it('has one id whether read by path, by number, from a job or from a project', async () => {
    const { query } = await start();
    const answer = await query(`{
      byPath: pipeline(project: "group/app", id: 700) { id projectId }
      byNumber: pipeline(project: "42", id: 700) { id projectId }
      job(project: "group/app", id: 1001) { pipeline { id projectId } }
      project(fullPath: "GROUP/App") { pipeline(id: 700) { id projectId } }
    }`);
    const one = at(answer, 'byPath');
    expect(one).toMatchObject({ projectId: '42' });
    expect(answer.data).toEqual({
      byPath: one,
      byNumber: one,
      job: { pipeline: one },
      project: { pipeline: one },
    });
  });

  it('started by another project leads to that project', async () => {
    const { query, calls } = await start();
    const answer = await query(`{
      pipeline(project: "42", id: 700) {
        bridges { nodes { name downstreamPipeline { databaseId projectId status project { fullPath } } } }
      }
    }`);
    expect(at(answer, 'pipeline.bridges.nodes')).toEqual([
      { name: 'idle', downstreamPipeline: null },
      {
        name: 'deploy',
        downstreamPipeline: {
          databaseId: '720',
          projectId: '44',
          status: 'SUCCESS',
          project: { fullPath: 'group/deploy' },
        },
      },
    ]);
    expect(calls()).toEqual([`GET ${path}/bridges?page=1&per_page=20`]);
  });

  it('in a project the caller cannot see shows what came with the bridge, and null for the rest', async () => {
    const { query, bugs } = await start();
    const answer = await query(
      `{
        pipeline(project: "42", id: 700) {
          bridges(last: 1) { nodes { downstreamPipeline { status duration jobs { totalCount } project { fullPath name } } } }
        }
      }`,
      { token: tokens.bob },
    );
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'pipeline.bridges.nodes')).toEqual([
      {
        downstreamPipeline: {
          status: 'SUCCESS',
          duration: null,
          jobs: null,
          project: { fullPath: 'group/deploy', name: null },
        },
      },
    ]);
    expect(bugs).toEqual([]);
  });

  it('shows a status newer than the schema as UNKNOWN, and what is not there as null', async () => {
    const { query, simulator, bugs } = await start();
    const pipeline = simulator.world.pipeline(700);
    if (pipeline) {
      pipeline.raw = {
        status: 'meditating',
        iid: undefined,
        source: null,
        coverage: 'unknown',
        duration: '12',
        web_url: undefined,
      };
    }
    const answer = await query(`{
      pipeline(project: "42", id: 700) {
        status statusRaw iid source coverage duration webUrl project { databaseId fullPath }
      }
    }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      pipeline: {
        status: 'UNKNOWN',
        statusRaw: 'meditating',
        iid: null,
        source: null,
        coverage: null,
        duration: 12,
        webUrl: null,
        project: { databaseId: '42', fullPath: 'group/app' },
      },
    });
    expect(bugs).toEqual([]);
  });
});

describe('An anonymous caller', () => {
  it('reads a public project’s pipeline and its lists, and is refused its jobs by id', async () => {
    const world = smallWorld();
    const app = world.project(small.project);
    if (app) app.visibility = 'public';
    const { query } = await startGateway({ simulator: { world } });
    const answer = await query(`{
      pipeline(project: "42", id: 700) { status jobs(first: 1) { nodes { name } } }
      job(project: "42", id: 1001) { name }
    }`);
    expect(answer.data).toEqual({
      pipeline: { status: 'RUNNING', jobs: { nodes: [{ name: 'bare' }] } },
      job: null,
    });
    expect(codesOf(answer)).toEqual({ job: 'UNAUTHENTICATED' });
  });

  it('gets null for a private pipeline', async () => {
    const { query } = await start();
    const answer = await query(
      '{ pipeline(project: "42", id: 700) { status jobs { nodes { name } } } }',
      { token: null },
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ pipeline: null });
  });
});
