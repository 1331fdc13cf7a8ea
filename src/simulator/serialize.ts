import { createHash } from 'node:crypto';
import { roleIn } from './permissions.ts';
import {
  type ArtifactRecord,
  type CommitRecord,
  type JobRecord,
  type PipelineRecord,
  type ProjectRecord,
  pathsAbove,
  type Role,
  type RunnerManagerRecord,
  type RunnerRecord,
  type UserRecord,
  type WorldState,
} from './records.ts';
import type { ApiRequest } from './request.ts';
import { isComplete, pipelineStatus } from './statuses.ts';
import { isSince, type Version } from './versions.ts';

type Json = Record<string, unknown>;

/** The state of the simulator on which the JSON of a record depends. */
export interface View {
  readonly version: Version;
  readonly externalUrl: string;
  readonly now: number;
  /** Returns a pipeline's status. Computes it only once per response. */
  readonly statusOf: (pipeline: PipelineRecord) => string;
}

export function createView({ caps, externalUrl, world }: ApiRequest): View {
  const statuses = new Map<PipelineRecord, string>();
  const statusOf = (pipeline: PipelineRecord) => {
    const status = statuses.get(pipeline) ?? pipelineStatus(pipeline);
    statuses.set(pipeline, status);
    return status;
  };
  return { version: caps.version, externalUrl, now: world.now, statusOf };
}

/**
 * Returns `keys` if the simulated release is `first` or newer. Otherwise returns an empty object.
 */
function since({ version }: View, first: Version, keys: Json): Json {
  return isSince(version, first) ? keys : {};
}

/**
 * Replaces keys of the JSON with those of the record's `raw`. A key with the value undefined is
 * removed.
 */
function withRaw(json: Json, raw: Readonly<Json>): Json {
  const merged = { ...json, ...raw };
  for (const key of Object.keys(raw)) if (raw[key] === undefined) delete merged[key];
  return merged;
}

export function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

function avatarUrl(user: UserRecord): string {
  const digest = createHash('md5').update(`${user.username}@example.com`).digest('hex');
  return `https://www.gravatar.com/avatar/${digest}?s=80&d=identicon`;
}

/** A user as embedded in a pipeline (upstream.md §3.6). */
function serializeUserBasic(user: UserRecord, view: View): Json {
  return {
    id: user.id,
    username: user.username,
    ...since(view, '18.0', { public_email: '' }),
    name: user.name,
    state: user.state,
    ...since(view, '16.0', { locked: false }),
    avatar_url: avatarUrl(user),
    web_url: `${view.externalUrl}/${user.username}`,
  };
}

/** A user as embedded in a job (upstream.md §3.6). */
function serializeUser(user: UserRecord, view: View): Json {
  return {
    ...serializeUserBasic(user, view),
    created_at: iso(user.createdAt),
    bio: '',
    location: '',
    ...(!isSince(view.version, '18.0') && { skype: '' }),
    linkedin: '',
    twitter: '',
    ...since(view, '16.0', { discord: '' }),
    website_url: '',
    ...since(view, '18.0', { github: '' }),
    organization: '',
    job_title: '',
    pronouns: null,
    bot: false,
    work_information: null,
    followers: 0,
    following: 0,
    local_time: null,
  };
}

export function serializeCurrentUser(user: UserRecord, view: View): Json {
  return {
    ...serializeUser(user, view),
    email: `${user.username}@example.com`,
    two_factor_enabled: false,
    external: false,
    ...(user.admin && { is_admin: true }),
  };
}

/** A commit as embedded in a job (upstream.md §3.7). Its times have a numeric UTC offset. */
function serializeCommit(commit: CommitRecord, project: ProjectRecord, view: View): Json {
  const time = iso(commit.authoredAt)?.replace('Z', '+00:00');
  return {
    id: commit.sha,
    short_id: commit.sha.slice(0, 8),
    created_at: time,
    parent_ids: [...commit.parents],
    title: commit.title,
    message: commit.message,
    author_name: commit.authorName,
    author_email: commit.authorEmail,
    authored_date: time,
    committer_name: commit.authorName,
    committer_email: commit.authorEmail,
    committed_date: time,
    trailers: {},
    ...since(view, '16.0', { extended_trailers: {} }),
    web_url: `${view.externalUrl}/${project.path}/-/commit/${commit.sha}`,
  };
}

function pipelineKeys(pipeline: PipelineRecord, view: View): Json {
  return {
    id: pipeline.id,
    ...since(view, '16.0', { iid: pipeline.iid }),
    project_id: pipeline.project.id,
    sha: pipeline.sha,
    ref: pipeline.ref,
    status: view.statusOf(pipeline),
    source: pipeline.source,
    created_at: iso(pipeline.createdAt),
    updated_at: iso(pipeline.updatedAt),
    web_url: `${view.externalUrl}/${pipeline.project.path}/-/pipelines/${pipeline.id}`,
  };
}

/** A pipeline as embedded in a job or a bridge (upstream.md §3.3). */
function serializePipelineBasic(pipeline: PipelineRecord, view: View): Json {
  return withRaw(pipelineKeys(pipeline, view), pipeline.raw);
}

export function serializePipelineRow(pipeline: PipelineRecord, view: View): Json {
  const name = since(view, '16.0', { name: pipeline.name });
  return withRaw({ ...pipelineKeys(pipeline, view), ...name }, pipeline.raw);
}

function wholeSeconds(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.round((to - from) / 1_000);
}

/**
 * Returns the average coverage of the jobs that have one, as text with two decimals. Null if no job
 * has one. Ignores retried jobs.
 */
function coverageOf(pipeline: PipelineRecord): string | null {
  const values = pipeline.jobs.flatMap(({ retried, coverage }) =>
    retried || coverage === null ? [] : [coverage],
  );
  if (values.length === 0) return null;
  const sum = values.reduce((total, value) => total + value, 0);
  return (sum / values.length).toFixed(2);
}

const statusLabels: Readonly<Record<string, string>> = { success: 'passed', manual: 'blocked' };

function detailedStatus(pipeline: PipelineRecord, view: View): Json {
  const status = view.statusOf(pipeline);
  const label = statusLabels[status] ?? status;
  const basePath = new URL(view.externalUrl).pathname.replace(/\/$/, '');
  return {
    icon: `status_${status}`,
    text: label,
    label,
    group: status,
    tooltip: label,
    has_details: true,
    details_path: `${basePath}/${pipeline.project.path}/-/pipelines/${pipeline.id}`,
    illustration: null,
    favicon: `${basePath}/assets/ci_favicons/favicon_status_${status}.png`,
  };
}

/** A pipeline in the responses of its GET, retry and cancel requests (upstream.md §3.3, §10). */
export function serializePipeline(pipeline: PipelineRecord, view: View): Json {
  const finishedAt = isComplete(view.statusOf(pipeline)) ? pipeline.finishedAt : null;
  const json = {
    ...pipelineKeys(pipeline, view),
    ...since(view, '16.0', { name: pipeline.name }),
    before_sha: pipeline.beforeSha,
    tag: pipeline.tag,
    yaml_errors: pipeline.yamlErrors,
    user: pipeline.user && serializeUserBasic(pipeline.user, view),
    started_at: iso(pipeline.startedAt),
    finished_at: iso(finishedAt),
    committed_at: null,
    duration: wholeSeconds(pipeline.startedAt, finishedAt),
    queued_duration: wholeSeconds(pipeline.createdAt, pipeline.startedAt),
    coverage: coverageOf(pipeline),
    detailed_status: detailedStatus(pipeline, view),
  };
  return withRaw(json, pipeline.raw);
}

function seconds(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.max(0, (to - from) / 1_000);
}

/**
 * Returns the seconds from the start of a job to its end, or until now if the job still runs. Null
 * before the start.
 */
function duration(job: JobRecord, now: number): number | null {
  return seconds(job.startedAt, job.finishedAt ?? (isComplete(job.status) ? null : now));
}

function queuedDuration(job: JobRecord, now: number): number | null {
  return seconds(job.queuedAt, job.startedAt ?? (job.status === 'pending' ? now : null));
}

function jobKeys(job: JobRecord, view: View): Json {
  return {
    id: job.id,
    status: job.status,
    stage: job.stage,
    name: job.name,
    ref: job.ref,
    tag: job.tag,
    coverage: job.coverage,
    allow_failure: job.allowFailure,
    created_at: iso(job.createdAt),
    started_at: iso(job.startedAt),
    finished_at: iso(job.finishedAt),
    ...since(view, '16.0', { erased_at: iso(job.erasedAt) }),
    duration: duration(job, view.now),
    queued_duration: queuedDuration(job, view.now),
    user: job.user && serializeUser(job.user, view),
    commit: job.commit && serializeCommit(job.commit, job.project, view),
    pipeline: serializePipelineBasic(job.pipeline, view),
    ...(job.status === 'failed' && { failure_reason: job.failureReason }),
    web_url: `${view.externalUrl}/${job.project.path}/-/jobs/${job.id}`,
    ...since(view, '16.0', {
      project: { ci_job_token_scope_enabled: job.project.jobTokenScopeEnabled },
    }),
  };
}

/** Returns the archive of a job's artifacts; undefined if there is none or it has expired. */
export function archiveOf(job: JobRecord, now: number): ArtifactRecord | undefined {
  if (job.artifactsExpireAt !== null && job.artifactsExpireAt <= now) return undefined;
  return job.artifacts.find((artifact) => artifact.file_type === 'archive');
}

/** Returns the files of a job. If the job is complete, they include its log (upstream.md §3.5). */
function artifactsOf(job: JobRecord): ArtifactRecord[] {
  if (!isComplete(job.status) || job.logBytes === 0) return job.artifacts;
  if (job.artifacts.some((artifact) => artifact.file_type === 'trace')) return job.artifacts;
  const trace = { file_type: 'trace', size: job.logBytes, filename: 'job.log', file_format: null };
  return [...job.artifacts, trace];
}

const runnerCreatedAt = '2025-03-04T10:00:00.000Z';

function serializeRunner(runner: RunnerRecord, view: View): Json {
  return {
    id: runner.id,
    description: runner.description,
    ip_address: isSince(view.version, '18.0') ? null : runner.ipAddress,
    active: runner.active,
    paused: !runner.active,
    is_shared: runner.runnerType === 'instance_type',
    ...since(view, '16.0', { runner_type: runner.runnerType }),
    name: runner.name,
    online: runner.status === 'online',
    ...since(view, '18.6', { created_at: runnerCreatedAt }),
    status: runner.status,
    ...since(view, '18.6', { job_execution_status: 'active' }),
  };
}

function serializeRunnerManager(manager: RunnerManagerRecord, view: View): Json {
  return {
    id: manager.id,
    system_id: manager.systemId,
    version: manager.version,
    revision: manager.revision,
    platform: manager.platform,
    architecture: manager.architecture,
    created_at: runnerCreatedAt,
    contacted_at: iso(view.now),
    ip_address: '10.1.2.3',
    status: 'online',
    ...since(view, '18.6', { job_execution_status: 'active' }),
  };
}

/**
 * A job in the shape of a build. A retry of a bridge is sent in this shape, too, without a runner
 * manager (upstream.md §2.9).
 */
export function serializeJob(job: JobRecord, view: View): Json {
  const archive = archiveOf(job, view.now);
  const manager = job.runnerManager && serializeRunnerManager(job.runnerManager, view);
  const json = {
    ...jobKeys(job, view),
    ...(archive && { artifacts_file: { filename: archive.filename, size: archive.size } }),
    artifacts: artifactsOf(job),
    runner: job.runner && serializeRunner(job.runner, view),
    ...(job.kind === 'build' && since(view, '18.0', { runner_manager: manager })),
    artifacts_expire_at: iso(job.artifactsExpireAt),
    ...since(view, '18.0', { archived: job.archived }),
    tag_list: [...job.tagList].sort(),
  };
  return withRaw(json, job.raw);
}

/** A trigger job with its downstream pipeline (upstream.md §3.2). */
export function serializeBridge(job: JobRecord, view: View): Json {
  const downstream = job.downstream && serializePipelineBasic(job.downstream, view);
  return withRaw({ ...jobKeys(job, view), downstream_pipeline: downstream }, job.raw);
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * Returns the keys that identify a project. The response about the agents of a job contains only
 * these keys of a project.
 */
export function projectIdentity(project: ProjectRecord): Json {
  return {
    id: project.id,
    description: null,
    name: project.name,
    name_with_namespace: project.path.split('/').join(' / '),
    path: lastPart(project.path),
    path_with_namespace: project.path,
    created_at: iso(project.createdAt),
  };
}

function projectKeys(project: ProjectRecord, { externalUrl }: View): Json {
  const { host } = new URL(externalUrl);
  const webUrl = `${externalUrl}/${project.path}`;
  return {
    ...projectIdentity(project),
    default_branch: project.defaultBranch,
    tag_list: [],
    topics: [],
    ssh_url_to_repo: `git@${host}:${project.path}.git`,
    http_url_to_repo: `${webUrl}.git`,
    web_url: webUrl,
    readme_url: `${webUrl}/-/blob/${project.defaultBranch}/README.md`,
    forks_count: 0,
    avatar_url: null,
    star_count: 0,
    last_activity_at: iso(project.pipelines.at(-1)?.updatedAt ?? project.createdAt),
  };
}

function namespaceOf(world: WorldState, project: ProjectRecord, { externalUrl }: View): Json {
  const [parent = ''] = pathsAbove(project.path);
  const group = world.groups.get(parent.toLowerCase());
  const name = lastPart(parent);
  return {
    id: group?.id ?? world.users.get(parent)?.id ?? 0,
    name,
    path: name,
    kind: group === undefined ? 'user' : 'group',
    full_path: parent,
    parent_id: world.groups.get(pathsAbove(parent)[0]?.toLowerCase() ?? '')?.id ?? null,
    avatar_url: null,
    web_url: `${externalUrl}/${group === undefined ? '' : 'groups/'}${parent}`,
  };
}

const accessLevels: Readonly<Record<Role, number>> = {
  guest: 10,
  planner: 15,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
};

/**
 * A project. Anonymous callers get fewer keys. Keys of GitLab that clients rarely read are omitted.
 */
export function serializeProject(
  project: ProjectRecord,
  { world, user, view }: { world: WorldState; user: UserRecord | null; view: View },
): Json {
  const namespace = namespaceOf(world, project, view);
  const basic = { ...projectKeys(project, view), namespace };
  if (user === null) return basic;
  const role = roleIn(world, project, user);
  return {
    ...basic,
    archived: false,
    visibility: project.visibility,
    jobs_enabled: true,
    builds_access_level: 'enabled',
    public_jobs: project.publicPipelines,
    ci_job_token_scope_enabled: project.jobTokenScopeEnabled,
    permissions: {
      project_access: role && { access_level: accessLevels[role], notification_level: 3 },
      group_access: null,
    },
  };
}
