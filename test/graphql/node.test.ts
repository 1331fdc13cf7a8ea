import { describe, expect, it } from 'vitest';
import { at, codesOf, type Started, startGateway, textAt } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

const start = () => startGateway({ simulator: { world: smallWorld() }, token: tokens.alice });
const globalId = (...parts: (string | number)[]) =>
  Buffer.from(parts.join(':')).toString('base64url');

const readNode = ({ query }: Started, id: string, fields = 'id __typename') =>
  query(`query ($id: ID!) { node(id: $id) { ${fields} } }`, { variables: { id } });

describe('A global id', () => {
  it('does not depend on the path to its job', async () => {
    const started = await start();
    const webUrl = `${started.simulator.url}/group/app/-/jobs/1001`;
    const answer = await started.query(
      `query ($url: String!) {
        byPath: job(project: "group/app", id: 1001) { id }
        byOtherCase: job(project: "Group/APP", id: 1001) { id }
        byNumber: job(project: "42", id: 1001) { id }
        project(fullPath: "group/app") { job(id: 1001) { id } jobs(last: 1) { nodes { id } } }
        pipeline(project: "group/app", id: 700) { jobs(last: 1) { nodes { id } } }
        resource(url: $url) { id }
      }`,
      { variables: { url: webUrl } },
    );
    const id = textAt(answer, 'byPath.id');
    expect(answer.data).toEqual({
      byPath: { id },
      byOtherCase: { id },
      byNumber: { id },
      project: { job: { id }, jobs: { nodes: [{ id }] } },
      pipeline: { jobs: { nodes: [{ id }] } },
      resource: { id },
    });
    expect((await readNode(started, id)).data).toEqual({ node: { id, __typename: 'Job' } });
    expect(started.bugs).toEqual([]);
  });

  it('does not change when the project is renamed', async () => {
    const started = await start();
    const before = await started.query('{ job(project: "group/app", id: 1001) { id } }');
    started.simulator.world.moveProject(small.project, 'group/renamed');
    const after = await started.query('{ job(project: "group/renamed", id: 1001) { id } }');
    expect(after.data).toEqual(before.data);
  });

  it('differs between types with the same number', async () => {
    const world = smallWorld();
    const pipeline = world.addPipeline(small.project, { id: 42 });
    world.addJob(pipeline, { id: 42 });
    const { query } = await startGateway({ simulator: { world }, token: tokens.alice });
    const answer = await query(
      '{ job(project: "42", id: 42) { id pipeline { id } project { id } } }',
    );
    const ids = ['job.id', 'job.pipeline.id', 'job.project.id'].map((path) => textAt(answer, path));
    expect(new Set(ids).size).toBe(3);
  });
});

describe('Query.node', () => {
  it.each([
    ['Job', globalId('Job', 42, 1001), ['GET /projects/42/jobs/1001']],
    ['Pipeline', globalId('Pipeline', 42, 700), ['GET /projects/42/pipelines/700']],
    [
      'Bridge',
      globalId('Bridge', 42, 700, 1003),
      ['GET /projects/42/pipelines/700/bridges?page=1&per_page=100'],
    ],
    ['Project', globalId('Project', 42), []],
  ])('reads a %s by its id', async (type, id, calls) => {
    const started = await start();
    const answer = await readNode(started, id);
    expect(answer.data).toEqual({ node: { id, __typename: type } });
    expect(started.calls()).toEqual(calls);
    expect(started.bugs).toEqual([]);
  });

  it('reads only what the matching fragments select', async () => {
    const started = await start();
    const answer = await readNode(
      started,
      globalId('Pipeline', 42, 700),
      '__typename ... on Job { name trace { byteSize } } ... on Pipeline { jobs { totalCount } }',
    );
    expect(answer.data).toEqual({ node: { __typename: 'Pipeline', jobs: { totalCount: 2 } } });
    expect(started.calls()).toEqual(['GET /projects/42/pipelines/700/jobs?page=1&per_page=1']);
  });

  it('resolves fragments on what jobs and trigger jobs share', async () => {
    const started = await start();
    const ids = [globalId('Job', 42, 1001), globalId('Bridge', 42, 700, 1003)];
    const answer = await started.query(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on CiJob { name kind pipeline { databaseId } } } }',
      { variables: { ids } },
    );
    expect(answer.data).toEqual({
      nodes: [
        { name: 'unit tests 1/3', kind: 'BUILD', pipeline: { databaseId: '700' } },
        { name: 'deploy', kind: 'BRIDGE', pipeline: { databaseId: '700' } },
      ],
    });
  });

  it.each([
    ['job', globalId('Job', 42, 999)],
    ['job of another project', globalId('Job', 42, 1010)],
    ['job that is a trigger job', globalId('Job', 42, 1003)],
    ['trigger job', globalId('Bridge', 42, 700, 999)],
    ['trigger job that is a job', globalId('Bridge', 42, 700, 1001)],
    ['trigger job of another pipeline', globalId('Bridge', 42, 999, 1003)],
    ['pipeline', globalId('Pipeline', 42, 999)],
  ])('is null without error for a %s that does not exist', async (_name, id) => {
    const started = await start();
    const answer = await readNode(started, id);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ node: null });
    expect(started.calls()).toHaveLength(1);
  });

  it('is null for a project that does not exist if more than its id is selected', async () => {
    const started = await start();
    const answer = await readNode(started, globalId('Project', 999), '... on Project { name }');
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ node: null });
  });

  it('is null for what is hidden from the caller', async () => {
    const { query } = await start();
    const ids = [globalId('Job', 42, 1001), globalId('Bridge', 42, 700, 1003)];
    const answer = await query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      variables: { ids },
      token: tokens.mallory,
    });
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ nodes: [null, null] });
  });

  it('finds a trigger job anywhere in a long list', async () => {
    const world = smallWorld();
    const pipeline = world.addPipeline(small.project, { id: 740 });
    for (let id = 2001; id <= 2350; id += 1) world.addBridge(pipeline, { id });
    const started = await startGateway({ simulator: { world }, token: tokens.alice });
    for (const id of [2350, 2251, 2250, 2001]) {
      const answer = await readNode(
        started,
        globalId('Bridge', 42, 740, id),
        '... on Bridge { databaseId }',
      );
      expect(answer.data).toEqual({ node: { databaseId: String(id) } });
      expect(started.calls().length).toBeLessThanOrEqual(4);
    }
  });

  it('is null for a trigger job that was retried, which GitLab hides', async () => {
    const started = await start();
    const job = started.simulator.world.job(1003);
    if (job) job.retried = true;
    const answer = await readNode(started, globalId('Bridge', 42, 700, 1003));
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ node: null });
  });

  it.each(['User', 'Runner', 'RunnerManager', 'Commit', 'Agent'])(
    'says that a %s cannot be read by its id',
    async (type) => {
      const started = await start();
      const answer = await readNode(started, globalId(type, 1));
      expect(answer.errors).toMatchObject([
        {
          message: expect.stringContaining(`A ${type} cannot be read by its id`),
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ]);
      expect(started.calls()).toEqual([]);
    },
  );
});

describe('Query.nodes', () => {
  it('keeps the order of the ids, returns equal ids equally, and makes one call for close jobs', async () => {
    const { query, calls } = await start();
    const ids = [1002, 1001, 999, 1002].map((id) => globalId('Job', 42, id));
    const answer = await query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      variables: { ids },
    });
    expect(answer.data).toEqual({
      nodes: [{ id: ids[0] }, { id: ids[1] }, null, { id: ids[0] }],
    });
    expect(calls()).toHaveLength(1);
  });

  it('accepts at most 500 ids', async () => {
    const { query, calls } = await start();
    const answer = await query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      variables: { ids: Array(501).fill(globalId('Job', 42, 1001)) },
    });
    expect(answer.data ?? null).toBeNull();
    expect(codesOf(answer)).toEqual({ nodes: 'BAD_USER_INPUT' });
    expect(calls()).toEqual([]);
  });
});

describe('A bridge from a list', () => {
  it('can be read again by its id', async () => {
    const started = await start();
    const list = await started.query(
      '{ pipeline(project: "group/app", id: 700) { bridges { nodes { id databaseId } } } }',
    );
    const nodes = at(list, 'pipeline.bridges.nodes') as { id: string; databaseId: string }[];
    for (const { id, databaseId } of nodes) {
      const answer = await readNode(started, id, '... on Bridge { id databaseId }');
      expect(answer.data).toEqual({ node: { id, databaseId } });
    }
    expect(nodes.map(({ databaseId }) => databaseId)).toEqual([small.idleBridge, small.bridge]);
  });
});
