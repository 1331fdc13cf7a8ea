import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/app/config.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import type { World } from '../../src/simulator/world.ts';
import { configOf } from '../helpers/config.ts';
import { type Answer, type Started, startGateway } from '../helpers/start-gateway.ts';
import { scatteredWorld, smallWorld, tokens } from '../helpers/worlds.ts';
import { connect, follow } from '../websocket/web-socket.ts';

const GITLAB_URL = 'https://gitlab.example.com';
const { limits } = configOf({ GITLAB_URL });

const start = (config: Partial<Config> = {}): Promise<Started> =>
  startGateway({ simulator: { world: smallWorld() }, token: tokens.alice, config });

function estimateIn(answer: Answer): unknown {
  const { code, estimatedCalls } = answer.errors?.[0]?.extensions ?? {};
  return code === 'OPERATION_TOO_COMPLEX' ? estimatedCalls : 0;
}

const jobId = (id: number | string, project: number | string = 42) =>
  toGlobalId('Job', project, id);
const many = (count: number, item: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => item(at));
const inApp = (selection: string) => `{ project(fullPath: "group/app") { ${selection} } }`;

describe('an operation whose estimate exceeds the limit of calls', () => {
  it('is refused before the first call, with the estimate', async () => {
    const { query, calls } = await start();
    const answer = await query(inApp('jobs(first: 60) { nodes { trace { byteSize } } }'));
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toEqual([
      {
        message:
          'The operation may take 61 calls to GitLab, and 50 are allowed. Lower `first` of `jobs` (project.jobs), or select less.',
        extensions: {
          code: 'OPERATION_TOO_COMPLEX',
          limit: 'upstreamCalls',
          max: 50,
          estimatedCalls: 61,
          argument: 'first',
          field: 'project.jobs',
        },
      },
    ]);
    expect(calls()).toEqual([]);
  });

  const paths = JSON.stringify(many(20, (at) => `group/app${at}`));
  const distant = JSON.stringify(many(60, (at) => jobId(1000 * (at + 1))));

  it.each<[string, string]>([
    [
      'Lower `last` of `jobs` (project.jobs)',
      '{ p: project(fullPath: "42") { jobs(last: 100) { nodes { trace { byteSize } } } } }',
    ],
    [
      'Lower `first` of `jobs` (projects.jobs)',
      `{ projects(fullPaths: ${paths}) { jobs(first: 300) { nodes { name } } } }`,
    ],
    [
      'Lower `first` of `jobs` (project.jobs.nodes.pipeline.jobs)',
      inApp(
        'jobs(first: 2) { nodes { pipeline { jobs(first: 90) { nodes { trace { byteSize } } } } } }',
      ),
    ],
    [
      'Lower `maxJobs` of `board` (project.pipelines.nodes.board)',
      inApp('pipelines(first: 5) { nodes { board(maxJobs: 1000) { jobCount } } }'),
    ],
    [
      'Lower `first` of `downstream` (pipeline.downstream)',
      '{ pipeline(project: "42", id: "700") { downstream(depth: 2, first: 50) { depth } } }',
    ],
    [
      'Send fewer items in `ids` of `nodes` (nodes)',
      `{ nodes(ids: ${distant}) { ... on Job { name } } }`,
    ],
    [
      'Send fewer items in `projects` of `jobs` (jobs)',
      `{ jobs(projects: ${JSON.stringify(many(50, String))}, first: 100) { nodes { name } } job(project: "42", id: "1") { name } }`,
    ],
    [
      'Lower `first` of `jobs` (jobs)',
      `{ jobs(projects: ${paths}, first: 60) { nodes { trace { byteSize } } } }`,
    ],
    [
      'Select less, or split the operation.',
      `{ ${many(60, (at) => `j${at}: job(project: "42", id: "${1000 * (at + 1)}") { name }`).join(' ')} }`,
    ],
  ])('is told: %s', async (advice, text) => {
    const { query, calls } = await start();
    const { errors } = await query(text);
    expect(errors?.[0]?.message).toContain(advice);
    expect(calls()).toEqual([]);
  });

  it('is executed with a higher limit', async () => {
    const { query } = await start({ limits: { ...limits, upstreamCalls: 61 } });
    const answer = await query(inApp('jobs(first: 60) { nodes { trace { byteSize } } }'));
    expect(answer.errors).toBeUndefined();
  });

  it('has status 400 in application/graphql-response+json and 200 in application/json', async () => {
    const { post } = await start({ limits: { ...limits, upstreamCalls: 0 } });
    const statusFor = async (accept: string) =>
      (await post(inApp('name'), { headers: { accept } })).status;
    expect(await statusFor('application/graphql-response+json')).toBe(400);
    expect(await statusFor('application/json')).toBe(200);
  });
});

describe('a large operation that takes few calls', () => {
  const fields =
    'id databaseId projectId kind name stage status statusRaw ref tag coverage allowFailure source createdAt startedAt finishedAt erasedAt duration queuedDuration failureReason archived webUrl';

  it('may have 50 jobs by alias with 22 fields each', async () => {
    const { query, calls } = await start();
    const jobs = many(50, (at) => `job${at}: job(project: "42", id: "${990 + at}") { ${fields} }`);
    expect((await query(`{ ${jobs.join(' ')} }`)).errors).toBeUndefined();
    expect(calls()).toHaveLength(1);
  });

  it('may have 100 root fields', async () => {
    const { query, calls } = await start();
    const projects = many(100, (at) => `p${at}: project(fullPath: "group/app") { id fullPath }`);
    expect((await query(`{ ${projects.join(' ')} }`)).errors).toBeUndefined();
    expect(calls()).toEqual(['GET /projects/group%2Fapp']);
  });

  it('may read the pipelines of a list of jobs, as many as differ', async () => {
    const world = smallWorld();
    for (let at = 0; at < 18; at++) {
      const id = 5000 + (at % 3);
      if (at < 3) world.addPipeline('group/app', { id, user: 'alice' });
      world.addJob(id, {});
    }
    const { query, calls } = await startGateway({ simulator: { world }, token: tokens.alice });
    const answer = await query(
      inApp(
        'jobs(first: 18) { nodes { pipeline { duration jobs { nodes { name } } bridges { nodes { name } } } } }',
      ),
    );
    expect(answer.errors).toBeUndefined();
    expect(calls()).toHaveLength(1 + 3 * 3);
  });
});

const startLimited = (world: World, upstreamCalls: number) =>
  startGateway({
    simulator: { world },
    token: tokens.alice,
    config: { limits: { ...limits, upstreamCalls } },
  });

describe('an operation that needs more calls than estimated', () => {
  /**
   * Creates a pipeline with 150 trigger jobs. The oldest is on the second page, which the estimate
   * does not include.
   */
  function bridgesWorld(): World {
    const world = smallWorld();
    const app = world.addProject({ id: 50, path: 'group/many', members: { alice: 'maintainer' } });
    const pipeline = world.addPipeline(app, { id: 800, user: 'alice' });
    for (let id = 2001; id <= 2150; id++) world.addBridge(pipeline, { id, name: `to ${id}` });
    return world;
  }
  const oldest = toGlobalId('Bridge', 50, 800, 2001);

  it('has an error in place of what would exceed the limit', async () => {
    const { query, calls, bugs } = await startLimited(bridgesWorld(), 1);
    const answer = await query(
      `{ node(id: "${oldest}") { ... on Bridge { name } } project(fullPath: "group/app") { fullPath } }`,
    );
    expect(answer.data).toEqual({ node: null, project: { fullPath: 'group/app' } });
    expect(answer.errors).toEqual([
      {
        message:
          'The operation needs more calls to GitLab than are allowed. Select less, or take smaller pages.',
        path: ['node'],
        locations: expect.anything(),
        extensions: {
          code: 'OPERATION_TOO_COMPLEX',
          limit: 'upstreamCalls',
          max: 1,
          upstream: { status: null, requestId: null },
        },
      },
    ]);
    expect(calls()).toHaveLength(1);
    expect(bugs).toEqual([]);
  });

  it('makes no call beyond the limit if more pipelines differ than the limit allows', async () => {
    const world = scatteredWorld(Array.from({ length: 20 }, (_, at) => 1000 + at));
    const { query, calls } = await startLimited(world, 5);
    const text =
      '{ project(fullPath: "group/app") { jobs { nodes { name pipeline { duration } } } } }';
    const { data, errors = [] } = await query(text);
    expect(calls()).toHaveLength(5);
    expect(data).toMatchObject({ project: { jobs: { nodes: { length: 20 } } } });
    expect(errors).toHaveLength(16);
    for (const { extensions } of errors) expect(extensions['code']).toBe('OPERATION_TOO_COMPLEX');
  });

  it('has no error with a higher limit', async () => {
    const { query, calls } = await startLimited(bridgesWorld(), 2);
    const answer = await query(`{ node(id: "${oldest}") { ... on Bridge { name } } }`);
    expect(answer).toMatchObject({ data: { node: { name: 'to 2001' } } });
    expect(calls()).toHaveLength(2);
  });
});

describe('an operation over a WebSocket', () => {
  it('has the same limits', async () => {
    const started = await start({ limits: { ...limits, upstreamCalls: 1, depth: 5 } });
    const client = connect(started, { headers: { 'private-token': tokens.alice } });
    const refused = { extensions: { code: 'OPERATION_TOO_COMPLEX' } };
    const costly = inApp('jobs(first: 2) { nodes { trace { byteSize } } }');
    await expect(follow(client, costly).next()).rejects.toMatchObject([refused]);
    const deep = inApp('jobs { nodes { pipeline { project { fullPath } } } }');
    await expect(follow(client, deep).next()).rejects.toMatchObject([refused]);
    const events = `subscription { jobUpdated(id: "${jobId(1001)}") { pipeline { duration } } }`;
    await expect(follow(client, events).next()).rejects.toMatchObject([refused]);
    expect(started.calls()).toEqual([]);
    // The limit applies to each operation, not to all operations of a socket together.
    for (const fullPath of ['group/app', 'group/app', 'group/deploy']) {
      const text = `{ project(fullPath: "${fullPath}") { name } }`;
      expect(await follow(client, text).next()).toHaveProperty('data.project.name');
    }
  });
});

describe('the size of a document', () => {
  it.each<[string, keyof Config['limits'], string]>([
    ['depth', 'depth', inApp('jobs { nodes { name } }')],
    [
      'depth, in fragments',
      'depth',
      `{ ...A } fragment A on Query { ...B } fragment B on Query ${inApp('jobs { nodes { name } }')}`,
    ],
    ['aliases', 'aliases', '{ a: __typename b: __typename c: __typename d: __typename }'],
    [
      'directives',
      'directives',
      '{ __typename @skip(if: false) @include(if: true) ... @skip(if: false) { __typename @skip(if: false) } }',
    ],
    ['root fields', 'rootFields', '{ a: __typename b: __typename c: __typename d: __typename }'],
    [
      'root fields, in fragments',
      'rootFields',
      '{ ...A ...B } fragment A on Query { a: __typename b: __typename } fragment B on Query { c: __typename d: __typename }',
    ],
    [
      'fields, with fragments expanded',
      'fields',
      '{ a: rateLimit { ...F } b: rateLimit { ...F } } fragment F on RateLimit { limit }',
    ],
    ['items of a list', 'listItems', '{ nodes(ids: ["a", "b", "c", "d"]) { id } }'],
    ['tokens', 'tokens', '{ __typename }'],
  ])('is limited in %s', async (_name, limit, text) => {
    const refusing = await start({ limits: { ...limits, [limit]: limit === 'tokens' ? 2 : 3 } });
    const [error] = (await refusing.query(text)).errors ?? [];
    expect(error?.extensions).toMatchObject({ code: 'OPERATION_TOO_COMPLEX', limit });
    const again = await refusing.query(text);
    expect(again.errors?.[0]).toEqual(error);
    expect(refusing.calls()).toEqual([]);
    const serving = await start();
    expect((await serving.query(text)).errors?.[0]?.extensions['code']).not.toBe(
      'OPERATION_TOO_COMPLEX',
    );
  });

  it('includes the lists of its variables, declared or not', async () => {
    const { query, calls } = await start({ limits: { ...limits, listItems: 3 } });
    const variables = { ids: many(4, (at) => jobId(at + 1)) };
    for (const text of ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', '{ __typename }']) {
      const answer = await query(text, { variables });
      expect(answer.errors?.[0]?.extensions).toMatchObject({ limit: 'listItems', max: 3 });
    }
    expect(calls()).toEqual([]);
  });

  it('allows the introspection query of tools', async () => {
    const { query } = await start();
    const whole = { descriptions: true, inputValueDeprecation: true, specifiedByUrl: true };
    expect((await query(getIntrospectionQuery(whole))).errors).toBeUndefined();
  });
});

describe('a batch', () => {
  const batch = (url: string, queries: string[]) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'private-token': tokens.alice },
      body: JSON.stringify(queries.map((query) => ({ query }))),
    });

  it('is refused by default', async () => {
    const { url } = await start();
    const response = await batch(url, ['{ __typename }']);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Batching is not supported');
  });

  it('has a maximum number of operations', async () => {
    const { url } = await start({ limits: { ...limits, batch: 2 } });
    expect((await batch(url, ['{ __typename }', '{ __typename }'])).status).toBe(200);
    expect(
      (
        await batch(
          url,
          many(3, () => '{ __typename }'),
        )
      ).status,
    ).toBe(413);
  });

  it('shares the limit of calls among its operations', async () => {
    const { url, calls } = await start({ limits: { ...limits, batch: 5, upstreamCalls: 2 } });
    const queries = many(4, (at) => `{ job(project: "42", id: "${at + 1}") { name } }`);
    const answers = (await (await batch(url, queries)).json()) as Answer[];
    const refused = answers.filter(({ errors }) => errors);
    expect(refused.map(estimateIn)).toEqual([3, 4]);
    expect(calls()).toHaveLength(2);
  });
});

describe('introspection', () => {
  it('is refused when disabled, and errors suggest no names of the schema', async () => {
    const open = await start();
    const closed = await start({ introspection: false });
    const question = '{ __schema { types { name } } __type(name: "Job") { name } }';
    expect((await open.query(question)).errors).toBeUndefined();
    expect((await closed.query(question)).errors?.[0]?.message).toContain('introspection');
    expect((await closed.query('{ __typename }')).data).toEqual({ __typename: 'Query' });

    const typo = '{ projet(fullPath: "x") { id } }';
    const wrongVariable =
      'query ($s: [CiJobStatus!]) { project(fullPath: "x") { jobs(statuses: $s) { totalCount } } }';
    const wrong = { variables: { s: ['FAILD'] } };
    expect(JSON.stringify(await open.query(typo))).toContain('Did you mean');
    expect(JSON.stringify(await open.query(wrongVariable, wrong))).toContain('Did you mean');
    expect(JSON.stringify(await closed.query(typo))).not.toContain('Did you mean');
    expect(JSON.stringify(await closed.query(wrongVariable, wrong))).not.toContain('Did you mean');
  });

  it('is disabled in production, as is GraphiQL', () => {
    expect(configOf({ GITLAB_URL })).toMatchObject({ graphiql: true, introspection: true });
    const production = { GITLAB_URL, NODE_ENV: 'production' };
    expect(configOf(production)).toMatchObject({ graphiql: false, introspection: false });
    expect(configOf({ ...production, INTROSPECTION: 'true' })).toMatchObject({
      graphiql: false,
      introspection: true,
    });
  });
});

describe('documents of large user interfaces', () => {
  const job = `databaseId name stage status ref tag coverage allowFailure createdAt startedAt finishedAt
    duration queuedDuration webUrl tagList commit { shortId title } user { username } pipeline { ref }`;
  const many = (count: number, field: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => field(at)).join('\n');

  it.each([
    ['51 root fields', `{ ${many(51, (at) => `a${at}: __typename`)} }`],
    ['200 root fields', `{ ${many(200, (at) => `a${at}: __typename`)} }`],
    [
      '50 jobs by alias with 22 fields each',
      `{ project(fullPath: "42") { ${many(50, (at) => `j${at}: job(id: "${1001 + at}") { ${job} }`)} } }`,
    ],
    [
      '500 aliases on one job',
      `{ job(project: "42", id: "1001") { ${many(500, (at) => `a${at}: name`)} } }`,
    ],
    [
      '100 fragments that share ten fields',
      `{ job(project: "42", id: "1001") { ${many(100, (at) => `...F${at}`)} } } ${many(
        100,
        (at) => `fragment F${at} on Job { id name stage status ref webUrl duration startedAt tag }`,
      )}`,
    ],
  ])('are within the limits and need at most one call: %s', async (_name, query) => {
    const gateway = await startGateway({ simulator: { world: smallWorld() }, token: tokens.alice });
    const { data, errors } = await gateway.query(query);
    expect(errors).toBeUndefined();
    expect(data).toBeTruthy();
    expect(gateway.calls().length).toBeLessThanOrEqual(1);
  });

  it('leaves out the locations of errors in documents of over 2,000 lines', async () => {
    const gateway = await startGateway({ simulator: { world: smallWorld() }, token: tokens.alice });
    const fail = `{ ${'\n'.repeat(3_000)} job(project: "42", id: "x") { name } }`;
    const { errors } = await gateway.query(fail);
    expect(errors).toEqual([
      expect.objectContaining({ path: ['job'], message: expect.stringContaining('"x"') }),
    ]);
    expect(errors?.[0]).not.toHaveProperty('locations');
  });
});
