import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../src/app/config.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { readOperations } from '../../src/http/example-operations.ts';
import { type Answer, type Started, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { connect, follow } from '../websocket/web-socket.ts';

const command = parseConfig({ GITLAB_URL: 'https://gitlab.example.com' }, []);
if (command.name !== 'serve') throw new Error('unreachable');
const { limits } = command.config;

const start = (config: Partial<Config> = {}): Promise<Started> =>
  startGateway({ simulator: { world: smallWorld() }, token: tokens.alice, config });

/** Every operation that costs a call is refused, so that each answer tells its estimate. */
const startEstimating = () => start({ limits: { ...limits, upstreamCalls: 0 } });

function estimateIn(answer: Answer): unknown {
  const { code, estimatedCalls } = answer.errors?.[0]?.extensions ?? {};
  return code === 'OPERATION_TOO_COMPLEX' ? estimatedCalls : 0;
}

const jobId = (id: number | string, project: number | string = 42) =>
  toGlobalId('Job', project, id);
const many = (count: number, item: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => item(at));
const nodes = (ids: string[], selection = '... on Job { name }') =>
  `{ nodes(ids: ${JSON.stringify(ids)}) { ${selection} } }`;
const inApp = (selection: string) => `{ project(fullPath: "group/app") { ${selection} } }`;

describe('the estimate of calls', () => {
  it.each<[string, number, string]>([
    ['nothing that GitLab must be asked', 0, '{ __typename rateLimit { limit } }'],
    ['a project’s path', 0, inApp('fullPath')],
    ['a project’s name and id', 1, inApp('name id')],
    ['one job', 1, '{ job(project: "42", id: "1") { name pipeline { status } user { name } } }'],
    ['a log alone', 1, '{ job(project: "42", id: "1") { trace { byteSize } } }'],
    ['a job and its log', 2, '{ job(project: "42", id: "1") { name trace { byteSize } } }'],
    ['a list with what is embedded', 1, inApp('jobs { nodes { pipeline { status ref } } }')],
    ['a list of 250', 3, inApp('jobs(first: 250) { nodes { name } }')],
    ['how many', 1, '{ pipeline(project: "42", id: "7") { jobs(first: 500) { totalCount } } }'],
    [
      '20 jobs with their pipelines, of which it is unknown how many differ',
      2,
      inApp('jobs(first: 20) { nodes { pipeline { duration } } }'),
    ],
    ['the same on edges', 2, inApp('jobs { edges { node { pipeline { duration } } } }')],
    ['20 jobs with their logs', 21, inApp('jobs { nodes { trace { byteSize } } }')],
    [
      '20 jobs, each with its pipeline’s jobs, each with its log',
      1 + 1 + 10,
      inApp('jobs { nodes { pipeline { jobs(first: 10) { nodes { trace { byteSize } } } } } }'),
    ],
    [
      'jobs of a pipeline, whose pipeline is that one',
      1 + 1,
      '{ pipeline(project: "42", id: "7") { jobs(first: 100) { nodes { pipeline { duration } } } } }',
    ],
    [
      'bridges with what they started',
      1 + 20,
      '{ pipeline(project: "42", id: "7") { bridges { nodes { downstreamPipeline { duration } } } } }',
    ],
    [
      'a pipeline with its lists',
      3,
      '{ pipeline(project: "42", id: "7") { sha jobs { nodes { name } } bridges { nodes { name } } } }',
    ],
    [
      '20 jobs with their pipelines’ own fields and lists',
      1 + 3,
      inApp(
        'jobs { nodes { pipeline { duration jobs { nodes { name } } bridges { nodes { name } } } } }',
      ),
    ],
    [
      '30 projects with their ids and jobs',
      30,
      `{ projects(fullPaths: ${JSON.stringify(many(30, (at) => `group/app${at}`))}) { id jobs { nodes { id } } } }`,
    ],
    ['100 neighbours by id', 1, nodes(many(100, (at) => jobId(1000 + at)))],
    ['500 neighbours by id', 5, nodes(many(500, (at) => jobId(1000 + at)))],
    ['100 jobs by id, far apart', 100, nodes(many(100, (at) => jobId(1000 * (at + 1))))],
    ['one job by its id over and over', 5, nodes(many(500, () => jobId(1000)))],
    ['jobs by id, few for a page that has them all', 3, nodes([10, 50, 90].map((id) => jobId(id)))],
    ['30 jobs of 30 projects', 30, nodes(many(30, (at) => jobId(1, at + 1)))],
    [
      'ten projects’ jobs',
      10,
      `{ projects(fullPaths: ${JSON.stringify(many(10, String))}) { jobs { nodes { name } } } }`,
    ],
    [
      'a field that several fragments select',
      2,
      `query { ...A ...B } fragment A on Query { ...C } fragment B on Query { ...C }
       fragment C on Query { job(project: "42", id: "1") { name pipeline { duration } } }`,
    ],
    [
      'what @skip and @include leave',
      1,
      '{ job(project: "42", id: "1") { name trace @skip(if: true) { byteSize } ... @include(if: false) { pipeline { duration } } } }',
    ],
    [
      'a mutation, and what is read of its job',
      2,
      `mutation { jobRetry(input: { id: "${jobId(1)}" }) { job { pipeline { duration } } } }`,
    ],
    ['ids that are none', 0, nodes(['x', 'y'])],
  ])('%s: %i', async (_name, calls, query) => {
    expect(estimateIn(await (await startEstimating()).query(query))).toBe(calls);
  });

  it('counts what variables ask for', async () => {
    const { query } = await startEstimating();
    const text =
      'query ($n: Int) { project(fullPath: "42") { jobs(first: $n) { nodes { name } } } }';
    expect(estimateIn(await query(text, { variables: { n: 101 } }))).toBe(2);
    expect(estimateIn(await query(text, { variables: { n: 500 } }))).toBe(5);
  });

  it('counts references of a router as it counts ids', async () => {
    const { query } = await start({ federation: true, limits: { ...limits, upstreamCalls: 0 } });
    const representations = many(50, (at) => jobId(1000 + at)).map((id) => ({
      __typename: 'Job',
      id,
    }));
    const text =
      'query ($all: [_Any!]!) { _entities(representations: $all) { ... on Job { name } } }';
    expect(estimateIn(await query(text, { variables: { all: representations } }))).toBe(1);
    expect((await query('{ _service { sdl } }')).errors).toBeUndefined();
  });

  it('is never below what is then made', async () => {
    const estimating = await startEstimating();
    const serving = await start();
    const { pipeline, fullJob, bareJob } = small;
    const queries = [
      inApp(
        'name jobs { totalCount nodes { name pipeline { duration jobs { nodes { name } } } } }',
      ),
      inApp('jobs(last: 3) { nodes { trace { byteSize } } pageInfo { hasPreviousPage } }'),
      inApp('jobs(sort: ID_ASC, first: 2) { nodes { project { name } } pageInfo { hasNextPage } }'),
      `{ pipeline(project: "group/app", id: "${pipeline}") { duration project { name }
         jobs(last: 2) { nodes { name } pageInfo { hasNextPage } } bridges { nodes { downstreamPipeline { duration } } } } }`,
      nodes(
        [jobId(fullJob), jobId(bareJob)],
        '... on Job { trace { byteSize } pipeline { duration } }',
      ),
      `{ currentJob { name } allowedAgents { agents { databaseId } } }`,
    ];
    for (const text of queries) {
      const estimate = Number(estimateIn(await estimating.query(text)));
      const { extensions } = await serving.query(text);
      expect(extensions?.upstream?.calls, text).toBeLessThanOrEqual(estimate);
    }
  });

  it('lets every example operation pass', async () => {
    const { query } = await start();
    // A subscription answers as a stream; it counts as what it reads at each event.
    const answered = readOperations().filter(({ query: text }) => !/^subscription/m.test(text));
    for (const { query: text, variables, name } of answered) {
      const { errors = [] } = await query(text, { variables });
      const codes = errors.map(({ extensions }) => extensions['code']);
      expect(codes, name).not.toContain('OPERATION_TOO_COMPLEX');
    }
  });
});

describe('an operation over the limit of calls', () => {
  it('is refused before the first, with the estimate', async () => {
    const { query, calls } = await start();
    const answer = await query(inApp('jobs(first: 60) { nodes { trace { byteSize } } }'));
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toEqual([
      {
        message:
          'The operation may take 61 calls to GitLab, and 50 are allowed. Select less, or take smaller pages.',
        extensions: {
          code: 'OPERATION_TOO_COMPLEX',
          limit: 'upstreamCalls',
          max: 50,
          estimatedCalls: 61,
        },
      },
    ]);
    expect(calls()).toEqual([]);
  });

  it('passes where more is allowed', async () => {
    const { query } = await start({ limits: { ...limits, upstreamCalls: 61 } });
    const answer = await query(inApp('jobs(first: 60) { nodes { trace { byteSize } } }'));
    expect(answer.errors).toBeUndefined();
  });

  it('is a bad request to clients that know the newer media type, and 200 to the others', async () => {
    const { post } = await start({ limits: { ...limits, upstreamCalls: 0 } });
    const statusFor = async (accept: string) =>
      (await post(inApp('name'), { headers: { accept } })).status;
    expect(await statusFor('application/graphql-response+json')).toBe(400);
    expect(await statusFor('application/json')).toBe(200);
  });
});

describe('an operation over a WebSocket', () => {
  it('is held to the same limits', async () => {
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
    // A socket is no batch: what one operation cost is not held against the next.
    for (const fullPath of ['group/app', 'group/app', 'group/deploy']) {
      const text = `{ project(fullPath: "${fullPath}") { name } }`;
      expect(await follow(client, text).next()).toHaveProperty('data.project.name');
    }
  });
});

describe('the form of an operation', () => {
  it.each<[string, keyof Config['limits'], string]>([
    ['depth', 'depth', inApp('jobs { nodes { name } }')],
    [
      'depth within fragments',
      'depth',
      `{ ...A } fragment A on Query { ...B } fragment B on Query ${inApp('jobs { nodes { name } }')}`,
    ],
    ['aliases', 'aliases', '{ a: __typename b: __typename c: __typename d: __typename }'],
    [
      'directives',
      'directives',
      '{ __typename @skip(if: false) @include(if: true) ... @skip(if: false) { __typename @skip(if: false) } }',
    ],
    [
      'fields at the root',
      'rootFields',
      '{ a: __typename b: __typename c: __typename d: __typename }',
    ],
    [
      'fields at the root, in fragments',
      'rootFields',
      '{ ...A ...B } fragment A on Query { a: __typename b: __typename } fragment B on Query { c: __typename d: __typename }',
    ],
    [
      'fields, with fragments laid out',
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

  it('is limited in the lists of its variables too', async () => {
    const { query, calls } = await start({ limits: { ...limits, listItems: 3 } });
    const variables = { ids: many(4, (at) => jobId(at + 1)) };
    for (const text of ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', '{ __typename }']) {
      const answer = await query(text, { variables });
      expect(answer.errors?.[0]?.extensions).toMatchObject({ limit: 'listItems', max: 3 });
    }
    expect(calls()).toEqual([]);
  });

  it('takes what tools ask about the schema', async () => {
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

  it('is refused unless it is switched on', async () => {
    const { url } = await start();
    const response = await batch(url, ['{ __typename }']);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Batching is not supported');
  });

  it('is limited in number', async () => {
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

  it('has one limit of calls for all its operations', async () => {
    const { url, calls } = await start({ limits: { ...limits, batch: 5, upstreamCalls: 2 } });
    const queries = many(4, (at) => `{ job(project: "42", id: "${at + 1}") { name } }`);
    const answers = (await (await batch(url, queries)).json()) as Answer[];
    const refused = answers.filter(({ errors }) => errors);
    expect(refused.map(estimateIn)).toEqual([3, 4]);
    expect(calls()).toHaveLength(2);
  });
});

describe('the schema', () => {
  it('hides and suggests nothing unless it is switched on', async () => {
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

  it('is closed in production, with GraphiQL', () => {
    const configOf = (env: Record<string, string>) => {
      const parsed = parseConfig({ GITLAB_URL: 'https://gitlab.example.com', ...env }, []);
      return parsed.name === 'serve' ? parsed.config : undefined;
    };
    expect(configOf({})).toMatchObject({ graphiql: true, introspection: true });
    const production = { NODE_ENV: 'production' };
    expect(configOf(production)).toMatchObject({ graphiql: false, introspection: false });
    expect(configOf({ ...production, INTROSPECTION: 'true' })).toMatchObject({
      graphiql: false,
      introspection: true,
    });
  });
});

describe('documents as large screens send them', () => {
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
  ])('are answered in one call: %s', async (_name, query) => {
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
