import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { composeServices as composeWithApollo } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { composeServices as composeWithGuild } from '@theguild/federation-composition';
import {
  findBreakingChanges,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  parse,
  validateSchema,
} from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRouter } from '../../examples/federation/router.ts';
import { createSubgraph, printSubgraph } from '../../src/federation/subgraph.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { schema } from '../../src/graphql/schema.ts';
import { type Answer, at, startGateway } from '../helpers/start-gateway.ts';
import { createJobs, FIRST, PROJECT, TOKEN } from './subgraph-world.ts';

/** Another subgraph. Some of its types have names of the gateway's types, but other fields. */
const neighbourSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  interface Node { id: ID! }
  type User implements Node @key(fields: "id") { id: ID! email: String! }
  type Project implements Node @key(fields: "id") { id: ID! title: String! owner: User! }
  type Job implements Node { id: ID! salary: Int! build: CiJob }
  enum JobStatus { OPEN FILLED }
  type CiJob @key(fields: "projectId databaseId", resolvable: false) { projectId: ID! databaseId: ID! }
  type Query { node(id: ID!): Node vacancies: [Job!]! staff: [User!]! }
`;

const prefixed = { maxReferences: 1000, typePrefix: 'Ci' };
const sdl = printSubgraph(schema, 'Ci');
const subgraphs = (urls = { gitlab: 'http://gitlab.invalid', staff: 'http://staff.invalid' }) => [
  { name: 'gitlab', url: urls.gitlab, typeDefs: parse(sdl) },
  { name: 'staff', url: urls.staff, typeDefs: parse(neighbourSdl) },
];

describe('the schema with a prefix', () => {
  const served = createSubgraph(schema, prefixed);

  it('is valid, and renames all types but roots, PageInfo, scalars and those of federation', () => {
    expect(validateSchema(served)).toEqual([]);
    const kept = Object.values(served.getTypeMap()).filter(
      ({ name }) => !name.startsWith('Ci') && !name.startsWith('__'),
    );
    const names = kept
      .filter((type) => !isScalarType(type) && !isSpecifiedScalarType(type))
      .map(({ name }) => name);
    expect(names.sort()).toEqual(
      ['Mutation', 'PageInfo', 'Query', 'Subscription', '_Entity', '_Service'].sort(),
    );
    expect(served.getType('DateTime')).toBe(schema.getType('DateTime'));
  });

  it('has the fields, arguments and values of the schema without', () => {
    const plain = printSubgraph(schema).replaceAll(/\bCi(?=[A-Z])/g, 'X');
    const same = printSubgraph(schema, 'Zz').replaceAll(/\bZz(?=[A-Z])/g, '');
    // Types are sorted by name, so a prefix changes their order. The lines are compared without
    // their order.
    const lines = (text: string) =>
      text
        .replaceAll(/\bCi(?=[A-Z])/g, 'X')
        .split('\n')
        .sort();
    expect(lines(same)).toEqual(lines(plain));
  });

  it('does not change the schema without', () => {
    expect(findBreakingChanges(schema, createSubgraph(schema, { maxReferences: 1 }))).toHaveLength(
      2,
    );
    const job = schema.getType('Job');
    expect(isObjectType(job) && job.getInterfaces().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['CiJob', 'Node']),
    );
  });

  it('composes with a subgraph that has its own User, Project, Job and Node', () => {
    expect(composeWithApollo(subgraphs()).errors).toBeUndefined();
    expect(composeWithGuild(subgraphs()).errors ?? []).toEqual([]);
    const plain = { name: 'gitlab', url: '', typeDefs: parse(printSubgraph(schema)) };
    const withoutPrefix = [plain, ...subgraphs().slice(1)];
    expect(composeWithApollo(withoutPrefix).errors?.length).toBeGreaterThan(0);
  });
});

const start = (compileAfterUses: number) =>
  startGateway({
    simulator: { world: createJobs(10) },
    config: { federation: true, federationTypePrefix: 'Ci' },
    token: TOKEN,
    compileAfterUses,
  });

interface Typed {
  __typename: string;
}
interface Board extends Typed {
  statusCounts: Typed[];
  stages: (Typed & { groups: (Typed & { jobs: (Typed & { attempts: Typed[] })[] })[] })[];
}

const typeOf = ({ __typename }: Typed) => __typename;

describe.each([
  ['compiled', 0],
  ['executed by graphql-js', 1_000_000],
])('an operation on types with a prefix, %s', (_name, compileAfterUses) => {
  const entities = 'query ($of: [_Any!]!) { _entities(representations: $of) {';

  it('has the types of the prefix, ids without it, and the same calls', async () => {
    const { query, calls, bugs } = await start(compileAfterUses);
    const of = [FIRST, FIRST + 1].map((id) => ({
      ...{ __typename: 'CiJob', projectId: PROJECT.id, databaseId: String(id) },
    }));
    const fields = '__typename ... on CiJob { id pipeline { __typename ref } user { __typename } }';
    const answer = await query(`${entities} ${fields} } }`, { variables: { of } });
    const job = (id: number) => ({
      ...{ __typename: 'CiJob', id: toGlobalId('Job', PROJECT.id, id) },
      ...{ pipeline: { __typename: 'CiPipeline', ref: 'main' }, user: { __typename: 'CiUser' } },
    });
    expect(answer).toMatchObject({ data: { _entities: [job(FIRST), job(FIRST + 1)] } });
    expect(calls()).toHaveLength(1);
    expect(bugs).toEqual([]);
  });

  it('makes as few calls as without', async () => {
    const { query, calls, simulator } = await start(compileAfterUses);
    const answer = await query(
      `{ project(fullPath: "${PROJECT.path}") { __typename id
           jobs(first: 2) { __typename nodes { __typename id ... on CiJob { status } } pageInfo { __typename hasNextPage } } } }`,
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toMatchObject({
      project: {
        __typename: 'CiProject',
        id: toGlobalId('Project', PROJECT.id),
        jobs: { __typename: 'CiJobConnection', pageInfo: { __typename: 'PageInfo' } },
      },
    });
    expect(calls()).toHaveLength(1);
    const url = `${simulator.url}/${PROJECT.path}/-/pipelines/700`;
    const found = await query(
      `{ resource(url: "${url}") { __typename ... on CiPipeline { databaseId } } }`,
    );
    expect(found.data).toEqual({ resource: { __typename: 'CiPipeline', databaseId: '700' } });
    expect(calls()).toHaveLength(1);
  });

  it('shows a board, with jobs of both types', async () => {
    const { query, calls, simulator, bugs } = await start(compileAfterUses);
    simulator.world.addBridge(700, { id: FIRST + 50, name: 'trigger' });
    const answer = await query(`{ pipeline(project: "42", id: "700") { board {
      __typename statusCounts { __typename } gaps { __typename part }
      stages { __typename groups { __typename jobs {
        __typename ... on CiJob { databaseId } ... on CiBridge { databaseId } attempts { __typename }
      } } }
    } downstream { __typename } } }`);
    expect(answer.errors).toBeUndefined();
    const board = at(answer, 'pipeline.board') as Board;
    const groups = board.stages.flatMap((stage) => stage.groups);
    expect([board, ...board.statusCounts, ...board.stages, ...groups].map(typeOf)).toEqual(
      expect.arrayContaining(['CiPipelineBoard', 'CiCiStatusCount', 'CiCiStage', 'CiCiGroup']),
    );
    const jobs = groups.flatMap((group) => group.jobs);
    expect(new Set(jobs.map(typeOf))).toEqual(new Set(['CiJob', 'CiBridge']));
    expect(jobs.map(({ attempts }) => attempts.map(typeOf))).toEqual(
      jobs.map((job) => [typeOf(job)]),
    );
    expect(calls()).toHaveLength(2);
    expect(bugs).toEqual([]);
  });

  it('is refused if it takes too many calls, before the first one', async () => {
    const { query, calls } = await start(compileAfterUses);
    const of = Array.from({ length: 51 }, (_, at) => ({
      ...{ __typename: 'CiPipeline', projectId: '42', databaseId: String(at + 1) },
    }));
    const fields = '... on CiPipeline { duration }';
    const answer = await query(`${entities} ${fields} } }`, { variables: { of } });
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      ...{ code: 'OPERATION_TOO_COMPLEX', estimatedCalls: 51 },
    });
    expect(calls()).toEqual([]);
  });

  it('names types with their prefix in errors', async () => {
    const { query } = await start(compileAfterUses);
    const references = [
      { __typename: 'Job', id: 'x' },
      { __typename: 'CiJob', id: toGlobalId('Pipeline', 42, 1) },
      { __typename: 'CiProject' },
    ];
    const answer = await query(`${entities} __typename } }`, { variables: { of: references } });
    expect(answer.errors?.map(({ message }) => message)).toEqual([
      expect.stringContaining('`__typename` CiJob, CiBridge, CiPipeline, CiProject'),
      'The reference has the key of a CiPipeline; expected the key of a CiJob.',
      expect.stringMatching(/^A reference to a CiProject needs/),
    ]);
    const id = toGlobalId('Pipeline', 42, 1);
    const mutation = await query(`mutation { jobRetry(input: { id: "${id}" }) { __typename } }`);
    expect(mutation.errors?.[0]?.message).toBe(
      'The id is that of a CiPipeline; expected the id of a CiJob or a CiBridge.',
    );
    const invalid = await query('{ resource(url: "x") { ... on Job { id } } }');
    expect(invalid.errors?.[0]?.message).toContain('Unknown type "Job"');
  });
});

describe('a router in front of a subgraph with a prefix and its neighbour', () => {
  async function urlOf(server: Server): Promise<string> {
    if (!server.listening) await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  }

  it('resolves jobs of GitLab beside jobs of the neighbour', async () => {
    const gitlab = await start(0);
    const build = { __typename: 'CiJob', projectId: String(PROJECT.id), databaseId: String(FIRST) };
    const resolvers = { Query: { vacancies: () => [{ id: 'v1', salary: 1, build }] } };
    const typeDefs = parse(neighbourSdl);
    const neighbour = createYoga({ schema: buildSubgraphSchema([{ typeDefs, resolvers }]) });
    const staff = await urlOf(createServer(neighbour).listen(0));
    const urls = { gitlab: `${gitlab.url}/graphql`, staff };
    const { supergraphSdl = '' } = composeWithApollo(subgraphs(urls));
    const router = await urlOf(await startRouter(supergraphSdl, 0));
    const response = await fetch(router, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'private-token': TOKEN },
      body: JSON.stringify({
        query:
          '{ vacancies { __typename id salary build { __typename id name status user { __typename username } } } }',
      }),
    });
    expect((await response.json()) as Answer).toMatchObject({
      data: {
        vacancies: [
          {
            ...{ __typename: 'Job', id: 'v1', salary: 1 },
            build: {
              ...{ __typename: 'CiJob', id: toGlobalId('Job', PROJECT.id, FIRST) },
              user: { __typename: 'CiUser', username: 'alice' },
            },
          },
        ],
      },
    });
    expect(gitlab.calls()).toHaveLength(1);
  });
});
