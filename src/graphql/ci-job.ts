import { toStatus } from '../pipeline/statuses.ts';
import { builder } from './builder.ts';
import { costs } from './cost.ts';
import { toGlobalId } from './global-id.ts';
import { CiJob, Commit, Node, Pipeline, type PipelineRow, Project, User } from './refs.ts';
import { CiJobStatus } from './status.ts';
import { projectBehind } from './web-url.ts';

export const CiJobKind = builder.enumType('CiJobKind', {
  description: 'The kind of a job.',
  values: {
    BUILD: { description: 'An ordinary job that a runner executes: a `Job`.' },
    BRIDGE: { description: 'A trigger job that starts a downstream pipeline: a `Bridge`.' },
  },
});

type Row = typeof CiJob.$inferType;

function globalIdOf(job: Row): string {
  if (job.kind === 'BUILD') return toGlobalId('Job', job.project_id, job.id);
  return toGlobalId('Bridge', job.project_id, job.pipeline_id ?? 0, job.id);
}

function pipelineOf(job: Row): PipelineRow | null {
  const { pipeline, project_id } = job;
  return pipeline ? { ...pipeline, project_id, projectRow: job } : null;
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
