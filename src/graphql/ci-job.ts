import { builder } from './builder.ts';
import { costs } from './cost.ts';
import { toGlobalId } from './global-id.ts';
import { CiJob, Commit, Node, Pipeline, type PipelineRow, Project, User } from './refs.ts';
import { CiJobStatus, toStatus } from './status.ts';
import { projectBehind } from './web-url.ts';

export const CiJobKind = builder.enumType('CiJobKind', {
  description: 'Which of the two kinds of job it is.',
  values: {
    BUILD: { description: 'An ordinary job that a runner executes: a `Job`.' },
    BRIDGE: { description: 'A trigger job that starts a downstream pipeline: a `Bridge`.' },
  },
});

type Row = typeof CiJob.$inferType;

function globalIdOf(job: Row): string {
  if (job.kind === 'BUILD') return toGlobalId('Job', job.project_id, job.id);
  return toGlobalId('Bridge', job.project_id, job.pipeline?.id ?? 0, job.id);
}

function pipelineOf({ pipeline, project_id }: Row): PipelineRow | null {
  return pipeline ? { ...pipeline, project_id: String(pipeline.project_id ?? project_id) } : null;
}

CiJob.implement({
  description: 'What a build job and a trigger job share.',
  interfaces: [Node],
  resolveType: (job) => (job.kind === 'BRIDGE' ? 'Bridge' : 'Job'),
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description:
        'Global id: the same job has the same id however it was reached. Opaque; use it for `node` and in mutations.',
      extensions: costs({ knownBy: ['number'] }),
      resolve: globalIdOf,
    }),
    databaseId: t.id({
      nullable: false,
      description:
        'GitLab’s own number of the job, as in its web address. 64 bits wide, hence text.',
      extensions: costs({ knownBy: ['path', 'number'] }),
      resolve: (job) => String(job.id),
    }),
    projectId: t.exposeID('project_id', {
      nullable: false,
      description: 'GitLab’s number of the project that the job belongs to.',
      extensions: costs({ knownBy: ['number'] }),
    }),
    kind: t.expose('kind', {
      type: CiJobKind,
      nullable: false,
      description: 'Whether it is an ordinary job or a trigger job.',
      extensions: costs({ knownBy: ['path', 'number'] }),
    }),
    name: t.exposeString('name', {
      description: 'The job’s name in `.gitlab-ci.yml`, such as "unit tests 1/3".',
    }),
    stage: t.exposeString('stage', { description: 'The name of the stage it runs in.' }),
    status: t.field({
      type: CiJobStatus,
      nullable: false,
      description:
        'Where the job is in its life. UNKNOWN when GitLab is newer than this schema: then see `statusRaw`.',
      resolve: (job) => toStatus(job.status),
    }),
    statusRaw: t.exposeString('status', {
      nullable: false,
      description: 'The status exactly as GitLab sent it, such as "waiting_for_resource".',
    }),
    ref: t.exposeString('ref', {
      description:
        'The branch or tag, or `refs/merge-requests/<iid>/head` for a merge request’s pipeline.',
    }),
    tag: t.exposeBoolean('tag', { description: 'Whether `ref` is a tag.' }),
    coverage: t.float({
      description: 'Test coverage in percent, where the job reports it.',
      resolve: ({ coverage }) => (coverage == null ? null : Number(coverage)),
    }),
    allowFailure: t.exposeBoolean('allow_failure', {
      description: 'Whether the pipeline goes on and passes when this job fails.',
    }),
    source: t.string({
      description:
        'What started it: push, web, schedule, merge_request_event, … GitLab does not send it with jobs; then it is the pipeline’s.',
      resolve: (job) => job.source ?? job.pipeline?.source,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the job was made.',
      resolve: (job) => job.created_at,
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When a runner began with it. Null before that.',
      resolve: (job) => job.started_at,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      description: 'When it ended. Null until then, also while it is canceling.',
      resolve: (job) => job.finished_at,
    }),
    erasedAt: t.field({
      type: 'DateTime',
      description:
        'When its log and artifacts were erased. Null if they were not; GitLab 15 and later.',
      resolve: (job) => job.erased_at,
    }),
    duration: t.exposeFloat('duration', {
      description: 'Seconds it ran; grows while it runs. Null before it starts.',
    }),
    queuedDuration: t.exposeFloat('queued_duration', {
      description: 'Seconds it waited for a runner; grows while it waits.',
    }),
    failureReason: t.exposeString('failure_reason', {
      description:
        'Why it failed, such as "script_failure". Null unless `status` is FAILED. GitLab adds reasons with each version, so it is text.',
    }),
    archived: t.exposeBoolean('archived', {
      description:
        'Whether the job is too old to be retried or played. Null before GitLab 17, and for trigger jobs.',
    }),
    webUrl: t.exposeString('web_url', { description: 'The job’s page in GitLab.' }),
    commit: t.field({
      type: Commit,
      description: 'The commit it runs on. Null when that is gone from the repository.',
      resolve: (job) => job.commit,
    }),
    user: t.field({
      type: User,
      description: 'Who started it; after a retry or play, who did that. Null for the system.',
      resolve: (job) => job.user,
    }),
    pipeline: t.field({
      type: Pipeline,
      description:
        'The pipeline it belongs to. Its status, ref, sha, source and address cost no further call.',
      extensions: costs({ leadsTo: 'job', sharedBy: 'pipeline' }),
      resolve: pipelineOf,
    }),
    project: t.field({
      type: Project,
      nullable: false,
      description: 'The project it belongs to. Its id, full path and address cost no further call.',
      extensions: costs({
        knownBy: ['path', 'number'],
        leadsTo: 'job',
        sharedBy: 'project',
      }),
      resolve: (job, _args, { webUrls }) => ({
        ...projectBehind(job.web_url, job.project_id, webUrls),
        ci_job_token_scope_enabled: job.project?.ci_job_token_scope_enabled,
      }),
    }),
  }),
});
