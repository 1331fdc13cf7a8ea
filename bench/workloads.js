/*
 * The workloads: the operations that are measured. The variables differ from request to request. To add a
 * workload, add an entry with a query and, for each index, the variables, the REST requests that read the
 * same rows, and the rows that the response consists of.
 */
import { boardsOnThreePages, boardsOnTwoPages } from './board-fixtures.js';
import { bridgesOf, canceled, jobs, jobsOf, log, pipelines, project } from './fixtures.js';
import { everyField } from './shapes.js';
import { buildBoard } from './subjects/board.js';

/** Numbers of different requests. Multiples of `TOKENS` in run.js, so that a request always has the same token. */
const JOBS = 500;
const PAGES = 200;
const WINDOWS = 100;

const root = `/api/v4/projects/${project}`;
export const as = (type, row) => ({ ...row, type });
const get = (path) => ({ method: 'GET', path: `${root}${path}` });
const oneByOne = (rows) => rows.map(({ id }) => get(`/jobs/${id}`));
const gitlabCursor = ({ id }) =>
  Buffer.from(JSON.stringify({ id: String(id), _kd: 'n' })).toString('base64url');
const keyset = (perPage, after) =>
  get(
    `/jobs?pagination=keyset&per_page=${perPage}&order_by=id&sort=desc&cursor=${gitlabCursor(after)}`,
  );
export const jobVariables = ({ id }) => ({ project: String(project), id: String(id) });
const globalId = ({ id }) => Buffer.from(`Job:${project}:${id}`).toString('base64url');

const nested = `databaseId name stage status ref startedAt duration webUrl
  commit { shortId title authorName } user { username avatarUrl }
  pipeline { databaseId status ref webUrl } runner { description status }`;
/** A selection of 22 values. */
const detailed = `createdAt finishedAt queuedDuration ${nested}`;

export const connectionOf = (type, rows, more) => ({
  type: `${type}Connection`,
  nodes: rows.map((row) => as(type, row)),
  ...more,
});
const projectWith = (connection) => ({ project: { type: 'Project', jobs: connection } });
const hasNextPage = { pageInfo: { type: 'PageInfo', hasNextPage: true } };

/**
 * Returns a workload that reads `size` jobs by id, each with an alias. `rowsAt(index)` returns the jobs of one
 * request.
 */
export function jobsById(rowsAt, { size = 50, fields = detailed } = {}) {
  const aliases = Array.from({ length: size }, (_, index) => index);
  const selections = aliases.map(
    (index) => `j${index}: job(project: $project, id: $id${index}) { ${fields} }`,
  );
  const ids = aliases.map((index) => `$id${index}: ID!`);
  return {
    query: `query JobsById($project: ID!, ${ids.join(', ')}) { ${selections.join('\n')} }`,
    count: WINDOWS,
    at(index) {
      const rows = rowsAt(index);
      const pairs = rows.map(({ id }, position) => [`id${position}`, String(id)]);
      const answers = rows.map((row, position) => [`j${position}`, as('Job', row)]);
      return {
        variables: { project: String(project), ...Object.fromEntries(pairs) },
        rest: oneByOne(rows),
        answer: Object.fromEntries(answers),
      };
    },
  };
}

/**
 * Returns a workload that reads a page of `size` jobs. Each request starts `step` jobs after the start of the
 * previous one. `nodes` is the selection on a job. For more than 100 jobs, GitLab's maximum per page, there are
 * several REST requests.
 */
export const jobPages = (cursorOf, { size, step, nodes }) => ({
  query: `query Jobs($project: ID!, $after: String) { project(fullPath: $project) {
    jobs(first: ${size}, after: $after) { nodes ${nodes} pageInfo { hasNextPage } } } }`,
  count: PAGES,
  at(index) {
    const start = step * index;
    const pages = Array.from({ length: Math.ceil(size / 100) }, (_, page) => 100 * page);
    return {
      variables: { project: String(project), after: cursorOf(jobs[start]) },
      rest: pages.map((from) => keyset(Math.min(100, size - from), jobs[start + from])),
      answer: projectWith(
        connectionOf('Job', jobs.slice(start + 1, start + size + 1), hasNextPage),
      ),
    };
  },
});

const pagesOf = (path, rows) =>
  Array.from({ length: Math.ceil(rows.length / 100) }, (_, index) =>
    get(`${path}per_page=100&page=${index + 1}`),
  );

/** Returns the expected board: the one that Mercurius' resolver builds, plus the GraphQL types of its objects. */
function boardOf({ jobs, bridges }) {
  const { jobCount, stages, timeline } = buildBoard(jobs, bridges);
  const stageOf = ({ groups, ...stage }) =>
    as('CiStage', { ...stage, groups: groups.map((group) => as('CiGroup', group)) });
  const criticalPath = timeline.criticalPath.map((step) => as('CriticalStep', step));
  return as('PipelineBoard', {
    jobCount,
    stages: stages.map(stageOf),
    timeline: as('PipelineTimeline', { ...timeline, criticalPath }),
  });
}

/**
 * Returns a workload that reads the board of a pipeline. The schema for Yoga + Pothos (subjects/yoga.js) has no
 * boards.
 */
const board = (boards) => ({
  goals: { fresh: 0.5, calls: 2 },
  missingIn: ['yoga'],
  query: `query Board($project: ID!, $id: ID!) { pipeline(project: $project, id: $id) { board {
    jobCount
    stages { name status groups { name size status
      jobs { databaseId name status duration webUrl attempts { databaseId status } } } }
    timeline { startedAt elapsed running queued idle
      criticalPath { idle queued ran job { databaseId name } } } } } }`,
  count: boards.length,
  at(index) {
    const { pipeline, jobs, bridges } = boards[index];
    return {
      variables: jobVariables(pipeline),
      rest: [
        ...pagesOf(`/pipelines/${pipeline.id}/jobs?include_retried=true&`, jobs),
        ...pagesOf(`/pipelines/${pipeline.id}/bridges?`, bridges),
      ],
      answer: { pipeline: { type: 'Pipeline', board: boardOf(boards[index]) } },
    };
  },
});

/**
 * Returns the workloads. `goals` are maximums. `fresh` and `settled` limit the CPU time, as a
 * multiple of the CPU time of Mercurius with graphql-jit: `fresh` if all of GitLab's responses are
 * new, `settled` if they are 304. `calls` limits the number of calls to GitLab. `count` is the
 * number of different requests. `settledCount` replaces `count` for responses with 304, if the rows
 * of all requests do not fit in the gateway's ETag cache of 64 MiB. `missingIn` lists the ids of
 * the subjects that are skipped, because their schema lacks a field that the query selects. `cursorOf` returns the gateway's cursor of a job. expected.js
 * explains `answer`.
 */
export const createWorkloads = (cursorOf) => [
  {
    id: 'W1',
    title: 'one job, 15 scalars + 4 objects',
    goals: { fresh: 1, settled: 0.9, calls: 1 },
    query: `query Job($project: ID!, $id: ID!) { job(project: $project, id: $id) {
      databaseId name stage status ref tag coverage allowFailure createdAt startedAt finishedAt
      duration queuedDuration webUrl tagList
      commit { shortId title authorName } user { username name }
      pipeline { databaseId status ref } runner { description status } } }`,
    count: JOBS,
    at: (index) => ({
      variables: jobVariables(jobs[index]),
      rest: oneByOne([jobs[index]]),
      answer: { job: as('Job', jobs[index]) },
    }),
  },
  {
    id: 'W2',
    title: '20 jobs, nested',
    goals: { fresh: 0.8, settled: 0.4, calls: 1 },
    ...jobPages(cursorOf, { size: 20, step: 20, nodes: `{ ${nested} }` }),
  },
  {
    id: 'W3',
    title: '100 jobs, all fields',
    goals: { fresh: 0.6, settled: 0.3, calls: 1 },
    ...jobPages(cursorOf, { size: 100, step: 40, nodes: everyField('Job') }),
    settledCount: 100,
  },
  {
    id: 'W4',
    title: '50 jobs of one pipeline by id, among 200 ids',
    goals: { fresh: 0.5, calls: 3 },
    ...jobsById((index) => jobsOf(pipelines[index])),
    settledCount: 50,
  },
  {
    id: 'W9',
    title: '50 neighboring jobs by id',
    goals: { fresh: 0.25, calls: 1 },
    ...jobsById((index) => jobs.slice(20 * index, 20 * index + 50)),
  },
  {
    id: 'W5',
    title: 'pipeline: 50 jobs + bridges',
    goals: { fresh: 0.7, settled: 0.4, calls: 2 },
    query: `query Pipeline($project: ID!, $id: ID!) { pipeline(project: $project, id: $id) {
      jobs(first: 50) { totalCount nodes { ${nested} } }
      bridges { nodes { databaseId name stage status duration webUrl
        downstreamPipeline { databaseId status webUrl } } } } }`,
    count: PAGES,
    at: (index) => {
      const pipeline = pipelines[index];
      const rows = jobsOf(pipeline);
      return {
        variables: jobVariables(pipeline),
        rest: [
          get(`/pipelines/${pipeline.id}/jobs?page=1&per_page=50`),
          get(`/pipelines/${pipeline.id}/bridges?page=1&per_page=20`),
        ],
        answer: {
          pipeline: {
            type: 'Pipeline',
            jobs: connectionOf('Job', rows, { totalCount: rows.length }),
            bridges: connectionOf('Bridge', bridgesOf(pipeline)),
          },
        },
      };
    },
  },
  {
    id: 'W6',
    title: '20 jobs → pipeline → its jobs',
    goals: { fresh: 0.35, settled: 0.2, calls: 5 },
    query: `query Siblings($project: ID!, $after: String) { project(fullPath: $project) {
      jobs(first: 20, after: $after) { nodes { databaseId name status
        pipeline { databaseId status jobs(first: 20) { nodes { databaseId name status } } } } } } }`,
    count: PAGES,
    settledCount: 100,
    at: (index) => {
      // Each block of 200 consecutive jobs belongs to four pipelines. All jobs of a page are from one block.
      const first = 200 * (index % 50) + 20 * Math.floor(index / 50);
      const rows = jobs.slice(first + 1, first + 21);
      const ids = [...new Set(rows.map(({ pipeline }) => pipeline.id))];
      const siblings = (pipeline) => connectionOf('Job', jobsOf(pipeline).slice(0, 20));
      const nodes = rows.map(({ pipeline, ...row }) => ({
        ...row,
        pipeline: { ...pipeline, jobs: siblings(pipeline) },
      }));
      return {
        variables: { project: String(project), after: cursorOf(jobs[first]) },
        rest: [
          keyset(20, jobs[first]),
          ...ids.map((id) => get(`/pipelines/${id}/jobs?page=1&per_page=20`)),
        ],
        answer: projectWith(connectionOf('Job', nodes)),
      };
    },
  },
  {
    id: 'W7',
    title: 'one mutation',
    isWrite: true,
    goals: { fresh: 1, calls: 1 },
    query: `mutation Cancel($id: ID!) { jobCancel(input: { id: $id }) {
      canceled errors { message }
      job { databaseId name stage status webUrl } } }`,
    count: JOBS,
    at: (index) => ({
      variables: { id: globalId(jobs[index]) },
      rest: [{ method: 'POST', path: `${root}/jobs/${jobs[index].id}/cancel` }],
      answer: {
        jobCancel: {
          type: 'JobCancelPayload',
          canceled: true,
          errors: [],
          job: as('Job', canceled(jobs[index])),
        },
      },
    }),
  },
  {
    id: 'W8',
    title: 'a 1 MB log',
    goals: { fresh: 0.8, calls: 1 },
    query: `query Log($project: ID!, $id: ID!) {
      job(project: $project, id: $id) { trace { text(format: RAW) } } }`,
    count: JOBS,
    at: (index) => {
      // The logs of the first jobs have other lengths (`jobsByLogLength`).
      const job = jobs[index + 10];
      return {
        variables: jobVariables(job),
        rest: [get(`/jobs/${job.id}/trace`)],
        answer: { job: { type: 'Job', trace: { type: 'JobTrace', text: log } } },
      };
    },
  },
  {
    id: 'W10',
    title: 'board: 200 attempts, of which 100 are trigger jobs',
    ...board(boardsOnTwoPages),
  },
  {
    id: 'W10b',
    title: 'board: 200 attempts of jobs on two pages, and 5 trigger jobs',
    ...board(boardsOnThreePages),
    goals: { fresh: 0.5, calls: 3 },
  },
];

/** Reads a cursor of the job list from a gateway. Returns a function that builds the cursor of any job from it. */
export async function learnCursors({ origin }) {
  const query = `{ project(fullPath: "${project}") { jobs(first: 1) { pageInfo { endCursor } } } }`;
  const headers = { 'private-token': 'first-0', 'content-type': 'application/json' };
  const body = JSON.stringify({ query });
  const response = await fetch(`${origin}/graphql`, { method: 'POST', headers, body });
  const { endCursor } = (await response.json()).data.project.jobs.pageInfo;
  const [version, list] = Buffer.from(endCursor, 'base64url').toString().split(':');
  return ({ id }) => Buffer.from(`${version}:${list}:${id}`).toString('base64url');
}
