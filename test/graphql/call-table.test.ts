import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { type Started, startGateway } from '../helpers/start-gateway.ts';

/*
 * A table of operations with the exact calls to GitLab that each one makes, checked with the
 * simulator's log of requests. A change of a row changes what the gateway promises.
 */

const PROJECT = 42;
const FIRST = 10_001;
/** The id of a pipeline that pipeline 700 started. */
const CHILD = 650;
/** The id of a pipeline of 300 jobs in another project. */
const LARGE = 600;
/** The id of the first of three failed jobs of another project. */
const FAILED = 30_001;

/**
 * Creates a project with 300 jobs in 15 pipelines of 20, each with a bridge. Also creates the
 * pipelines CHILD and LARGE, and three failed jobs from the id FAILED on.
 */
function busyWorld() {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: 'glpat-alice' });
  const members = { alice: 'maintainer' } as const;
  const project = world.addProject({ path: 'group/app', id: PROJECT, members });
  world.addProject({ path: 'group/other', id: 43, members });
  for (let at = 0; at < 15; at++) {
    const pipeline = world.addPipeline(project, { id: 700 + at });
    for (let job = 0; job < 20; job++) world.addJob(pipeline, { id: FIRST + at * 20 + job });
  }
  for (let at = 0; at < 15; at++) world.addBridge(700 + at, { id: 20_000 + at });
  const child = world.addPipeline(project, { id: CHILD, source: 'parent_pipeline' });
  world.addBridge(700, { id: 20_100, name: 'child', downstream: child });
  const large = world.addPipeline(world.addProject({ path: 'group/large', id: 44, members }), {
    id: LARGE,
  });
  for (let job = 0; job < 300; job++) world.addJob(large, { id: 1_001 + job });
  world.addProject({ path: 'group/failed', id: 45, members });
  world.addPipeline('group/failed', { id: 720 });
  for (let at = 0; at < 3; at++) world.addJob(720, { id: FAILED + at, status: 'failed' });
  return world;
}

const jobId = (id: number) => toGlobalId('Job', PROJECT, id);
const ids = (from: number, count: number, step = 1) =>
  Array.from({ length: count }, (_, at) => jobId(from + at * step));
const nodes = (list: string[]) =>
  `{ nodes(ids: ${JSON.stringify(list)}) { id ... on Job { name status } } }`;

const embedded = `
  id name status commit { sha title } user { username } runner { description } runnerManager { version }
  artifacts { fileType size } artifactsFile { filename } project { id fullPath webUrl ciJobTokenScopeEnabled }
  pipeline { id databaseId iid projectId status ref sha source createdAt updatedAt webUrl }`;

const ofStatus =
  'active complete cancelable retryable detailedStatus { group text label tooltip action }';
const derived = `
  ${ofStatus} playable retried queuedAt failureMessage failureCategory
  groupName parallelIndex parallelTotal matrixValues`;

const board = `
  jobCount statusCounts { status count } gaps { part code message retryAfter } failedJobs { name }
  stages {
    name position positionKnown status hasWarnings manualCount startedAt finishedAt detailedStatus { text action }
    groups { name size status hasWarnings detailedStatus { text } jobs { id name attempts { id status } } }
  }
  timeline { startedAt finishedAt elapsed running queued idle criticalPath { idle queued ran job { name } } }`;

const largePage = (page: number) =>
  `GET /projects/44/pipelines/${LARGE}/jobs?include_retried=true&page=${page}&per_page=100`;

/** A name, a query, and the calls to GitLab: their number, or the calls themselves in any order. */
type Row = [operation: string, query: string, calls: number | string[]];

const table: Row[] = [
  ['__typename', '{ __typename }', 0],
  ['introspection', '{ __schema { types { name } } }', 0],
  ['a project’s path', '{ project(fullPath: "group/app") { fullPath } }', 0],
  ['a project’s number by its number', '{ project(fullPath: "42") { id databaseId } }', 0],
  [
    'one job with commit, user, runner, artifacts and basic pipeline',
    `{ job(project: "group/app", id: "${FIRST}") { ${embedded} } }`,
    [`GET /projects/group%2Fapp/jobs/${FIRST}`],
  ],
  [
    'one job with all that is derived from its row',
    `{ job(project: "group/app", id: "${FIRST}") { ${derived} } }`,
    [`GET /projects/group%2Fapp/jobs/${FIRST}`],
  ],
  [
    '20 jobs of a project with all that is derived from their rows',
    `{ project(fullPath: "42") { jobs(first: 20) { nodes { ${derived} pipeline { ${ofStatus} } } } } }`,
    1,
  ],
  [
    'a pipeline with all that is derived from its row',
    `{ pipeline(project: "42", id: "700") { ${ofStatus} } }`,
    ['GET /projects/42/pipelines/700'],
  ],
  [
    'why a job failed, without its log',
    `{ job(project: "45", id: "${FAILED}") { failure { reason category message retryHelps } } }`,
    [`GET /projects/45/jobs/${FAILED}`],
  ],
  [
    'why a job failed, with its log',
    `{ job(project: "45", id: "${FAILED}") { failure { category log { exitCode tail { text } } } } }`,
    [`GET /projects/45/jobs/${FAILED}`, `GET /projects/45/jobs/${FAILED}/trace`],
  ],
  [
    'why a job failed, and its log as text',
    `{ job(project: "45", id: "${FAILED}") { failure { log { exitCode } } trace { text } } }`,
    2,
  ],
  [
    'why the jobs of a pipeline failed, with their logs',
    `{ pipeline(project: "45", id: "720") { board {
       failedJobs { ... on Job { failure { message log { errors { text } } } } }
     } } }`,
    2 + 3,
  ],
  [
    'why a job that did not fail failed',
    `{ job(project: "42", id: "${FIRST}") { failure { log { exitCode } } } }`,
    1,
  ],
  [
    'the same job selected five ways',
    `{ a: job(project: "42", id: "${FIRST}") { name } b: job(project: "42", id: "${FIRST}") { status }
       project(fullPath: "42") { job(id: "${FIRST}") { ref } } node(id: "${jobId(FIRST)}") { id }
       nodes(ids: ["${jobId(FIRST)}", "${jobId(FIRST)}"]) { id } }`,
    [`GET /projects/42/jobs/${FIRST}`],
  ],
  ['50 jobs by id out of one window of 100', nodes(ids(FIRST, 50, 2)), 1],
  ['50 jobs of which some are missing', nodes(ids(FIRST + 280, 50)), 1],
  ['100 neighbours by id', nodes(ids(FIRST, 100)), 1],
  ['two neighbours by id', nodes(ids(FIRST, 2)), 1],
  ['250 consecutive jobs by id', nodes(ids(FIRST, 250)), 3],
  ['three jobs far apart by id', nodes([jobId(FIRST), jobId(FIRST + 120), jobId(FIRST + 290)]), 3],
  [
    '20 jobs of a project with everything in their JSON',
    `{ project(fullPath: "group/app") { jobs(first: 20) { nodes { ${embedded} } pageInfo { hasNextPage endCursor } } } }`,
    1,
  ],
  [
    '250 jobs of a project',
    '{ project(fullPath: "group/app") { jobs(first: 250) { nodes { name } } } }',
    3,
  ],
  [
    'the last 20 jobs',
    '{ project(fullPath: "42") { jobs(last: 20) { nodes { name } pageInfo { hasPreviousPage } } } }',
    1,
  ],
  [
    'the last 100 jobs',
    '{ project(fullPath: "42") { jobs(last: 100) { nodes { name } pageInfo { hasPreviousPage } } } }',
    1,
  ],
  [
    'the 20 oldest first',
    '{ project(fullPath: "42") { jobs(sort: ID_ASC) { nodes { name } pageInfo { hasNextPage } } } }',
    1,
  ],
  [
    '20 jobs, each with its pipeline’s embedded fields',
    '{ project(fullPath: "42") { jobs(first: 20) { nodes { pipeline { id status ref sha webUrl } } } } }',
    1,
  ],
  [
    '40 jobs, each with its pipeline’s duration: 2 pipelines',
    '{ project(fullPath: "42") { jobs(first: 40) { nodes { pipeline { duration name user { username } } } } } }',
    1 + 2,
  ],
  [
    '40 jobs, each with its pipeline’s jobs: 2 pipelines',
    '{ project(fullPath: "42") { jobs(first: 40) { nodes { pipeline { jobs(first: 100) { nodes { name } } } } } } }',
    1 + 2,
  ],
  [
    'a pipeline’s jobs and bridges',
    '{ pipeline(project: "42", id: "700") { jobs { nodes { name } } bridges { nodes { name } } } }',
    2,
  ],
  [
    'a pipeline’s own fields, jobs and bridges',
    '{ pipeline(project: "group/app", id: "700") { status duration jobs { nodes { name } } bridges { nodes { name } } } }',
    3,
  ],
  [
    'a pipeline’s number, which the request contains, with its lists',
    '{ pipeline(project: "group/app", id: "700") { databaseId jobs { nodes { name } } bridges { nodes { name } } } }',
    [
      'GET /projects/group%2Fapp/pipelines/700/jobs?page=1&per_page=20',
      'GET /projects/group%2Fapp/pipelines/700/bridges?page=1&per_page=20',
    ],
  ],
  [
    'a pipeline’s id, which its jobs reveal',
    '{ pipeline(project: "group/app", id: "700") { id projectId project { fullPath } jobs { nodes { name } } } }',
    1,
  ],
  [
    'a pipeline’s id and project by number, with its jobs',
    '{ pipeline(project: "42", id: "700") { id projectId project { id } jobs { nodes { name } } } }',
    1,
  ],
  [
    'a pipeline by its global id, with its jobs',
    `{ node(id: "${toGlobalId('Pipeline', PROJECT, 700)}") { id ... on Pipeline { jobs { nodes { name } } } } }`,
    1,
  ],
  [
    'whether a pipeline exists',
    '{ pipeline(project: "42", id: "700") { id databaseId } }',
    ['GET /projects/42/pipelines/700'],
  ],
  [
    'a project’s id, which its jobs reveal',
    '{ project(fullPath: "group/app") { id jobs { nodes { name } } } }',
    ['GET /projects/group%2Fapp/jobs?pagination=keyset&per_page=20&order_by=id&sort=desc'],
  ],
  [
    'everything but the name of a project, which its jobs reveal',
    '{ project(fullPath: "group/app") { id databaseId fullPath webUrl ciJobTokenScopeEnabled jobs { nodes { name } } } }',
    1,
  ],
  [
    'two projects with their ids and jobs',
    '{ projects(fullPaths: ["group/app", "group/other", "group/app"]) { id jobs { nodes { name } } } }',
    1 + 2,
  ],
  [
    'a project by its global id with its path, which its jobs reveal',
    `{ node(id: "${toGlobalId('Project', PROJECT)}") { id ... on Project { fullPath jobs { nodes { name } } } } }`,
    1,
  ],
  [
    'a project’s id, which one of its jobs reveals',
    `{ project(fullPath: "group/app") { id job(id: "${FIRST}") { name } } }`,
    1,
  ],
  [
    'a project’s id, which one of its pipelines reveals',
    '{ project(fullPath: "group/app") { id pipeline(id: "700") { status } } }',
    1,
  ],
  [
    'a project’s id with a count of its jobs, which reveals nothing',
    '{ project(fullPath: "group/app") { id pipeline(id: "700") { jobs { totalCount } } } }',
    2,
  ],
  [
    'a project’s pipelines with all fields of their rows',
    `{ project(fullPath: "group/app") { id fullPath pipelines(first: 10) {
       nodes { id databaseId iid projectId status statusRaw ref sha source createdAt updatedAt webUrl name project { id fullPath } }
       pageInfo { hasNextPage hasPreviousPage } totalCount } } }`,
    ['GET /projects/group%2Fapp/pipelines?page=1&per_page=10'],
  ],
  [
    '3 pipelines of a project with their durations',
    '{ project(fullPath: "42") { pipelines(first: 3) { nodes { name duration user { username } } } } }',
    [
      'GET /projects/42/pipelines?page=1&per_page=3',
      ...[714, 713, 712].map((id) => `GET /projects/42/pipelines/${id}`),
    ],
  ],
  [
    'how many pipelines a project has',
    '{ project(fullPath: "42") { pipelines { totalCount } } }',
    ['GET /projects/42/pipelines?page=1&per_page=1'],
  ],
  [
    'a project’s jobs and pipelines, side by side',
    '{ project(fullPath: "group/app") { id jobs { nodes { name } } pipelines { nodes { name } } } }',
    2,
  ],
  [
    'how many jobs a pipeline has',
    '{ pipeline(project: "42", id: "700") { jobs { totalCount } } }',
    ['GET /projects/42/pipelines/700/jobs?page=1&per_page=1'],
  ],
  [
    'a pipeline’s jobs and how many',
    '{ pipeline(project: "42", id: "700") { jobs { totalCount nodes { name } } } }',
    1,
  ],
  [
    'a search in a log, and some of its lines',
    `{ job(project: "42", id: "${FIRST}") { trace {
      search(anyOf: ["error"], context: 1) { matchCount excerpts { lines { number text } matchedNumbers section } }
      lines(fromLine: 2, toLine: 9) { nodes { number text } } } } }`,
    [`GET /projects/42/jobs/${FIRST}/trace`],
  ],
  [
    'the log and nothing else of a job',
    `{ job(project: "42", id: "${FIRST}") { trace { byteSize truncated text(format: RAW) } } }`,
    [`GET /projects/42/jobs/${FIRST}/trace`],
  ],
  [
    'the log of a job with values that the request contains',
    `{ job(project: "42", id: "${FIRST}") { id databaseId projectId kind project { id } trace { byteSize } } }`,
    [`GET /projects/42/jobs/${FIRST}/trace`],
  ],
  [
    'the log of a job by path, and its id',
    `{ job(project: "group/app", id: "${FIRST}") { id trace { byteSize } } }`,
    2,
  ],
  [
    'a job and its log',
    `{ job(project: "group/app", id: "${FIRST}") { name trace { byteSize } } }`,
    2,
  ],
  [
    'fields that are switched off',
    `query ($no: Boolean = false) { job(project: "42", id: "${FIRST}") { name trace @include(if: $no) { byteSize }
       ... @skip(if: true) { pipeline { duration } } } }`,
    1,
  ],
  [
    'a project’s name with one job, side by side',
    `{ project(fullPath: "group/app") { name job(id: "${FIRST}") { name } } }`,
    2,
  ],
  [
    'a retry with the new job’s own fields',
    `mutation { jobRetry(input: { id: "${jobId(FIRST)}" }) { retriedJobId errors { code } job { id name status pipeline { status } } } }`,
    [`POST /projects/42/jobs/${FIRST}/retry`],
  ],
  [
    'a plan of what a retry of the failed jobs of a pipeline would retry',
    `mutation { jobsRetry(input: { pipeline: { id: "${toGlobalId('Pipeline', 45, 720)}" }, dryRun: true }) {
       results { outcome job { name status } } errors { code } } }`,
    2,
  ],
  [
    'a retry of the 3 failed jobs of a pipeline',
    `mutation { jobsRetry(input: { pipeline: { id: "${toGlobalId('Pipeline', 45, 720)}" } }) {
       done results { job { id name status pipeline { status } } } errors { code } } }`,
    2 + 3,
  ],
  [
    'a retry of 3 jobs by id',
    `mutation { jobsRetry(input: { ids: ${JSON.stringify(ids(FIRST, 3))} }) { done } }`,
    3,
  ],
  [
    'a retry of a pipeline',
    `mutation { pipelineRetry(input: { id: "${toGlobalId('Pipeline', PROJECT, 700)}" }) { pipeline { status duration } errors { code } } }`,
    ['POST /projects/42/pipelines/700/retry'],
  ],
  [
    'a cancel of a pipeline, and what it canceled',
    `mutation { pipelineCancel(input: { id: "${toGlobalId('Pipeline', PROJECT, 700)}" }) { changedJobs { name attempts { name } } } }`,
    1 + 2,
  ],
  [
    'earlier runs of a job',
    `{ job(project: "44", id: "1051") { history { failuresInARow runs { name pipeline { ref } } } } }`,
    2,
  ],
  [
    'the statistics of a project and its number',
    '{ project(fullPath: "group/app") { databaseId jobStats(last: 200) { jobCount byName { name flaky lastRun { name } } } } }',
    2,
  ],
  [
    'a file of a job’s archive, twice',
    `{ job(project: "group/app", id: "${FIRST}") { artifactText(path: "reports/junit.xml") again: artifactText(path: "reports/junit.xml") } }`,
    [`GET /projects/group%2Fapp/jobs/${FIRST}/artifacts/reports/junit.xml`],
  ],
  [
    'a file of a job’s archive, with two limits',
    `{ job(project: "42", id: "${FIRST}") { a: artifactText(path: "a", maxBytes: 1) b: artifactText(path: "a", maxBytes: 2) } }`,
    2,
  ],
  [
    'two files of a job’s archive, and the job',
    `{ job(project: "42", id: "${FIRST}") { name a: artifactText(path: "a") b: artifactText(path: "b") artifactsFile { downloadUrl } } }`,
    3,
  ],
  [
    'a pipeline’s test summary',
    '{ pipeline(project: "group/app", id: "700") { testSummary { total { count } suites { name } } } }',
    ['GET /projects/group%2Fapp/pipelines/700/test_report_summary'],
  ],
  [
    'a pipeline’s test summary with the ids of jobs, by the number of its project',
    '{ pipeline(project: "42", id: "700") { testSummary { suites { jobIds } } } }',
    1,
  ],
  [
    'the jobs of two projects in one list',
    '{ jobs(projects: ["group/app", "group/other", "group/app"], first: 20) { nodes { name pipeline { status } } pageInfo { hasNextPage } unread { code } } }',
    ['group%2Fapp', 'group%2Fother'].map(
      (path) => `GET /projects/${path}/jobs?pagination=keyset&per_page=21&order_by=id&sort=desc`,
    ),
  ],
  [
    '100 jobs of one project in a merged list, and whether more follow',
    '{ jobs(projects: ["42"], first: 100) { nodes { name } pageInfo { hasNextPage } } }',
    2,
  ],
  [
    'a pipeline’s board',
    `{ pipeline(project: "group/app", id: "700") { board { ${board} } } }`,
    [
      'GET /projects/group%2Fapp/pipelines/700/bridges?page=1&per_page=100',
      'GET /projects/group%2Fapp/pipelines/700/jobs?include_retried=true&page=1&per_page=100',
    ],
  ],
  [
    'a pipeline’s board with attempts and all that is derived from the rows',
    `{ pipeline(project: "42", id: "700") { board { stages { groups { jobs { ${derived} attempts { ${derived} } } } } } } }`,
    2,
  ],
  [
    'a board of 300 attempts',
    `{ pipeline(project: "44", id: "${LARGE}") { board { jobCount gaps { code } } } }`,
    [1, 2, 3]
      .map(largePage)
      .concat(`GET /projects/44/pipelines/${LARGE}/bridges?page=1&per_page=100`),
  ],
  [
    'a board of the newest 150 of 300 attempts',
    `{ pipeline(project: "44", id: "${LARGE}") { board(maxJobs: 150) { jobCount gaps { code } } } }`,
    1 + 2,
  ],
  [
    'boards of one pipeline that differ in size',
    `{ pipeline(project: "44", id: "${LARGE}") { a: board(maxJobs: 150) { jobCount } b: board { jobCount } } }`,
    1 + 3,
  ],
  [
    'a pipeline’s board and own fields',
    '{ pipeline(project: "group/app", id: "700") { id status duration board { jobCount } } }',
    3,
  ],
  [
    'whether a pipeline can be retried, with its board',
    '{ pipeline(project: "group/app", id: "700") { retryable board { jobCount } } }',
    3,
  ],
  [
    'a pipeline’s board, trigger jobs and jobs with retried ones, from the same pages',
    `{ pipeline(project: "42", id: "700") { board { jobCount }
       bridges(first: 100) { nodes { name } } jobs(first: 100, includeRetried: true) { nodes { name } } } }`,
    2,
  ],
  [
    'a pipeline’s board, and its jobs without retried ones',
    '{ pipeline(project: "42", id: "700") { board { jobCount } jobs { nodes { name } } } }',
    3,
  ],
  [
    'the boards of two pipelines',
    `{ a: pipeline(project: "42", id: "700") { board { jobCount } }
       b: pipeline(project: "42", id: "701") { board { jobCount } } }`,
    4,
  ],
  [
    'a job with its attempts',
    `{ job(project: "42", id: "${FIRST}") { attempts { databaseId status } } }`,
    [
      `GET /projects/42/jobs/${FIRST}`,
      'GET /projects/42/pipelines/700/jobs?include_retried=true&page=1&per_page=100',
    ],
  ],
  [
    'the jobs of a pipeline with their attempts',
    '{ pipeline(project: "42", id: "700") { jobs { nodes { attempts { databaseId } } } } }',
    2,
  ],
  [
    '40 jobs of a project with their attempts: 2 pipelines',
    '{ project(fullPath: "42") { jobs(first: 40) { nodes { attempts { databaseId } } } } }',
    1 + 2,
  ],
  [
    'trigger jobs with their attempts',
    '{ pipeline(project: "42", id: "700") { bridges { nodes { attempts { name } } } } }',
    1,
  ],
  [
    'the pipelines that a pipeline started',
    '{ pipeline(project: "42", id: "700") { downstream { pipeline { id status webUrl } bridge { name } parentId } } }',
    ['GET /projects/42/pipelines/700/bridges?page=1&per_page=100'],
  ],
  [
    'the pipelines that a pipeline started, and those below them',
    '{ pipeline(project: "42", id: "700") { downstream(depth: 2) { depth pipeline { status } gap { code } } } }',
    [700, CHILD].map((id) => `GET /projects/42/pipelines/${id}/bridges?page=1&per_page=100`),
  ],
  [
    'a pipeline’s board, and the pipelines that it started',
    '{ pipeline(project: "42", id: "700") { board { jobCount } downstream { depth } bridges(first: 100) { nodes { name } } } }',
    2,
  ],
  [
    'the board of a pipeline that a pipeline started',
    '{ pipeline(project: "42", id: "700") { downstream(first: 5) { pipeline { board(maxJobs: 100) { jobCount } } } } }',
    1 + 2,
  ],
  ['the rate limit', '{ rateLimit { remaining } }', 0],
];

const start = (simulator = {}): Promise<Started> =>
  startGateway({ simulator: { world: busyWorld(), ...simulator }, token: 'glpat-alice' });

describe('the call table', () => {
  it.each(table)('%s', async (_operation, query, calls) => {
    const started = await start();
    const answer = await started.query(query);
    expect(answer.errors).toBeUndefined();
    const made = started.calls();
    if (typeof calls === 'number') expect(made).toHaveLength(calls);
    else expect(made.toSorted()).toEqual(calls.toSorted());
    expect(answer.extensions?.upstream?.calls).toBe(made.length);
  });

  it('101 rows take one more call without X-PREV-CURSOR', async () => {
    const { query, calls } = await start({ version: '18.0' });
    const page = '{ nodes { name } pageInfo { hasPreviousPage } }';
    await query(`{ project(fullPath: "42") { jobs(last: 100) ${page} } }`);
    expect(calls()).toHaveLength(2);
    await query(`{ project(fullPath: "42") { jobs(last: 99) ${page} } }`);
    expect(calls()).toHaveLength(1);
  });
});

/**
 * Returns how many round trips to GitLab follow each other. A call begins a new round trip if no
 * other call is running when it arrives. Round trips are counted, so the result does not depend on
 * time.
 */
async function roundTripsOf({ query, simulator }: Started, text: string): Promise<number> {
  let rounds = 0;
  const { requests } = simulator;
  requests.push = (...added) => {
    if (requests.every(({ status }) => status !== 0)) rounds += 1;
    return Array.prototype.push.apply(requests, added);
  };
  simulator.setLatency(50);
  const answer = await query(text);
  expect(answer.errors).toBeUndefined();
  return rounds;
}

describe('independent calls run in parallel', () => {
  it.each<[string, string, number]>([
    [
      'jobs with their pipelines’ durations',
      '{ project(fullPath: "42") { jobs(first: 40) { nodes { pipeline { duration } } } } }',
      2,
    ],
    [
      'a pipeline with its lists',
      '{ pipeline(project: "group/app", id: "700") { status jobs { nodes { name } } bridges { nodes { name } } } }',
      1,
    ],
    [
      'a project with a list',
      '{ project(fullPath: "group/app") { name jobs { nodes { name } } } }',
      1,
    ],
    [
      'a job with its log',
      `{ job(project: "group/app", id: "${FIRST}") { name trace { byteSize } } }`,
      1,
    ],
    ['jobs by id in three windows', nodes(ids(FIRST, 250)), 1],
    [
      'a long pipeline’s jobs, from the end',
      '{ pipeline(project: "42", id: "700") { jobs(last: 5) { nodes { name } } } }',
      1,
    ],
  ])('%s', async (_name, text, rounds) => {
    expect(await roundTripsOf(await start(), text)).toBe(rounds);
  });
});
