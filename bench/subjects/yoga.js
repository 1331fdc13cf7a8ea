/* A GraphQL server for comparison: Yoga with a Pothos schema, set up as in their guides, without plugins. */
import { createServer } from 'node:http';
import SchemaBuilder from '@pothos/core';
import { createYoga } from 'graphql-yoga';
import { named, restName, shapes } from '../shapes.js';
import { createGitlab, parseJobId } from './gitlab.js';

const builder = new SchemaBuilder({});
const refs = Object.fromEntries(Object.keys(shapes).map((type) => [type, builder.objectRef(type)]));
const typeOf = (type) => {
  const name = named(type);
  const ref = refs[name] ?? (name === 'Upper' ? 'String' : name);
  return type.startsWith('[') ? [ref] : ref;
};

const TraceFormat = builder.enumType('TraceFormat', { values: ['RAW', 'PLAIN', 'HTML'] });
const JobTrace = builder.objectRef('JobTrace').implement({
  fields: (t) => ({
    text: t.string({
      args: { format: t.arg({ type: TraceFormat, required: true }) },
      resolve: ({ projectId, id }, _, { gitlab }) => gitlab.trace(projectId, id),
    }),
  }),
});
const PageInfo = builder.objectRef('PageInfo').implement({
  fields: (t) => ({ hasNextPage: t.exposeBoolean('hasNextPage') }),
});
const connectionOf = (type) =>
  builder.objectRef(`${type}Connection`).implement({
    fields: (t) => ({
      nodes: t.expose('nodes', { type: [refs[type]], nullable: true }),
      pageInfo: t.expose('pageInfo', { type: PageInfo }),
      totalCount: t.exposeInt('totalCount', { nullable: true }),
    }),
  });
const [JobConnection, BridgeConnection] = ['Job', 'Bridge'].map(connectionOf);

/** Defines a field whose value is a page of rows that `read` returns. */
const paged = (t, type, read) =>
  t.field({
    type,
    nullable: true,
    args: { first: t.arg.int({ defaultValue: 20 }) },
    resolve: (row, { first }, { gitlab }) => read(gitlab, row, first),
  });

const ownFields = {
  Job: (t) => ({ trace: t.field({ type: JobTrace, nullable: true, resolve: (job) => job }) }),
  Pipeline: (t) => ({
    jobs: paged(t, JobConnection, (gitlab, row, first) =>
      gitlab.pipelineJobs(row.project_id, row.id, first),
    ),
    bridges: paged(t, BridgeConnection, (gitlab, row, first) =>
      gitlab.pipelineBridges(row.project_id, row.id, first),
    ),
  }),
};

/**
 * Defines a field whose value is a property of GitLab's row. A value of the type `Upper` (../shapes.js) is
 * converted to upper case.
 */
function fieldOf(t, field, of) {
  const key = restName(field);
  if (named(of) !== 'Upper') return t.expose(key, { type: typeOf(of), nullable: true });
  return t.string({ nullable: true, resolve: (row) => row[key]?.toUpperCase() });
}

for (const [type, fields] of Object.entries(shapes)) {
  refs[type].implement({
    fields: (t) => ({
      ...Object.fromEntries(
        Object.entries(fields).map(([field, of]) => [field, fieldOf(t, field, of)]),
      ),
      ...ownFields[type]?.(t),
    }),
  });
}

const Project = builder.objectRef('Project').implement({
  fields: (t) => ({
    jobs: t.field({
      type: JobConnection,
      nullable: true,
      args: { first: t.arg.int({ defaultValue: 20 }), after: t.arg.string() },
      resolve: ({ fullPath }, { first, after }, { gitlab }) =>
        gitlab.projectJobs(fullPath, first, after),
    }),
  }),
});
/** Whether only the log is selected. If so, the job itself is not read, as in the gateway. */
const onlyTrace = ({ fieldNodes: [node] }) =>
  node.selectionSet.selections.every(({ name }) => ['trace', '__typename'].includes(name?.value));

builder.queryType({
  fields: (t) => ({
    project: t.field({
      type: Project,
      args: { fullPath: t.arg.id({ required: true }) },
      resolve: (_, { fullPath }) => ({ fullPath }),
    }),
    job: t.field({
      type: refs.Job,
      nullable: true,
      args: { project: t.arg.id({ required: true }), id: t.arg.id({ required: true }) },
      resolve: (_, { project, id }, { gitlab }, info) =>
        onlyTrace(info) ? { projectId: project, id } : gitlab.job(project, id),
    }),
    pipeline: t.field({
      type: refs.Pipeline,
      nullable: true,
      args: { project: t.arg.id({ required: true }), id: t.arg.id({ required: true }) },
      resolve: (_, { project, id }) => ({ project_id: project, id }),
    }),
  }),
});

const MutationError = builder.objectRef('MutationError').implement({
  fields: (t) => ({ message: t.exposeString('message') }),
});
const JobCancelPayload = builder.objectRef('JobCancelPayload').implement({
  fields: (t) => ({
    job: t.expose('job', { type: refs.Job, nullable: true }),
    canceled: t.exposeBoolean('canceled'),
    errors: t.expose('errors', { type: [MutationError] }),
  }),
});
const JobCancelInput = builder.inputType('JobCancelInput', {
  fields: (t) => ({ id: t.id({ required: true }) }),
});
builder.mutationType({
  fields: (t) => ({
    jobCancel: t.field({
      type: JobCancelPayload,
      args: { input: t.arg({ type: JobCancelInput, required: true }) },
      resolve: async (_, { input }, { gitlab }) => {
        const job = await gitlab.cancel(...parseJobId(input.id));
        return { job, canceled: job.status.startsWith('cancel'), errors: [] };
      },
    }),
  }),
});

const yoga = createYoga({
  schema: builder.toSchema(),
  context: ({ request }) => ({ gitlab: createGitlab(request.headers.get('private-token')) }),
});
const server = createServer(yoga);
// Longer than any pause between two rounds, so that no connection is closed while it is reused.
server.keepAliveTimeout = 600_000;
server.listen(Number(process.env.PORT), '127.0.0.1');
