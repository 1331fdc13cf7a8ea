import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { type Answer, at, textAt } from '../helpers/start-gateway.ts';
import { askEntities, FIRST, jobBy, PROJECT, startSubgraph, TOKEN } from './subgraph-world.ts';

function databaseIds({ data }: Answer): (string | null)[] {
  const jobs = data?.['_entities'] as ({ databaseId: string } | null)[];
  return jobs.map((job) => job?.databaseId ?? null);
}

/**
 * Returns references to consecutive jobs, alternately by the two keys that contain the project's
 * numeric id.
 */
const mixed = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    at % 2 === 0 ? jobBy.id(FIRST + at) : jobBy.number(FIRST + at),
  );

const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(FIRST + at));

describe('references to jobs', () => {
  it('cost one call for 100 jobs within one window, by ids and numbers, in the order of the references', async () => {
    const gateway = await startSubgraph({ jobs: 100 });
    const references = mixed(100).reverse();
    const answer = await askEntities(gateway, references);
    expect(answer.errors).toBeUndefined();
    expect(databaseIds(answer)).toEqual(numbers(100).reverse());
    expect(gateway.calls()).toEqual([expect.stringContaining('GET /projects/42/jobs?')]);
  });

  it.each([
    ['ids', (id: number) => jobBy.id(id)],
    ['numbers', (id: number) => jobBy.number(id)],
    ['addresses', (id: number, base: string) => jobBy.address(id, base)],
  ])('cost one call where 100 come as %s', async (_, toReference) => {
    const gateway = await startSubgraph({ jobs: 100 });
    const { url } = gateway.simulator;
    const references = numbers(100).map((id) => toReference(Number(id), url));
    expect(databaseIds(await askEntities(gateway, references))).toEqual(numbers(100));
    expect(gateway.simulator.requests).toHaveLength(1);
  });

  it('cost at most 11 calls for 1,000 consecutive jobs, by ids and numbers', async () => {
    const gateway = await startSubgraph({ jobs: 1000 });
    const answer = await askEntities(gateway, mixed(1000));
    expect(databaseIds(answer)).toEqual(numbers(1000));
    expect(gateway.simulator.requests.length).toBeLessThanOrEqual(11);
  });

  it('cost one call for each name of a project: its number, and its path in addresses', async () => {
    const gateway = await startSubgraph({ jobs: 4 });
    const { url } = gateway.simulator;
    const references = [FIRST, FIRST + 2].flatMap((id) => [
      jobBy.number(id),
      jobBy.address(id + 1, url),
    ]);
    expect(databaseIds(await askEntities(gateway, references))).toEqual(numbers(4));
    expect(gateway.simulator.requests).toHaveLength(2);
  });

  it('share the call with the rest of the operation', async () => {
    const gateway = await startSubgraph({ jobs: 3 });
    const query = `query ($of: [_Any!]!) {
      _entities(representations: $of) { ... on Job { name } }
      job(project: "42", id: "${FIRST}") { name }
      project(fullPath: "42") { job(id: "${FIRST + 1}") { id } }
    }`;
    await gateway.query(query, { variables: { of: [jobBy.id(FIRST), jobBy.id(FIRST + 2)] } });
    expect(gateway.simulator.requests).toHaveLength(1);
  });

  it('cost one call for each project', async () => {
    const gateway = await startSubgraph({ jobs: 5 });
    const other = `${gateway.simulator.url}/group/other/-/jobs/${FIRST + 5}`;
    const answer = await askEntities(gateway, [
      jobBy.number(FIRST),
      jobBy.number(FIRST + 3),
      { __typename: 'Job', webUrl: other },
    ]);
    expect(databaseIds(answer)).toEqual([FIRST, FIRST + 3, FIRST + 5].map(String));
    expect(gateway.calls()).toHaveLength(2);
  });

  it('are null for deleted, hidden and foreign jobs, and keep their order', async () => {
    const gateway = await startSubgraph({ jobs: 20 });
    const { url } = gateway.simulator;
    const answer = await askEntities(gateway, [
      jobBy.number(FIRST + 5000),
      jobBy.id(FIRST + 1),
      { __typename: 'Job', webUrl: `${url}/group/hidden/-/jobs/7` },
      jobBy.address(FIRST + 20, url),
      jobBy.address(FIRST + 2, url),
    ]);
    expect(answer.errors).toBeUndefined();
    expect(databaseIds(answer)).toEqual([null, String(FIRST + 1), null, null, String(FIRST + 2)]);
  });

  it('do not read the job if only its log is selected', async () => {
    const gateway = await startSubgraph({ jobs: 1 });
    const fields = '... on Job { trace { byteSize } }';
    await askEntities(gateway, [jobBy.number(FIRST)], fields);
    expect(gateway.calls()).toEqual([`GET /projects/42/jobs/${FIRST}/trace`]);
  });

  it('accept ids that are JSON numbers', async () => {
    const gateway = await startSubgraph({ jobs: 1 });
    const answer = await askEntities(gateway, [
      { __typename: 'Job', projectId: 42, databaseId: FIRST },
    ]);
    expect(databaseIds(answer)).toEqual([String(FIRST)]);
  });
});

describe('references to other types', () => {
  it('lead to a pipeline by each of its keys, in one call', async () => {
    const gateway = await startSubgraph({ jobs: 1 });
    const { url } = gateway.simulator;
    const answer = await askEntities(
      gateway,
      [
        { __typename: 'Pipeline', id: toGlobalId('Pipeline', 42, 700) },
        { __typename: 'Pipeline', projectId: '42', databaseId: '700' },
        { __typename: 'Pipeline', webUrl: `${url}/group/other/-/pipelines/600` },
      ],
      '__typename ... on Pipeline { databaseId name }',
    );
    const pipeline = (databaseId: string) => ({ __typename: 'Pipeline', databaseId, name: null });
    expect(answer.data?.['_entities']).toEqual(['700', '700', '600'].map(pipeline));
    expect(gateway.calls()).toHaveLength(2);
  });

  it('lead to a project by each of its keys', async () => {
    const gateway = await startSubgraph({ jobs: 1 });
    const answer = await askEntities(
      gateway,
      [
        { __typename: 'Project', id: toGlobalId('Project', 42) },
        { __typename: 'Project', fullPath: 'group/app' },
        { __typename: 'Project', databaseId: '43' },
      ],
      '__typename ... on Project { databaseId fullPath }',
    );
    const app = { __typename: 'Project', databaseId: '42', fullPath: 'group/app' };
    const other = { __typename: 'Project', databaseId: '43', fullPath: 'group/other' };
    expect(answer.data?.['_entities']).toEqual([app, app, other]);
  });

  it('lead to a trigger job by its id', async () => {
    const gateway = await startSubgraph({ jobs: 1 });
    gateway.simulator.world.addBridge(700, { id: 99 });
    const reference = { __typename: 'Bridge', id: toGlobalId('Bridge', 42, 700, 99) };
    const answer = await askEntities(
      gateway,
      [reference],
      '__typename ... on CiJob { databaseId }',
    );
    expect(answer.data?.['_entities']).toEqual([{ __typename: 'Bridge', databaseId: '99' }]);
  });
});

describe('invalid references', () => {
  it('are each an error at their path and do not affect others', async () => {
    const gateway = await startSubgraph({ jobs: 2 });
    const { url } = gateway.simulator;
    const wrong: [unknown, RegExp][] = [
      ['Job', /must be an object with `__typename`/],
      [{ id: 'x' }, /must be an object with `__typename`/],
      [{ __typename: 'User', username: 'alice' }, /`__typename` Job, Bridge, Pipeline, Project/],
      [{ __typename: 'toString', id: 'x' }, /`__typename`/],
      [{ __typename: 'Job' }, /needs id, or projectId and databaseId, or webUrl/],
      [{ __typename: 'Job', projectId: '42' }, /needs id, or projectId and databaseId, or webUrl/],
      [{ __typename: 'Job', webUrl: null }, /needs id, or projectId and databaseId, or webUrl/],
      [{ __typename: 'Job', id: 'x' }, /"x" is not a global id of this gateway/],
      [
        { __typename: 'Job', id: toGlobalId('Project', 42) },
        /has the key of a Project; expected the key of a Job/,
      ],
      [{ __typename: 'Job', id: { a: 1 } }, /`id` of a reference must be text, not an object/],
      [{ __typename: 'Job', projectId: 'group/app', databaseId: '1' }, /`projectId` must be/],
      [{ __typename: 'Job', projectId: '42', databaseId: '1.5' }, /`databaseId` must be/],
      [
        { __typename: 'Job', webUrl: 'https://example.org/group/app/-/jobs/1' },
        /`webUrl` must be a web address of/,
      ],
      [
        { __typename: 'Job', webUrl: `${url}/group/app/-/pipelines/1` },
        /has the key of a Pipeline; expected the key of a Job/,
      ],
      [{ __typename: 'Project', fullPath: '42' }, /`fullPath` must be a path/],
      [{ __typename: 'Project', fullPath: '../x' }, /`fullPath` must be/],
    ];
    const references = [
      jobBy.id(FIRST),
      ...wrong.map(([reference]) => reference),
      jobBy.id(FIRST + 1),
    ];
    const answer = await askEntities(gateway, references as never);
    expect(databaseIds(answer)).toEqual([
      String(FIRST),
      ...wrong.map(() => null),
      String(FIRST + 1),
    ]);
    const errors = answer.errors?.toSorted((a, b) => Number(a.path?.[1]) - Number(b.path?.[1]));
    expect(errors).toEqual(
      wrong.map(([, message], at) => ({
        message: expect.stringMatching(message),
        path: ['_entities', at + 1],
        extensions: { code: 'BAD_USER_INPUT' },
        locations: expect.anything(),
      })),
    );
    expect(gateway.simulator.requests).toHaveLength(1);
    expect(gateway.bugs).toEqual([]);
  });

  it('are refused beyond 1,000, without a call', async () => {
    const gateway = await startSubgraph({ jobs: 1 });
    const answer = await askEntities(gateway, Array(1001).fill(jobBy.id(FIRST)));
    expect(answer.data ?? null).toBeNull();
    expect(answer.errors).toMatchObject([
      { message: expect.stringContaining('at most 1000 items') },
    ]);
    expect(gateway.simulator.requests).toEqual([]);
  });

  it('are refused beyond the configured limit', async () => {
    const gateway = await startSubgraph({ jobs: 1, maxReferences: 2 });
    const answer = await askEntities(gateway, Array(3).fill(jobBy.id(FIRST)));
    expect(answer.errors).toMatchObject([
      {
        message: '`representations` takes at most 2 items, not 3.',
        path: ['_entities'],
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ]);
    expect(gateway.simulator.requests).toEqual([]);
  });

  it('are not affected if GitLab fails for another reference', async () => {
    const gateway = await startSubgraph({ jobs: 1 });
    gateway.simulator.fail({ kind: '500', match: '/projects/43/' });
    const answer = await askEntities(gateway, [
      jobBy.id(FIRST),
      { __typename: 'Job', projectId: '43', databaseId: '7' },
    ]);
    expect(databaseIds(answer)).toEqual([String(FIRST), null]);
    expect(answer.errors?.[0]).toMatchObject({
      path: ['_entities', 1],
      extensions: { code: 'UPSTREAM_UNAVAILABLE' },
    });
  });
});

describe('the subgraph’s root', () => {
  it('returns its SDL without a credential and without a call', async () => {
    const gateway = await startSubgraph({ jobs: 1 });
    const answer = await gateway.query('{ _service { sdl } }', { token: null });
    const sdl = textAt(answer, '_service.sdl');
    expect(sdl).toContain('federation/v2.9');
    expect(sdl).not.toMatch(/_Any|_Entity|_Service|_entities/);
    expect(gateway.simulator.requests).toEqual([]);
  });

  it('lacks node and nodes, which other Relay subgraphs have', async () => {
    const gateway = await startSubgraph({ jobs: 1 });
    const answer = await gateway.query('{ __type(name: "Query") { fields { name } } }');
    const fields = at(answer, '__type.fields') as { name: string }[];
    const names = fields.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['job', 'resource', '_entities', '_service']));
    expect(names).not.toContain('node');
    expect(names).not.toContain('nodes');
  });

  it('forwards the caller’s credential and trace context', async () => {
    const gateway = await startSubgraph({ jobs: 1 });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const query =
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Job { name } } }';
    await gateway.query(query, {
      variables: { of: [{ __typename: 'Job', projectId: PROJECT.id, databaseId: FIRST }] },
      headers: { traceparent, 'apollo-federation-include-trace': 'ftv1' },
    });
    expect(gateway.simulator.requests).toHaveLength(1);
    expect(gateway.simulator.requests[0]?.headers).toMatchObject({
      'private-token': TOKEN,
      traceparent,
    });
    expect(gateway.simulator.requests[0]?.headers).not.toHaveProperty(
      'apollo-federation-include-trace',
    );
  });
});
