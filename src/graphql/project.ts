import type { Context } from '../context/context.ts';
import type { RestProject } from '../gitlab/rows.ts';
import { builder } from './builder.ts';
import { listCost, pageArguments } from './connection.ts';
import { costs, type NamedObject, parseNames } from './cost.ts';
import { parseNumericId, parseProject, toGlobalId } from './global-id.ts';
import { JobConnection, type ListArgs, readProjectJobs } from './job-lists.ts';
import { JobStats, readFinishedJobs, readStats, statsArguments, statsCost } from './job-stats.ts';
import {
  PipelineConnection,
  type PipelineListArgs,
  readProjectPipelines,
} from './pipeline-list.ts';
import {
  allSettledInPlace,
  checkListSize,
  readJob,
  readPipeline,
  readProject,
} from './read-planner.ts';
import { Job, Node, Pipeline, Project, type ProjectRow } from './refs.ts';
import { selectedBelow, selectionOf } from './selection.ts';
import { CiJobStatus } from './status.ts';

/** Reads the project with `GET /projects/:id`. All fields of an operation share the call. */
function details(row: ProjectRow, { loaders }: Context): Promise<RestProject | null> {
  return loaders.project(row.ref);
}

async function numberOf(row: ProjectRow, context: Context): Promise<string> {
  return row.id ?? String((await details(row, context))?.id);
}

const toId = (args: { id?: unknown }) => parseNumericId(String(args.id), '`id`');

const nameWithId = (type: 'Job' | 'Pipeline') => (args: { id?: unknown }) =>
  parseNames([args], () => ({ type, id: toId(args) }));

const JobSort = builder.enumType('JobSort', {
  description: 'The order of the jobs of a project.',
  values: {
    ID_DESC: { description: 'Newest first.' },
    ID_ASC: { description: 'Oldest first.' },
  },
});

Project.implement({
  description: 'A GitLab project, with the fields that concern its jobs and pipelines.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'The global id, an opaque string.',
      extensions: costs({ call: 'project', knownBy: ['number', 'job', 'pipeline'] }),
      resolve: async (row, _args, context) => toGlobalId('Project', await numberOf(row, context)),
    }),
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s numeric id of the project.',
      extensions: costs({ call: 'project', knownBy: ['number', 'job', 'pipeline'] }),
      resolve: (row, _args, context) => numberOf(row, context),
    }),
    fullPath: t.id({
      nullable: false,
      description:
        'The path with all groups, such as "group/subgroup/app". Below a job or pipeline, the path comes from its URL. If that URL is not at a known address of GitLab, the path costs one call per project; it is the numeric id if the project is not visible to the caller.',
      extensions: costs({ call: 'project', knownBy: ['path', 'job', 'pipeline'] }),
      resolve: async (row, _args, context) =>
        row.path ?? (await details(row, context))?.path_with_namespace ?? row.ref,
    }),
    name: t.string({
      description: 'The display name.',
      extensions: costs({ call: 'project' }),
      resolve: async (row, _args, context) => (await details(row, context))?.name,
    }),
    webUrl: t.string({
      description: 'The URL of its page in GitLab.',
      extensions: costs({ call: 'project', knownBy: ['job', 'pipeline'] }),
      resolve: async (row, _args, context) => row.web_url ?? (await details(row, context))?.web_url,
    }),
    ciJobTokenScopeEnabled: t.boolean({
      description:
        'Whether the project restricts which projects its job tokens can access. Null before GitLab 15.',
      extensions: costs({ call: 'project', knownBy: ['job'] }),
      resolve: async (row, _args, context) =>
        row.ci_job_token_scope_enabled ?? (await details(row, context))?.ci_job_token_scope_enabled,
    }),
    job: t.field({
      type: Job,
      description: 'A job of the project by its numeric id. Null for a trigger job.',
      args: { id: t.arg.id({ required: true, description: 'GitLab’s numeric id of the job.' }) },
      extensions: costs({
        names: nameWithId('Job'),
        reveals: 'job',
        start: (context, { project }, { args, ...below }) =>
          readJob(context, { project, id: toId(args) }, below),
      }),
      resolve: (row, args, context, info) =>
        readJob(context, { project: row.ref, id: toId(args) }, selectedBelow(info)),
    }),
    pipeline: t.field({
      type: Pipeline,
      description: 'A pipeline of the project by its numeric id.',
      args: {
        id: t.arg.id({ required: true, description: 'GitLab’s numeric id of the pipeline.' }),
      },
      extensions: costs({
        names: nameWithId('Pipeline'),
        reveals: 'pipeline',
        start: (context, { project }, { args, ...below }) =>
          readPipeline(context, { project, id: toId(args) }, below),
      }),
      resolve: (row, args, context, info) =>
        readPipeline(context, { project: row.ref, id: toId(args) }, selectedBelow(info)),
    }),
    jobs: t.field({
      type: JobConnection,
      description:
        'All jobs of the project, including retried ones, without trigger jobs. Null if the project does not exist or is not visible to the caller.',
      args: {
        ...pageArguments(t.arg),
        statuses: t.arg({
          type: [CiJobStatus],
          description:
            'Only jobs with one of these statuses; all jobs if empty. A status that the server does not know is an error.',
        }),
        ref: t.arg.string({
          description:
            'Only jobs of the branch or tag with this exact name. Requires GitLab 19.0; an error on older servers.',
        }),
        sort: t.arg({
          type: JobSort,
          defaultValue: 'ID_DESC',
          description: 'The order of the jobs.',
        }),
      },
      extensions: costs({
        list: listCost({ countsAlong: false }),
        reveals: 'job',
        start: (context, { project }, { args, selection }) =>
          readProjectJobs(context, project, { args: args as ListArgs, selection }),
      }),
      resolve: (row, args, context, info) =>
        readProjectJobs(context, row.ref, { args, selection: selectionOf(info) }),
    }),
    jobStats: t.field({
      type: JobStats,
      description:
        'Statistics of the newest finished jobs: how often each fails, how long it runs and waits, whether it is flaky. Null if the project does not exist or is not visible to the caller.',
      args: statsArguments(t.arg),
      extensions: costs({
        list: statsCost,
        reveals: 'job',
        start: async (context, { project }, { args }) =>
          (await readFinishedJobs(context, project, args))?.rows,
      }),
      resolve: (row, args, context) => readStats(context, row.ref, args),
    }),
    pipelines: t.field({
      type: PipelineConnection,
      description:
        'The pipelines of the project, newest first. Child pipelines are included only with `source: "parent_pipeline"`. Null if the project does not exist or is not visible to the caller. A job token needs GitLab 19.2.',
      args: {
        ...pageArguments(t.arg),
        ref: t.arg.string({
          description:
            'Only pipelines of the branch or tag with this exact name. "refs/merge-requests/7/head" is merge request 7.',
        }),
        sha: t.arg.string({
          description: 'Only pipelines of the commit with this full hash, in hexadecimal digits.',
        }),
        source: t.arg.string({
          description:
            'Only pipelines that were started by this source, such as "push", "schedule" or "merge_request_event".',
        }),
        status: t.arg({
          type: CiJobStatus,
          description:
            'Only pipelines with this status. A status that the server does not know is an error.',
        }),
        updatedAfter: t.arg({
          type: 'DateTime',
          description: 'Only pipelines that were changed after this time.',
        }),
      },
      extensions: costs({
        list: listCost({ countsAlong: true }),
        reveals: 'pipeline',
        start: (context, { project }, { args, selection }) =>
          readProjectPipelines(context, project, { args: args as PipelineListArgs, selection }),
      }),
      resolve: (row, args, context, info) =>
        readProjectPipelines(context, row.ref, { args, selection: selectionOf(info) }),
    }),
  }),
});

/** Maximum length of `fullPaths`. Most selections cost at least one call per project. */
const MAX_PROJECTS = 100;

const nameProject =
  (argument: string) =>
  (name: string): NamedObject & { project: string } => ({
    type: 'Project',
    project: parseProject(name, `\`${argument}\``),
  });

builder.queryFields((t) => ({
  project: t.field({
    type: Project,
    description:
      'A project by its full path, such as "group/app", or its numeric id. It makes a call only if a selected field needs one. Without a call, the project is not null even if it does not exist.',
    args: {
      fullPath: t.arg.id({
        required: true,
        description: 'The full path with all groups, or the numeric id.',
      }),
    },
    extensions: costs({
      names: ({ fullPath }) => parseNames([String(fullPath)], nameProject('fullPath')),
    }),
    resolve: (_root, { fullPath }, context, info) =>
      readProject(context, nameProject('fullPath')(fullPath).project, selectedBelow(info)),
  }),
  projects: t.field({
    type: [Project],
    nullable: { list: false, items: true },
    description: 'Several projects, in the order of `fullPaths`.',
    args: {
      fullPaths: t.arg.idList({
        required: true,
        description: `Full paths or numeric ids, at most ${MAX_PROJECTS}.`,
      }),
    },
    extensions: costs({
      names: ({ fullPaths }) => parseNames(fullPaths as string[], nameProject('fullPaths')),
    }),
    resolve: (_root, { fullPaths }, context, info) => {
      checkListSize(fullPaths, MAX_PROJECTS, '`fullPaths`');
      const below = selectedBelow(info);
      return allSettledInPlace(fullPaths, (fullPath) =>
        readProject(context, nameProject('fullPaths')(fullPath).project, below),
      );
    },
  }),
}));
