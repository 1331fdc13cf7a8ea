import type { Context } from '../context/context.ts';
import type { RestPipeline } from '../gitlab/rows.ts';
import { hasRetryableJob } from '../pipeline/board.ts';
import { type CiJobAction, isCancelable, statusDetails } from '../pipeline/derived.ts';
import { toStatus } from '../pipeline/statuses.ts';
import { boardArguments, boardCost, PipelineBoard, parseMaxJobs } from './board.ts';
import { builder } from './builder.ts';
import { listCost, pageArguments } from './connection.ts';
import { costs, parseNames } from './cost.ts';
import {
  DownstreamPipeline,
  downstreamArguments,
  downstreamCost,
  readDownstream,
  readFirstBridges,
} from './downstream.ts';
import { parseNumericId, parseProject, toGlobalId } from './global-id.ts';
import {
  BridgeConnection,
  JobConnection,
  type ListArgs,
  readPipelineBridges,
  readPipelineJobs,
} from './job-lists.ts';
import { readPipeline } from './read-planner.ts';
import { DetailedStatus, Node, Pipeline, type PipelineRow, Project, User } from './refs.ts';
import { selectedBelow, selectionOf } from './selection.ts';
import { CiJobStatus, progressFields } from './status.ts';
import { readTestSummary, TestSummary } from './test-summary.ts';
import { projectBehind } from './web-url.ts';

const toRef = (row: PipelineRow) => ({
  project: row.requestedProject?.ref ?? row.project_id,
  id: String(row.id),
});

/**
 * Reads the pipeline with the GET of the single pipeline. All fields of an operation share the
 * call.
 */
function details(row: PipelineRow, { loaders }: Context): Promise<RestPipeline | null> {
  return loaders.pipeline(toRef(row));
}

/**
 * Whether a retry of the pipeline would retry a job. Only a board of the pipeline shows this. Null
 * if the operation reads no board, or if an incomplete board shows no such job.
 */
async function isPipelineRetryable(
  row: PipelineRow,
  { loaders }: Context,
): Promise<boolean | null> {
  // Waits until the resolvers of the pipeline's other fields were called, because one of them may
  // read a board. `find` below returns that board; it starts no read itself.
  await undefined;
  const board = await loaders
    .boards(toRef(row))
    .find()
    ?.catch(() => null);
  return board ? hasRetryableJob(board) : null;
}

async function pipelineActionOf(row: PipelineRow, context: Context): Promise<CiJobAction | null> {
  if (isCancelable(row.status)) return 'CANCEL';
  return (await isPipelineRetryable(row, context)) ? 'RETRY' : null;
}

/** The cost of a field that only the GET of the single pipeline returns. */
const ofDetails = { extensions: costs({ call: 'pipeline' }) };

Pipeline.implement({
  description:
    'A pipeline: the jobs that run together for a commit. The row of a job includes the ids, status, ref, sha, source, times and URL of its pipeline.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'The global id, an opaque string.',
      extensions: costs({ knownBy: ['number', 'list'] }),
      resolve: (row) => toGlobalId('Pipeline', row.project_id, row.id),
    }),
    databaseId: t.id({
      nullable: false,
      description:
        'GitLab’s numeric id of the pipeline, as in its URL. A string, because it has 64 bits.',
      extensions: costs({ knownBy: ['path', 'number'] }),
      resolve: (row) => String(row.id),
    }),
    iid: t.id({
      description: 'The number of the pipeline within its project. Null before GitLab 15.',
      resolve: (row) => (row.iid == null ? null : String(row.iid)),
    }),
    projectId: t.exposeID('project_id', {
      nullable: false,
      description: 'GitLab’s numeric id of the pipeline’s project.',
      extensions: costs({ knownBy: ['number', 'list'] }),
    }),
    status: t.field({
      type: CiJobStatus,
      nullable: false,
      description:
        'The status of the pipeline; its values are those of jobs. UNKNOWN for a status that this schema does not know.',
      resolve: (row) => toStatus(row.status),
    }),
    statusRaw: t.string({
      nullable: false,
      description: 'The status as GitLab sent it.',
      resolve: (row) => row.status ?? '',
    }),
    detailedStatus: t.field({
      type: DetailedStatus,
      nullable: false,
      description:
        'The status as a badge shows it, without warnings, which GitLab does not send. The action is CANCEL if `cancelable` is true, RETRY if `retryable` is true (select `board`, too), otherwise null.',
      resolve: (row, _args, context) => ({
        ...statusDetails(row),
        action: () => pipelineActionOf(row, context),
      }),
    }),
    ...progressFields(t),
    cancelable: t.boolean({
      nullable: false,
      description: 'Whether `status` is CREATED or `active` is true.',
      resolve: ({ status }) => isCancelable(status),
    }),
    retryable: t.boolean({
      description:
        'Whether a retry of the pipeline would retry a job. GitLab does not send it: null unless the operation selects `board`, too, which shows all jobs.',
      resolve: (row, _args, context) => isPipelineRetryable(row, context),
    }),
    ref: t.exposeString('ref', {
      description: 'The branch or tag, or `refs/merge-requests/<iid>/head` for a merge request.',
    }),
    sha: t.exposeString('sha', {
      description: 'The hash of the commit that it runs on, 40 or 64 hexadecimal digits.',
    }),
    source: t.exposeString('source', {
      description:
        'What started the pipeline: push, web, schedule, merge_request_event, parent_pipeline and others. GitLab may add values.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was created.',
      resolve: (row) => row.created_at,
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When it was last changed.',
      resolve: (row) => row.updated_at,
    }),
    webUrl: t.exposeString('web_url', { description: 'The URL of its page in GitLab.' }),
    name: t.string({
      extensions: costs({ call: 'pipeline', knownBy: ['listed'] }),
      description: 'The name from `workflow:name`. Null if there is none, and before GitLab 15.8.',
      resolve: async (row, _args, context) =>
        'name' in row ? row.name : (await details(row, context))?.name,
    }),
    beforeSha: t.string({
      ...ofDetails,
      description: 'The commit of the branch before the push; all zeros for a new branch.',
      resolve: async (row, _args, context) => (await details(row, context))?.before_sha,
    }),
    tag: t.boolean({
      ...ofDetails,
      description: 'Whether `ref` is a tag.',
      resolve: async (row, _args, context) => (await details(row, context))?.tag,
    }),
    yamlErrors: t.string({
      ...ofDetails,
      description: 'The errors in `.gitlab-ci.yml`, or null.',
      resolve: async (row, _args, context) => (await details(row, context))?.yaml_errors,
    }),
    startedAt: t.field({
      type: 'DateTime',
      ...ofDetails,
      description: 'When the first job started. Null before that.',
      resolve: async (row, _args, context) => (await details(row, context))?.started_at,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      ...ofDetails,
      description: 'When the last job finished. Null before that.',
      resolve: async (row, _args, context) => (await details(row, context))?.finished_at,
    }),
    committedAt: t.field({
      type: 'DateTime',
      ...ofDetails,
      description: 'When the commit was created, if GitLab knows.',
      resolve: async (row, _args, context) => (await details(row, context))?.committed_at,
    }),
    duration: t.float({
      ...ofDetails,
      description: 'Run time in seconds, without waits between jobs. Null until it finishes.',
      resolve: async (row, _args, context) => (await details(row, context))?.duration,
    }),
    queuedDuration: t.float({
      ...ofDetails,
      description: 'Seconds that it waited before the first job started.',
      resolve: async (row, _args, context) => (await details(row, context))?.queued_duration,
    }),
    coverage: t.float({
      ...ofDetails,
      description: 'Test coverage in percent, the average of the jobs that report it.',
      resolve: async (row, _args, context) => (await details(row, context))?.coverage,
    }),
    user: t.field({
      type: User,
      ...ofDetails,
      description:
        'The user who started it. Unlike the user of a job, this one has no profile fields.',
      resolve: async (row, _args, context) => {
        const user = (await details(row, context))?.user;
        return user && { ...user, part: 'pipeline' as const };
      },
    }),
    project: t.field({
      type: Project,
      nullable: false,
      description: 'The project of the pipeline. Its id, full path and URL cost no further call.',
      extensions: costs({
        knownBy: ['path', 'number'],
        leadsTo: 'pipeline',
        sharedBy: 'project',
      }),
      resolve: (row, _args, { webUrls }) =>
        row.requestedProject ?? projectBehind(row.projectRow ?? row, webUrls),
    }),
    jobs: t.field({
      type: JobConnection,
      description:
        'The jobs of the pipeline, newest first, without trigger jobs (see `bridges`). Null if the pipeline does not exist or is not visible to the caller.',
      args: {
        ...pageArguments(t.arg),
        statuses: t.arg({
          type: [CiJobStatus],
          description:
            'Only jobs with one of these statuses; all jobs if empty. A status that the server does not know is an error.',
        }),
        includeRetried: t.arg.boolean({
          defaultValue: false,
          description: 'Includes the earlier attempts of retried jobs.',
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
        'The trigger jobs of the pipeline, newest first, without retried ones. Null if the pipeline does not exist or is not visible to the caller.',
      args: {
        ...pageArguments(t.arg),
        statuses: t.arg({
          type: [CiJobStatus],
          description: 'Only trigger jobs with one of these statuses; all if empty.',
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
    board: t.field({
      type: PipelineBoard,
      description:
        'The pipeline as its page shows it: stages in order, groups of jobs, attempts, timeline. All of it comes from two lists, of the jobs and of the trigger jobs, which are read in parallel. Null if the pipeline does not exist or is not visible to the caller.',
      args: boardArguments(t.arg),
      extensions: costs({
        list: boardCost,
        reveals: 'list',
        start: async ({ loaders }, ref, { args }) =>
          (await loaders.boards(ref).read(parseMaxJobs(args)))?.attempts,
      }),
      resolve: (row, args, { loaders }) => loaders.boards(toRef(row)).read(parseMaxJobs(args)),
    }),
    downstream: t.field({
      type: [DownstreamPipeline],
      description:
        'The pipelines that its trigger jobs started, and the pipelines that those started, nearest first. Each pipeline is in the list once. Null if the pipeline does not exist or is not visible to the caller.',
      args: downstreamArguments(t.arg),
      extensions: costs({
        list: downstreamCost,
        reveals: 'list',
        start: (context, ref, { args }) => readFirstBridges(context, ref, args),
      }),
      resolve: (row, args, context) => readDownstream(context, toRef(row), args),
    }),
    testSummary: t.field({
      type: TestSummary,
      description:
        'The test reports of the pipeline, counted. Null if it has none, and if the pipeline does not exist or is not visible to the caller.',
      extensions: costs({
        call: 'testSummary',
        leadsTo: 'pipeline',
        start: async ({ loaders }, ref) => {
          await loaders.testSummary(ref);
        },
      }),
      resolve: (row, _args, context) => readTestSummary(context, toRef(row), row.project_id),
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
      'A pipeline by its project and numeric id. All its own fields together cost one call, which is made in parallel with the calls of its lists.',
    args: {
      project: t.arg.id({
        required: true,
        description: 'The project’s full path, such as "group/app", or its numeric id.',
      }),
      id: t.arg.id({ required: true, description: 'GitLab’s numeric id of the pipeline.' }),
    },
    extensions: costs({ names: (args) => parseNames([args], namePipeline) }),
    resolve: (_root, args, context, info) =>
      readPipeline(context, namePipeline(args), selectedBelow(info)),
  }),
);
