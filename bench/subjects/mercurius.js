/*
 * A GraphQL server for comparison: Fastify with Mercurius and graphql-jit, SDL and resolvers written by hand.
 * If the environment variable DUTIES is set, it also does what the gateway does for each operation: it writes a
 * log line, observes a histogram, limits the depth, and validates rows.
 */
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { named, restName, shapes } from '../shapes.js';
import { boardResolvers, boardTypes } from './board.js';
import { addDuties } from './duties.js';
import { createGitlab, parseJobId } from './gitlab.js';

const inSdl = (type) => type.replace('Upper', 'String');
const types = Object.entries(shapes).map(
  ([type, fields]) =>
    `type ${type} {\n${Object.entries(fields)
      .map(([field, of]) => `  ${field}: ${inSdl(of)}`)
      .join('\n')}\n}`,
);

const schema = `
${types.join('\n')}
enum TraceFormat { RAW PLAIN HTML }
type JobTrace { text(format: TraceFormat!): String! }
extend type Job { trace: JobTrace }
extend type Pipeline { jobs(first: Int): JobConnection  bridges(first: Int): BridgeConnection }
${boardTypes}
type PageInfo { hasNextPage: Boolean! }
type JobConnection { nodes: [Job]  pageInfo: PageInfo!  totalCount: Int }
type BridgeConnection { nodes: [Bridge]  pageInfo: PageInfo!  totalCount: Int }
type Project { jobs(first: Int, after: String): JobConnection }
type Query {
  project(fullPath: ID!): Project
  job(project: ID!, id: ID!): Job
  pipeline(project: ID!, id: ID!): Pipeline
}
type MutationError { message: String }
type JobCancelPayload { job: Job  canceled: Boolean!  errors: [MutationError] }
input JobCancelInput { id: ID! }
type Mutation { jobCancel(input: JobCancelInput!): JobCancelPayload }
`;

/** Returns resolvers for fields whose name or value differs from that of GitLab's row. Other fields need none. */
function renamed([type, fields]) {
  const resolvers = {};
  for (const [field, of] of Object.entries(fields)) {
    const key = restName(field);
    if (named(of) === 'Upper') resolvers[field] = (row) => row[key]?.toUpperCase();
    else if (key !== field) resolvers[field] = (row) => row[key];
  }
  return [type, resolvers];
}

const resolvers = Object.fromEntries(Object.entries(shapes).map(renamed));
resolvers.Job.trace = (job) => job;
resolvers.JobTrace = {
  text: ({ projectId, id }, _, { gitlab }) => gitlab.trace(projectId, id),
};
resolvers.Pipeline.jobs = (row, { first = 20 }, { gitlab }) =>
  gitlab.pipelineJobs(row.project_id, row.id, first);
resolvers.Pipeline.bridges = (row, { first = 20 }, { gitlab }) =>
  gitlab.pipelineBridges(row.project_id, row.id, first);
resolvers.CiJob = boardResolvers.CiJob;
resolvers.Pipeline.board = boardResolvers.board;
resolvers.Project = {
  jobs: ({ fullPath }, { first = 20, after }, { gitlab }) =>
    gitlab.projectJobs(fullPath, first, after),
};
/** Whether only the log is selected. If so, the job itself is not read, as in the gateway. */
const onlyTrace = ({ fieldNodes: [node] }) =>
  node.selectionSet.selections.every(({ name }) => ['trace', '__typename'].includes(name?.value));
resolvers.Query = {
  project: (_, { fullPath }) => ({ fullPath }),
  job: (_, { project, id }, { gitlab }, info) =>
    onlyTrace(info) ? { projectId: project, id } : gitlab.job(project, id),
  pipeline: (_, { project, id }) => ({ project_id: project, id }),
};
resolvers.Mutation = {
  jobCancel: async (_, { input }, { gitlab }) => {
    const job = await gitlab.cancel(...parseJobId(input.id));
    return { job, canceled: job.status.startsWith('cancel'), errors: [] };
  },
};

const app = Fastify();
const duties = process.env.DUTIES ? addDuties(app) : {};
app.register(mercurius, {
  schema,
  resolvers,
  jit: 1,
  ...duties,
  context: (request) => ({ gitlab: createGitlab(request.headers['private-token']) }),
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
