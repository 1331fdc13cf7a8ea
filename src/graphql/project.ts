import type { Context } from '../context/context.ts';
import type { RestProject } from '../gitlab/rows.ts';
import { builder } from './builder.ts';
import { pageArguments } from './connection.ts';
import { allSettledInPlace, checkListSize } from './each.ts';
import { parseNumericId, parseProject, toGlobalId } from './global-id.ts';
import { JobConnection, readProjectJobs } from './job-lists.ts';
import { readJob, readPipeline, readProject } from './read-planner.ts';
import { Job, Node, Pipeline, Project, type ProjectRow } from './refs.ts';
import { selectionOf } from './selection.ts';
import { CiJobStatus } from './status.ts';

/** What the project's name does not tell: one GET, shared by all fields. */
function details(row: ProjectRow, { loaders }: Context): Promise<RestProject | null> {
  return loaders.project(row.ref);
}

async function numberOf(row: ProjectRow, context: Context): Promise<string> {
  return row.id ?? String((await details(row, context))?.id);
}

const JobSort = builder.enumType('JobSort', {
  description: 'The order of a project’s jobs.',
  values: {
    ID_DESC: { description: 'Newest first.' },
    ID_ASC: { description: 'Oldest first.' },
  },
});

Project.implement({
  description: 'A GitLab project, as far as its jobs are concerned.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'Global id, opaque. Costs a call if the project was asked for by its path.',
      resolve: async (row, _args, context) => toGlobalId('Project', await numberOf(row, context)),
    }),
    databaseId: t.id({
      nullable: false,
      description:
        'GitLab’s own number of the project. Costs a call if it was asked for by its path.',
      resolve: (row, _args, context) => numberOf(row, context),
    }),
    fullPath: t.id({
      nullable: false,
      description:
        'Its path with all groups, such as "group/subgroup/app". Costs a call if it was asked for by its number.',
      resolve: async (row, _args, context) =>
        row.path ?? (await details(row, context))?.path_with_namespace ?? row.ref,
    }),
    name: t.string({
      description: 'Its name as people write it. Costs a call.',
      resolve: async (row, _args, context) => (await details(row, context))?.name,
    }),
    webUrl: t.string({
      description:
        'Its page in GitLab. Costs a call, unless the project was reached from a job or pipeline.',
      resolve: async (row, _args, context) => row.web_url ?? (await details(row, context))?.web_url,
    }),
    ciJobTokenScopeEnabled: t.boolean({
      description:
        'Whether job tokens of this project are limited in what they reach. Costs a call, unless reached from a job; null before GitLab 15.',
      resolve: async (row, _args, context) =>
        row.ci_job_token_scope_enabled ?? (await details(row, context))?.ci_job_token_scope_enabled,
    }),
    job: t.field({
      type: Job,
      description: 'One of its jobs by GitLab’s number. Null for a trigger job.',
      args: { id: t.arg.id({ required: true, description: 'GitLab’s number of the job.' }) },
      resolve: (row, args, context, info) =>
        readJob(
          context,
          { project: row.ref, id: parseNumericId(args.id, '`id`') },
          selectionOf(info),
        ),
    }),
    pipeline: t.field({
      type: Pipeline,
      description: 'One of its pipelines by GitLab’s number.',
      args: { id: t.arg.id({ required: true, description: 'GitLab’s number of the pipeline.' }) },
      resolve: (row, args, context, info) =>
        readPipeline(
          context,
          { project: row.ref, id: parseNumericId(args.id, '`id`') },
          selectionOf(info),
        ),
    }),
    jobs: t.field({
      type: JobConnection,
      description:
        'All its jobs, retried ones included, trigger jobs not. Null when there is no such project for you.',
      args: {
        ...pageArguments(t.arg),
        statuses: t.arg({
          type: [CiJobStatus],
          description:
            'Only jobs in one of these; empty for all. A status newer than the server is an error.',
        }),
        ref: t.arg.string({
          description:
            'Only jobs of this branch or tag, by its exact name. Needs GitLab 19.0; an error before.',
        }),
        sort: t.arg({
          type: JobSort,
          defaultValue: 'ID_DESC',
          description: 'Newest or oldest first.',
        }),
      },
      resolve: (row, args, context, info) =>
        readProjectJobs(context, row.ref, { args, selection: selectionOf(info) }),
    }),
  }),
});

/** The most projects in one request: each costs at least one call as soon as anything is selected. */
const MAX_PROJECTS = 100;

builder.queryFields((t) => ({
  project: t.field({
    type: Project,
    description:
      'A project by its full path, such as "group/app", or its number. Makes no call of its own, so whether it exists shows in what is selected below.',
    args: {
      fullPath: t.arg.id({
        required: true,
        description: 'The full path with all groups, or the number.',
      }),
    },
    resolve: (_root, { fullPath }, context, info) =>
      readProject(context, parseProject(fullPath, '`fullPath`'), selectionOf(info)),
  }),
  projects: t.field({
    type: [Project],
    nullable: { list: false, items: true },
    description: 'Several projects at once, in the order asked for: job boards in one request.',
    args: {
      fullPaths: t.arg.idList({
        required: true,
        description: `Full paths or numbers, at most ${MAX_PROJECTS}.`,
      }),
    },
    resolve: (_root, { fullPaths }, context, info) => {
      checkListSize(fullPaths, MAX_PROJECTS, '`fullPaths`');
      const selection = selectionOf(info);
      return allSettledInPlace(fullPaths, (fullPath) =>
        readProject(context, parseProject(fullPath, '`fullPaths`'), selection),
      );
    },
  }),
}));
