import type { Context } from '../context/context.ts';
import type { RestPipeline } from '../gitlab/rows.ts';
import { builder } from './builder.ts';
import { listCost, pageArguments } from './connection.ts';
import { costs, parseNames } from './cost.ts';
import { parseNumericId, parseProject, toGlobalId } from './global-id.ts';
import {
  BridgeConnection,
  JobConnection,
  type ListArgs,
  readPipelineBridges,
  readPipelineJobs,
} from './job-lists.ts';
import { readPipeline } from './read-planner.ts';
import { Node, Pipeline, type PipelineRow, Project, User } from './refs.ts';
import { selectedBelow, selectionOf } from './selection.ts';
import { CiJobStatus, toStatus } from './status.ts';
import { projectBehind } from './web-url.ts';

const toRef = (row: PipelineRow) => ({
  project: row.project?.ref ?? row.project_id,
  id: String(row.id),
});

/** What an embedded pipeline lacks: one GET, shared by all fields and all jobs of the operation. */
function details(row: PipelineRow, { loaders }: Context): Promise<RestPipeline | null> {
  return loaders.pipeline(toRef(row));
}

/** A field that an embedded pipeline lacks. */
const ofDetails = { extensions: costs({ call: 'pipeline' }) };

Pipeline.implement({
  description:
    'A pipeline: the jobs of one commit and occasion. Reached from a job, its first ten fields come with the job.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'Global id, opaque.',
      extensions: costs({ knownBy: ['number', 'list'] }),
      resolve: (row) => toGlobalId('Pipeline', row.project_id, row.id),
    }),
    databaseId: t.id({
      nullable: false,
      description:
        'GitLab’s own number of the pipeline, as in its web address. 64 bits wide, hence text.',
      extensions: costs({ knownBy: ['path', 'number'] }),
      resolve: (row) => String(row.id),
    }),
    iid: t.id({
      description: 'Its number within the project. Null before GitLab 15.',
      resolve: (row) => (row.iid == null ? null : String(row.iid)),
    }),
    projectId: t.exposeID('project_id', {
      nullable: false,
      description: 'GitLab’s number of the project that it belongs to.',
      extensions: costs({ knownBy: ['number', 'list'] }),
    }),
    status: t.field({
      type: CiJobStatus,
      nullable: false,
      description:
        'Where it is in its life, in the same words as a job. UNKNOWN when GitLab is newer than this schema.',
      resolve: (row) => toStatus(row.status),
    }),
    statusRaw: t.string({
      nullable: false,
      description: 'The status exactly as GitLab sent it.',
      resolve: (row) => row.status ?? '',
    }),
    ref: t.exposeString('ref', {
      description: 'The branch or tag, or `refs/merge-requests/<iid>/head` for a merge request.',
    }),
    sha: t.exposeString('sha', { description: 'The commit it runs on, as 40 or 64 hex digits.' }),
    source: t.exposeString('source', {
      description:
        'What started it: push, web, schedule, merge_request_event, parent_pipeline, … GitLab adds to these, so it is text.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was made.',
      resolve: (row) => row.created_at,
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When anything about it changed last.',
      resolve: (row) => row.updated_at,
    }),
    webUrl: t.exposeString('web_url', { description: 'Its page in GitLab.' }),
    name: t.string({
      ...ofDetails,
      description: 'The name given by `workflow:name`. Null without one, and before GitLab 15.8.',
      resolve: async (row, _args, context) => (await details(row, context))?.name,
    }),
    beforeSha: t.string({
      ...ofDetails,
      description: 'The commit that the branch was at before the push; all zeros for a new branch.',
      resolve: async (row, _args, context) => (await details(row, context))?.before_sha,
    }),
    tag: t.boolean({
      ...ofDetails,
      description: 'Whether `ref` is a tag.',
      resolve: async (row, _args, context) => (await details(row, context))?.tag,
    }),
    yamlErrors: t.string({
      ...ofDetails,
      description: 'What was wrong with `.gitlab-ci.yml`. Null when nothing was.',
      resolve: async (row, _args, context) => (await details(row, context))?.yaml_errors,
    }),
    startedAt: t.field({
      type: 'DateTime',
      ...ofDetails,
      description: 'When its first job started. Null before that.',
      resolve: async (row, _args, context) => (await details(row, context))?.started_at,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      ...ofDetails,
      description: 'When its last job ended. Null until then.',
      resolve: async (row, _args, context) => (await details(row, context))?.finished_at,
    }),
    committedAt: t.field({
      type: 'DateTime',
      ...ofDetails,
      description: 'When its commit was made, where GitLab knows.',
      resolve: async (row, _args, context) => (await details(row, context))?.committed_at,
    }),
    duration: t.float({
      ...ofDetails,
      description: 'Seconds it ran, waits between jobs left out. Null until it finishes.',
      resolve: async (row, _args, context) => (await details(row, context))?.duration,
    }),
    queuedDuration: t.float({
      ...ofDetails,
      description: 'Seconds it waited before its first job started.',
      resolve: async (row, _args, context) => (await details(row, context))?.queued_duration,
    }),
    coverage: t.float({
      ...ofDetails,
      description: 'Test coverage in percent, the average of the jobs that report it.',
      resolve: async (row, _args, context) => {
        const coverage = (await details(row, context))?.coverage;
        return coverage == null ? null : Number(coverage);
      },
    }),
    user: t.field({
      type: User,
      ...ofDetails,
      description: 'Who started it.',
      resolve: async (row, _args, context) => (await details(row, context))?.user,
    }),
    project: t.field({
      type: Project,
      nullable: false,
      description: 'The project it belongs to. Its id and address cost no further call.',
      extensions: costs({
        knownBy: ['path', 'number'],
        leadsTo: 'pipeline',
        sharedBy: 'project',
      }),
      resolve: (row, _args, { webUrls }) =>
        row.project ?? projectBehind(row.web_url, row.project_id, webUrls),
    }),
    jobs: t.field({
      type: JobConnection,
      description:
        'Its jobs, newest first, without trigger jobs (see `bridges`). Null when there is no such pipeline for you.',
      args: {
        ...pageArguments(t.arg),
        statuses: t.arg({
          type: [CiJobStatus],
          description:
            'Only jobs in one of these; empty for all. A status newer than the server is an error.',
        }),
        includeRetried: t.arg.boolean({
          defaultValue: false,
          description: 'Also the earlier attempts of jobs that were retried.',
        }),
      },
      extensions: costs({
        list: listCost({ countsAlong: true }),
        reveals: 'list',
        start: (context, ref, { args, selection }) =>
          readPipelineJobs(context, ref, { args: args as ListArgs, selection }),
      }),
      resolve: (row, args, context, info) =>
        readPipelineJobs(context, toRef(row), { args, selection: selectionOf(info) }),
    }),
    bridges: t.field({
      type: BridgeConnection,
      description:
        'Its trigger jobs, newest first; retried ones are hidden. Null when there is no such pipeline for you.',
      args: {
        ...pageArguments(t.arg),
        statuses: t.arg({
          type: [CiJobStatus],
          description: 'Only trigger jobs in one of these; empty for all.',
        }),
      },
      extensions: costs({
        list: listCost({ countsAlong: true }),
        reveals: 'list',
        start: (context, ref, { args, selection }) =>
          readPipelineBridges(context, ref, { args: args as ListArgs, selection }),
      }),
      resolve: (row, args, context, info) =>
        readPipelineBridges(context, toRef(row), { args, selection: selectionOf(info) }),
    }),
  }),
});

const namePipeline = (args: { project?: unknown; id?: unknown }) => ({
  type: 'Pipeline' as const,
  project: parseProject(String(args.project), '`project`'),
  id: parseNumericId(String(args.id), '`id`'),
});

builder.queryField('pipeline', (t) =>
  t.field({
    type: Pipeline,
    description:
      'One pipeline by its project and its number. Its lists cost one call each, its own fields one together, all side by side.',
    args: {
      project: t.arg.id({
        required: true,
        description: 'The project’s full path, such as "group/app", or its number.',
      }),
      id: t.arg.id({ required: true, description: 'GitLab’s number of the pipeline.' }),
    },
    extensions: costs({ names: (args) => parseNames([args], namePipeline) }),
    resolve: (_root, args, context, info) =>
      readPipeline(context, namePipeline(args), selectedBelow(info)),
  }),
);
