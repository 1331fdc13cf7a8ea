import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../src/app/config.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { readOperations } from '../../src/http/example-operations.ts';
import type { World } from '../../src/simulator/world.ts';
import { runs } from '../helpers/runs.ts';
import { type Answer, type Started, startGateway } from '../helpers/start-gateway.ts';
import { scatteredWorld, small, smallWorld, tokens } from '../helpers/worlds.ts';

const command = parseConfig({ GITLAB_URL: 'https://gitlab.example.com' }, []);
if (command.name !== 'serve') throw new Error('unreachable');
const { limits } = command.config;

const start = (config: Partial<Config> = {}, world = smallWorld()): Promise<Started> =>
  startGateway({ simulator: { world }, token: tokens.alice, config });

/**
 * Starts a gateway that rejects every operation that needs a call. The error contains the estimate.
 */
const startEstimating = (world?: World) =>
  start({ limits: { ...limits, upstreamCalls: 0 } }, world);

function estimateIn(answer: Answer): number {
  const { code, estimatedCalls } = answer.errors?.[0]?.extensions ?? {};
  return code === 'OPERATION_TOO_COMPLEX' ? Number(estimatedCalls) : 0;
}

const jobId = (id: number | string, project: number | string = 42) =>
  toGlobalId('Job', project, id);
const many = (count: number, item: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => item(at));
const nodes = (ids: string[], selection = '... on Job { name }') =>
  `{ nodes(ids: ${JSON.stringify(ids)}) { ${selection} } }`;
const inApp = (selection: string) => `{ project(fullPath: "group/app") { ${selection} } }`;
const ofPipeline = (selection: string) => `{ pipeline(project: "42", id: "700") { ${selection} } }`;

describe('the estimate of calls', () => {
  it.each<[string, number, string]>([
    ['no call', 0, '{ __typename rateLimit { limit } }'],
    ['a project’s path', 0, inApp('fullPath')],
    ['a project’s name and id', 1, inApp('name id')],
    ['one job', 1, '{ job(project: "42", id: "1") { name pipeline { status } user { name } } }'],
    ['a log alone', 1, '{ job(project: "42", id: "1") { trace { byteSize } } }'],
    ['a job and its log', 2, '{ job(project: "42", id: "1") { name trace { byteSize } } }'],
    ['a list and its embedded objects', 1, inApp('jobs { nodes { pipeline { status ref } } }')],
    ['a list of 250 items', 3, inApp('jobs(first: 250) { nodes { name } }')],
    [
      'a total count',
      1,
      '{ pipeline(project: "42", id: "7") { jobs(first: 500) { totalCount } } }',
    ],
    [
      '20 jobs with their pipelines, counted once',
      2,
      inApp('jobs(first: 20) { nodes { pipeline { duration } } }'),
    ],
    [
      '20 jobs with their pipelines, through edges',
      2,
      inApp('jobs { edges { node { pipeline { duration } } } }'),
    ],
    ['20 jobs with their logs', 21, inApp('jobs { nodes { trace { byteSize } } }')],
    [
      '20 jobs with the jobs of their pipelines with their logs',
      1 + 1 + 10,
      inApp('jobs { nodes { pipeline { jobs(first: 10) { nodes { trace { byteSize } } } } } }'),
    ],
    [
      'jobs of a pipeline and their pipeline',
      1 + 1,
      '{ pipeline(project: "42", id: "7") { jobs(first: 100) { nodes { pipeline { duration } } } } }',
    ],
    [
      'bridges with their downstream pipelines',
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
    ['20 pipelines with their names', 1, inApp('id pipelines { nodes { name status } }')],
    ['20 pipelines with their durations', 1 + 20, inApp('pipelines { nodes { duration } }')],
    [
      'three pipelines with their durations and jobs',
      1 + 3 * 2,
      inApp('pipelines(first: 3) { nodes { duration jobs { nodes { name } } } }'),
    ],
    [
      '30 projects with their ids and jobs',
      30,
      `{ projects(fullPaths: ${JSON.stringify(many(30, (at) => `group/app${at}`))}) { id jobs { nodes { id } } } }`,
    ],
    ['100 adjacent jobs by id', 1, nodes(many(100, (at) => jobId(1000 + at)))],
    ['500 adjacent jobs by id', 5, nodes(many(500, (at) => jobId(1000 + at)))],
    ['100 distant jobs by id', 100, nodes(many(100, (at) => jobId(1000 * (at + 1))))],
    ['one job by id, repeated', 5, nodes(many(500, () => jobId(1000)))],
    [
      'one job by id, repeated below each of three projects',
      6,
      `{ projects(fullPaths: ["1", "2", "3"]) { ${many(200, (at) => `j${at}: job(id: "1") { name }`).join(' ')} } }`,
    ],
    ['few jobs by id, on one page', 3, nodes([10, 50, 90].map((id) => jobId(id)))],
    [
      '60 adjacent jobs by alias, in one window',
      1,
      `{ ${many(60, (at) => `j${at}: job(project: "42", id: "${1000 + at}") { name }`).join(' ')} }`,
    ],
    [
      'one job by number and by global id',
      1,
      `{ job(project: "42", id: "1000") { name } node(id: "${jobId(1000)}") { ... on Job { stage } } }`,
    ],
    ['30 jobs of 30 projects', 30, nodes(many(30, (at) => jobId(1, at + 1)))],
    [
      'ten projects’ jobs',
      10,
      `{ projects(fullPaths: ${JSON.stringify(many(10, String))}) { jobs { nodes { name } } } }`,
    ],
    [
      'a field in several fragments',
      2,
      `query { ...A ...B } fragment A on Query { ...C } fragment B on Query { ...C }
       fragment C on Query { job(project: "42", id: "1") { name pipeline { duration } } }`,
    ],
    [
      'fields that @skip and @include exclude',
      1,
      '{ job(project: "42", id: "1") { name trace @skip(if: true) { byteSize } ... @include(if: false) { pipeline { duration } } } }',
    ],
    [
      'a mutation and the pipeline of its job',
      2,
      `mutation { jobRetry(input: { id: "${jobId(1)}" }) { job { pipeline { duration } } } }`,
    ],
    [
      'a bulk mutation of a pipeline',
      2 + 20,
      `mutation { jobsRetry(input: { pipeline: { id: "${toGlobalId('Pipeline', 42, 1)}" } }) { done } }`,
    ],
    [
      'a bulk mutation of up to 5 jobs, with their logs',
      2 + 5 + 5,
      `mutation { jobsPlay(input: { pipeline: { id: "${toGlobalId('Pipeline', 42, 1)}" }, max: 5 }) {
         results { job { name ... on Job { trace { byteSize } } } }
       } }`,
    ],
    [
      'a bulk mutation by ids',
      3,
      `mutation { jobsCancel(input: { ids: ${JSON.stringify(many(3, (at) => jobId(at)))} }) { done results { job { name } } } }`,
    ],
    [
      'a retry of a pipeline',
      1,
      `mutation { pipelineRetry(input: { id: "${toGlobalId('Pipeline', 42, 1)}" }) { pipeline { status duration } } }`,
    ],
    [
      'a cancel of a pipeline, and what it canceled',
      1 + 2,
      `mutation { pipelineCancel(input: { id: "${toGlobalId('Pipeline', 42, 1)}" }) { changedJobs { name attempts { name } } } }`,
    ],
    ['a board', 5 + 1, ofPipeline('board { jobCount }')],
    ['a board of up to 1 job', 1 + 1, ofPipeline('board(maxJobs: 1) { jobCount }')],
    ['a board of up to 101 jobs', 2 + 1, ofPipeline('board(maxJobs: 101) { jobCount }')],
    ['a board of up to 2,000 jobs', 20 + 1, ofPipeline('board(maxJobs: 2000) { jobCount }')],
    [
      'a board with attempts, beside own fields',
      1 + 6,
      ofPipeline('id sha board { failedJobs { attempts { name pipeline { status } } } }'),
    ],
    [
      'a board with the pipeline of its jobs, counted once',
      6 + 1,
      ofPipeline('board { stages { groups { jobs { pipeline { duration } } } } }'),
    ],
    [
      'a board of 10 jobs with their logs',
      2 + 10,
      ofPipeline(
        'board(maxJobs: 10) { stages { groups { jobs { ... on Job { trace { byteSize } } } } } }',
      ),
    ],
    [
      'five pipelines with boards',
      1 + 5 * 6,
      inApp('pipelines(first: 5) { nodes { board { jobCount } } }'),
    ],
    ['20 jobs with attempts, counted once', 1 + 1, inApp('jobs { nodes { attempts { name } } }')],
    ['a job with its attempts', 2, '{ job(project: "42", id: "1") { attempts { name } } }'],
    ['downstream pipelines', 1, ofPipeline('downstream(first: 50) { pipeline { status } }')],
    ['two levels of them', 1 + 20, ofPipeline('downstream(depth: 2) { depth }')],
    ['five levels of up to 3', 1 + 3, ofPipeline('downstream(depth: 5, first: 3) { depth }')],
    [
      'boards of up to 4 downstream pipelines',
      1 + 4 * (1 + 1),
      ofPipeline('downstream(first: 4) { pipeline { board(maxJobs: 100) { jobCount } } }'),
    ],
    [
      'downstream pipelines with their own fields, and those below them',
      1 + 2 * (1 + 1 + 2),
      ofPipeline(
        'downstream(first: 2) { pipeline { duration downstream(depth: 2, first: 2) { depth } } }',
      ),
    ],
    ['why a job failed', 1, '{ job(project: "42", id: "1") { failure { message } } }'],
    [
      'why a job failed, and its log',
      2,
      '{ job(project: "42", id: "1") { failure { log { command } } } }',
    ],
    [
      '20 jobs with why they failed, and their logs',
      21,
      inApp('jobs { nodes { failure { log { command } } } }'),
    ],
    [
      'the failed jobs of a board with their logs, counted once',
      6 + 1,
      '{ pipeline(project: "42", id: "7") { board { failedJobs { ... on Job { failure { log { command } } } } } } }',
    ],
    [
      'the failed jobs of ten boards with their logs, counted once per board',
      1 + 10 * (6 + 1),
      inApp(
        'pipelines(first: 10) { nodes { board { failedJobs { ... on Job { failure { log { command } } } } } } }',
      ),
    ],
    [
      'the jobs of three projects in one list',
      3,
      '{ jobs(projects: ["a/b", "a/c", "7", "a/b"], first: 100) { nodes { name } } }',
    ],
    [
      'the jobs of three projects with their logs',
      3 + 10,
      '{ jobs(projects: ["a/b", "a/c", "7"], first: 10) { nodes { trace { byteSize } } } }',
    ],
    ['malformed ids', 0, nodes(['x', 'y'])],
  ])('%s: %i', async (_name, calls, query) => {
    expect(estimateIn(await (await startEstimating()).query(query))).toBe(calls);
  });

  it('depends on variables', async () => {
    const { query } = await startEstimating();
    const text =
      'query ($n: Int) { project(fullPath: "42") { jobs(first: $n) { nodes { name } } } }';
    expect(estimateIn(await query(text, { variables: { n: 101 } }))).toBe(2);
    expect(estimateIn(await query(text, { variables: { n: 500 } }))).toBe(5);
  });

  it('treats entity references of a router like ids', async () => {
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

  it('is at least the number of calls', async () => {
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
      ofPipeline(
        'board { jobCount } downstream(depth: 3, first: 3) { pipeline { board { jobCount } } }',
      ),
      ofPipeline(
        'duration board { stages { groups { jobs { pipeline { duration } attempts { name } } } } }',
      ),
      inApp('jobs { nodes { attempts { name } pipeline { board { jobCount } } } }'),
      `{ currentJob { name } allowedAgents { agents { databaseId } } }`,
    ];
    for (const text of queries) {
      const estimate = Number(estimateIn(await estimating.query(text)));
      const { extensions } = await serving.query(text);
      expect(extensions?.upstream?.calls, text).toBeLessThanOrEqual(estimate);
    }
  });

  it('of each example operation is within the default limit', async () => {
    const { query } = await start();
    // Subscriptions are left out, because their estimate is for one event.
    const operations = readOperations().filter(({ query: text }) => !/^subscription/m.test(text));
    for (const { query: text, variables, name } of operations) {
      const { errors = [] } = await query(text, { variables });
      const codes = errors.map(({ extensions }) => extensions['code']);
      expect(codes, name).not.toContain('OPERATION_TOO_COMPLEX');
    }
  });
});

/**
 * Returns the estimate of an operation, and the number of calls that a gateway without a limit
 * makes.
 */
async function compare(world: World, text: string) {
  const estimate = estimateIn(await (await startEstimating(world)).query(text));
  const gateway = await start({ limits: { ...limits, upstreamCalls: 1_000_000 } }, world);
  await gateway.query(text);
  return { estimate, made: gateway.calls().length };
}

describe('the estimate for jobs that share no pipeline', () => {
  it('counts the pipelines of a list once: their number is not known before', async () => {
    const world = scatteredWorld(Array.from({ length: 100 }, (_, at) => 1000 + at));
    const text =
      '{ project(fullPath: "group/app") { jobs(first: 100) { nodes { pipeline { duration } } } } }';
    expect(await compare(world, text)).toMatchObject({ estimate: 2, made: 101 });
  });

  it('is at least the number of calls for jobs by id, however they are distributed', async () => {
    const id = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 40_000 }));
    const worlds = fc.record({
      // Distance between consecutive job ids of the project.
      gap: fc.constantFrom(1, 3, 7, 30),
      wanted: fc.uniqueArray(id, { minLength: 1, maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(worlds, async ({ gap, wanted }) => {
        const rows = Array.from({ length: 200 }, (_, at) => 1 + at * gap);
        const world = scatteredWorld([...new Set([...rows, ...wanted.slice(0, 20)])]);
        const ids = wanted.map((each) => toGlobalId('Job', 42, each));
        const text = `{ nodes(ids: ${JSON.stringify(ids)}) { ... on Job { name } } }`;
        const { estimate, made } = await compare(world, text);
        expect(made).toBeLessThanOrEqual(estimate);
      }),
      { numRuns: runs(40) },
    );
  });
});
