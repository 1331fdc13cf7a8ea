import type { Context } from '../context/context.ts';
import {
  detailedStatusOf,
  failureMessageOf,
  failureReasonOf,
  isCancelable,
  isPlayable,
  isRetryable,
  parseJobName,
  queuedAtOf,
  retriedOf,
} from '../pipeline/derived.ts';
import { failureCategoryOf } from '../pipeline/failure-reasons.ts';
import { toStatus } from '../pipeline/statuses.ts';
import { builder } from './builder.ts';
import { costs } from './cost.ts';
import { toGlobalId } from './global-id.ts';
import {
  CiJob,
  Commit,
  DetailedStatus,
  Node,
  Pipeline,
  type PipelineRow,
  Project,
  User,
} from './refs.ts';
import { CiJobStatus, progressFields } from './status.ts';
import { projectBehind } from './web-url.ts';

export const CiJobKind = builder.enumType('CiJobKind', {
  description: 'The kind of a job.',
  values: {
    BUILD: { description: 'An ordinary job that a runner executes: a `Job`.' },
    BRIDGE: { description: 'A trigger job that starts a downstream pipeline: a `Bridge`.' },
  },
});

export const FailureCategory = builder.enumType('FailureCategory', {
  description: 'The kind of the cause of a failure.',
  values: {
    SCRIPT: { description: 'The script of the job ended with an error.' },
    TIMEOUT: { description: 'The job ran longer than it may.' },
    RUNNER: { description: 'The runner failed, not the script. A retry may help.' },
    QUEUE: { description: 'No runner took the job in time.' },
    LIMIT: { description: 'A limit was reached, such as the compute minutes.' },
    DEPENDENCY: { description: 'Something that the job needs is missing, such as artifacts.' },
    DEPLOYMENT: { description: 'The deployment was not allowed.' },
    PERMISSION: { description: 'A user or the project lacks a permission.' },
    DOWNSTREAM: { description: 'The downstream pipeline could not be created.' },
    GITLAB: { description: 'GitLab failed. A retry may help.' },
    UNKNOWN: { description: 'No reason, or one that this schema does not know.' },
  },
});

type Row = typeof CiJob.$inferType;

/** Returns the global id of a job or trigger job. */
export function globalIdOf(job: Row): string {
  if (job.kind === 'BUILD') return toGlobalId('Job', job.project_id, job.id);
  return toGlobalId('Bridge', job.project_id, job.pipeline_id ?? 0, job.id);
}

function pipelineOf(job: Row): PipelineRow | null {
  const { pipeline, project_id } = job;
  return pipeline ? { ...pipeline, project_id, projectRow: job } : null;
}

async function readAttempts(job: Row, _args: unknown, { loaders }: Context) {
  if (job.attempts) return job.attempts;
  if (!job.pipeline) return null;
  const boards = loaders.boards({ project: job.project_id, id: String(job.pipeline.id) });
  return (await boards.attempts())?.get(String(job.id))?.attempts;
}

CiJob.implement({
  description: 'The common fields of jobs and trigger jobs.',
  interfaces: [Node],
  resolveType: (job) => (job.kind === 'BRIDGE' ? 'Bridge' : 'Job'),
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description:
        'The global id, an opaque string for `node` and mutations. It does not depend on how the job was requested.',
      extensions: costs({ knownBy: ['number'] }),
      resolve: globalIdOf,
    }),
    databaseId: t.id({
      nullable: false,
      description:
        'GitLab’s numeric id of the job, as in its URL. A string, because it has 64 bits.',
      extensions: costs({ knownBy: ['path', 'number'] }),
      resolve: (job) => String(job.id),
    }),
    projectId: t.exposeID('project_id', {
      nullable: false,
      description: 'GitLab’s numeric id of the job’s project.',
      extensions: costs({ knownBy: ['number'] }),
    }),
    kind: t.expose('kind', {
      type: CiJobKind,
      nullable: false,
      description: 'Whether the job is an ordinary job or a trigger job.',
      extensions: costs({ knownBy: ['path', 'number'] }),
    }),
    name: t.exposeString('name', {
      description: 'The job’s name in `.gitlab-ci.yml`, such as "unit tests 1/3".',
    }),
    stage: t.exposeString('stage', { description: 'The name of the job’s stage.' }),
    status: t.field({
      type: CiJobStatus,
      nullable: false,
      description:
        'The job’s status. UNKNOWN for a status that this schema does not know; see `statusRaw`.',
      resolve: (job) => toStatus(job.status),
    }),
    statusRaw: t.exposeString('status', {
      nullable: false,
      description: 'The status as GitLab sent it, such as "waiting_for_resource".',
    }),
    ref: t.exposeString('ref', {
      description:
        'The branch or tag, or `refs/merge-requests/<iid>/head` for a merge request’s pipeline.',
    }),
    tag: t.exposeBoolean('tag', { description: 'Whether `ref` is a tag.' }),
    coverage: t.exposeFloat('coverage', {
      description: 'Test coverage in percent, if the job reports it.',
    }),
    allowFailure: t.exposeBoolean('allow_failure', {
      description: 'Whether the pipeline continues and can succeed if this job fails.',
    }),
    source: t.string({
      description:
        'What started the job: push, web, schedule, merge_request_event and others. GitLab may add values. If GitLab sends none for the job, the source of its pipeline.',
      resolve: (job) => job.source ?? job.pipeline?.source,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the job was created.',
      resolve: (job) => job.created_at,
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When a runner started the job. Null before that.',
      resolve: (job) => job.started_at,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      description: 'When the job finished. Null before that, and while its status is CANCELING.',
      resolve: (job) => job.finished_at,
    }),
    erasedAt: t.field({
      type: 'DateTime',
      description: 'When the log and artifacts were erased, or null. GitLab 15 and later.',
      resolve: (job) => job.erased_at,
    }),
    duration: t.exposeFloat('duration', {
      description: 'Run time in seconds; increases while the job runs. Null before it starts.',
    }),
    queuedDuration: t.exposeFloat('queued_duration', {
      description: 'Seconds that the job waited for a runner; increases while it waits.',
    }),
    failureReason: t.exposeString('failure_reason', {
      description:
        'Why the job failed, such as "script_failure". Null unless `status` is FAILED. GitLab adds values with each version.',
    }),
    failureMessage: t.string({
      description:
        '`failureReason` as a sentence, such as "The script ended with an error." Null unless `status` is FAILED.',
      resolve: failureMessageOf,
    }),
    failureCategory: t.field({
      type: FailureCategory,
      description: 'The kind of `failureReason`. Null unless `status` is FAILED.',
      resolve: (job) => {
        const reason = failureReasonOf(job);
        return reason === null ? null : failureCategoryOf(reason);
      },
    }),
    ...progressFields(t),
    cancelable: t.boolean({
      nullable: false,
      description:
        'Whether `status` is CREATED or `active` is true. `jobCancel` also cancels MANUAL and SCHEDULED jobs. GitLab does not cancel a single trigger job: `jobCancel` then has a NotFoundError.',
      resolve: ({ status }) => isCancelable(status),
    }),
    playable: t.boolean({
      nullable: false,
      description:
        'Whether `status` is MANUAL or SCHEDULED, and the job is not archived. `jobPlay` can still be refused, because protected environments and approvals are not known here.',
      resolve: isPlayable,
    }),
    retryable: t.boolean({
      nullable: false,
      description:
        'Whether `status` is SUCCESS, FAILED, CANCELED or CANCELING, the job is not archived, and `retried` is not true. Where `retried` is null, a job with a newer attempt is not recognized; `Pipeline.board` shows the attempts. GitLab before 17 cannot retry trigger jobs.',
      resolve: isRetryable,
    }),
    retried: t.boolean({
      description:
        'Whether the pipeline has a newer attempt of the job. Null where that was not read. Known below `Pipeline.board`, in `attempts` and `changedJobs`, and in `Pipeline.jobs` and `Pipeline.bridges`; with `includeRetried` only if one page without `statuses` has the whole list.',
      resolve: retriedOf,
    }),
    queuedAt: t.field({
      type: 'DateTime',
      description:
        'When the job began to wait for a runner: `startedAt` minus `queuedDuration`. Null before it starts.',
      resolve: queuedAtOf,
    }),
    detailedStatus: t.field({
      type: DetailedStatus,
      nullable: false,
      description: 'The status as a badge shows it, and the action for a button beside it.',
      resolve: detailedStatusOf,
    }),
    groupName: t.string({
      description:
        'The name of the group of parallel or matrix jobs on GitLab’s pages: "unit" for "unit 2/5" and for "unit: [linux, 20]". The whole name for other jobs.',
      resolve: ({ name }) => (name == null ? null : parseJobName(name).group),
    }),
    parallelIndex: t.int({
      description:
        'The number of a parallel job within its group: 2 for "unit 2/5". Otherwise null.',
      resolve: ({ name }) => (name == null ? null : parseJobName(name).index),
    }),
    parallelTotal: t.int({
      description: 'The size of the group of a parallel job: 5 for "unit 2/5". Otherwise null.',
      resolve: ({ name }) => (name == null ? null : parseJobName(name).total),
    }),
    matrixValues: t.field({
      type: ['String'],
      description:
        'The values of a matrix job: "linux" and "20" for "test: [linux, 20]". Otherwise null. The name is split at commas, so a value that contains one becomes two.',
      resolve: ({ name }) => (name == null ? null : parseJobName(name).matrix),
    }),
    archived: t.exposeBoolean('archived', {
      description:
        'Whether the job is too old for a retry or play. Null before GitLab 17 and for trigger jobs.',
    }),
    webUrl: t.exposeString('web_url', { description: 'The URL of the job’s page in GitLab.' }),
    commit: t.field({
      type: Commit,
      description: 'The commit that the job runs on. Null if it was removed from the repository.',
      resolve: (job) => job.commit,
    }),
    user: t.field({
      type: User,
      description: 'The user who started, retried or played the job. Null if GitLab started it.',
      resolve: (job) => job.user,
    }),
    attempts: t.field({
      type: [CiJob],
      description:
        'All runs of this job in its pipeline, oldest first, including itself. A retry adds one. Null if the pipeline has more than 500 attempts of all its jobs; select `board(maxJobs:)` for such a pipeline.',
      extensions: costs({
        call: 'boards',
        needsRow: true,
        callSharedBy: 'pipeline',
        knownBy: ['board'],
        leadsTo: 'board',
      }),
      resolve: readAttempts,
    }),
    pipeline: t.field({
      type: Pipeline,
      description:
        'The job’s pipeline. Its ids, status, ref, sha, source, times and URL cost no further call.',
      extensions: costs({ leadsTo: 'job', sharedBy: 'pipeline' }),
      resolve: pipelineOf,
    }),
    project: t.field({
      type: Project,
      nullable: false,
      description: 'The job’s project. Its id, full path and URL cost no further call.',
      extensions: costs({
        knownBy: ['path', 'number'],
        leadsTo: 'job',
        sharedBy: 'project',
      }),
      resolve: (job, _args, { webUrls }) => projectBehind(job, webUrls),
    }),
  }),
});
