/*
 * What is measured. To add a workload, add an entry: the query, what a REST client asks for instead,
 * and the rows that the answer is made of.
 */
import { bridgesOf, canceled, jobs, jobsOf, log, pipelines, project } from './fixtures.js';
import { everyField } from './shapes.js';

const root = `/api/v4/projects/${project}`;
const as = (type) => (row) => ({ ...row, type });
const get = (path) => ({ method: 'GET', path: `${root}${path}` });
const oneByOne = (rows) => rows.map(({ id }) => get(`/jobs/${id}`));
const keyset = (perPage) =>
  get(`/jobs?pagination=keyset&per_page=${perPage}&order_by=id&sort=desc`);

const [job] = jobs;
const [pipeline] = pipelines;
const nested = `databaseId name stage status ref startedAt duration webUrl
  commit { shortId title authorName } user { username avatarUrl }
  pipeline { databaseId status ref webUrl } runner { description status }`;

/** Jobs by id, each under an alias. */
function byId(rows) {
  const field = ({ id }, index) =>
    `j${index}: job(project: "${project}", id: "${id}") { databaseId name stage status duration webUrl }`;
  return {
    query: `{ ${rows.map(field).join('\n')} }`,
    rest: oneByOne(rows),
    answer: Object.fromEntries(rows.map((row, index) => [`j${index}`, as('Job')(row)])),
  };
}

const ofOnePipeline = jobsOf(pipeline);

/**
 * The workloads. `goals` are the issue's: the cost as a multiple of the bare proxy's (`ratio`), and
 * the calls to GitLab; `rest` is what the proxy is asked for; `answer` is explained in expected.js.
 */
export const workloads = [
  {
    id: 'W1',
    title: 'one job, 15 scalars + 4 objects',
    goals: { ratio: 1.3, calls: 1 },
    query: `{ job(project: "${project}", id: "${job.id}") {
      databaseId name stage status ref tag coverage allowFailure createdAt startedAt finishedAt
      duration queuedDuration webUrl tagList
      commit { shortId title authorName } user { username name }
      pipeline { databaseId status ref } runner { description status } } }`,
    rest: oneByOne([job]),
    answer: { job: as('Job')(job) },
  },
  {
    id: 'W2',
    title: 'first 20 jobs, nested',
    goals: { ratio: 3, calls: 1 },
    query: `{ project(fullPath: "${project}") { jobs(first: 20) {
      nodes { ${nested} } pageInfo { hasNextPage } } } }`,
    rest: [keyset(20)],
    answer: {
      project: {
        jobs: { nodes: jobs.slice(0, 20).map(as('Job')), pageInfo: { hasNextPage: true } },
      },
    },
  },
  {
    id: 'W3',
    title: '100 jobs, all fields',
    goals: { ratio: 9, calls: 1 },
    query: `{ project(fullPath: "${project}") { jobs(first: 100) { nodes ${everyField('Job')} } } }`,
    rest: [keyset(100)],
    answer: { project: { jobs: { nodes: jobs.slice(0, 100).map(as('Job')) } } },
  },
  {
    id: 'W4',
    title: '50 jobs of one pipeline by id, among 200 ids',
    goals: { ratio: 1.2, calls: 3 },
    ...byId(ofOnePipeline),
  },
  {
    id: 'W9',
    title: '50 neighbouring jobs by id',
    goals: { ratio: 0.4, calls: 1 },
    ...byId(jobs.slice(0, 50)),
  },
  {
    id: 'W5',
    title: 'pipeline: 50 jobs + bridges',
    goals: { ratio: 5, calls: 2 },
    query: `{ pipeline(project: "${project}", id: "${pipeline.id}") {
      jobs(first: 50) { totalCount nodes { ${nested} } }
      bridges { nodes { databaseId name stage status duration webUrl
        downstreamPipeline { databaseId status webUrl } } } } }`,
    rest: [
      get(`/pipelines/${pipeline.id}/jobs?page=1&per_page=50`),
      get(`/pipelines/${pipeline.id}/bridges?page=1&per_page=20`),
    ],
    answer: {
      pipeline: {
        jobs: { totalCount: ofOnePipeline.length, nodes: ofOnePipeline.map(as('Job')) },
        bridges: { nodes: bridgesOf(pipeline).map(as('Bridge')) },
      },
    },
  },
  {
    id: 'W6',
    title: '20 jobs → pipeline → its jobs',
    goals: { ratio: 3, calls: 5 },
    query: `{ project(fullPath: "${project}") { jobs(first: 20) { nodes { databaseId name status
      pipeline { databaseId status jobs(first: 20) { nodes { databaseId name status } } } } } } }`,
    rest: [
      keyset(20),
      ...pipelines.map(({ id }) => get(`/pipelines/${id}/jobs?page=1&per_page=20`)),
    ],
    answer: {
      project: {
        jobs: {
          nodes: jobs.slice(0, 20).map((row) => {
            const rows = jobsOf(row.pipeline).slice(0, 20).map(as('Job'));
            return as('Job')({ ...row, pipeline: { ...row.pipeline, jobs: { nodes: rows } } });
          }),
        },
      },
    },
  },
  {
    id: 'W7',
    title: 'one mutation',
    goals: { ratio: 1.2, calls: 1 },
    query: `mutation { jobCancel(input: { id: "${Buffer.from(`Job:${project}:${job.id}`).toString('base64url')}" }) {
      canceled errors { message }
      job { databaseId name stage status webUrl } } }`,
    rest: [{ method: 'POST', path: `${root}/jobs/${job.id}/cancel` }],
    answer: { jobCancel: { canceled: true, errors: [], job: as('Job')(canceled(job)) } },
  },
  {
    id: 'W8',
    title: 'a 1 MB log',
    goals: { ratio: 6, calls: 1 },
    query: `{ job(project: "${project}", id: "${job.id}") { trace { text(format: RAW) } } }`,
    rest: [get(`/jobs/${job.id}/trace`)],
    answer: { job: { trace: { text: log } } },
  },
];
