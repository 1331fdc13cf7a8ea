import type { ArtifactRecord, JobRecord, RunnerManagerRecord, RunnerRecord } from './records.ts';
import { overridden, serializePipelineBasic } from './serialize-pipeline.ts';
import { iso, keysIf, serializeCommit, serializeUser, type View } from './serialize-user.ts';
import { isComplete } from './statuses.ts';

function seconds(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.max(0, (to - from) / 1_000);
}

/** Computed at request time: a running job's grows (upstream.md §3.1). */
function duration(job: JobRecord, now: number): number | null {
  return seconds(job.startedAt, job.finishedAt ?? (isComplete(job.status) ? null : now));
}

function queuedDuration(job: JobRecord, now: number): number | null {
  return seconds(job.queuedAt, job.startedAt ?? (job.status === 'pending' ? now : null));
}

/** What builds and trigger jobs share. */
function basicKeys(job: JobRecord, view: View): Record<string, unknown> {
  const { caps, externalUrl, now } = view;
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
    ...keysIf(caps.erasedAt, { erased_at: iso(job.erasedAt) }),
    duration: duration(job, now),
    queued_duration: queuedDuration(job, now),
    user: job.user && serializeUser(job.user, view),
    commit: job.commit && serializeCommit(job.commit, job.project, view),
    pipeline: serializePipelineBasic(job.pipeline, view),
    ...keysIf(job.status === 'failed', { failure_reason: job.failureReason }),
    web_url: `${externalUrl}/${job.project.path}/-/jobs/${job.id}`,
    ...keysIf(caps.jobProject, {
      project: { ci_job_token_scope_enabled: job.project.jobTokenScopeEnabled },
    }),
  };
}

/** An archive counts while it has not expired. */
function archiveOf(job: JobRecord, now: number): ArtifactRecord | undefined {
  if (job.artifactsExpireAt !== null && job.artifactsExpireAt <= now) return undefined;
  return job.artifacts.find((artifact) => artifact.file_type === 'archive');
}

/** The files of a job; a finished job's log is one of them (§3.5). */
function artifactsOf(job: JobRecord): ArtifactRecord[] {
  if (!isComplete(job.status) || job.logBytes === 0) return job.artifacts;
  if (job.artifacts.some((artifact) => artifact.file_type === 'trace')) return job.artifacts;
  const trace = { file_type: 'trace', size: job.logBytes, filename: 'job.log', file_format: null };
  return [...job.artifacts, trace];
}

function serializeRunner(runner: RunnerRecord, view: View) {
  const { caps } = view;
  return {
    id: runner.id,
    description: runner.description,
    ip_address: caps.runnerIpAddress ? runner.ipAddress : null,
    active: runner.active,
    paused: !runner.active,
    is_shared: runner.runnerType === 'instance_type',
    ...keysIf(caps.runnerType, { runner_type: runner.runnerType }),
    name: runner.name,
    online: runner.status === 'online',
    ...keysIf(caps.runnerCreated, { created_at: '2025-03-04T10:00:00.000Z' }),
    status: runner.status,
    ...keysIf(caps.jobExecutionStatus, { job_execution_status: 'active' }),
  };
}

function serializeManager(manager: RunnerManagerRecord, view: View) {
  return {
    id: manager.id,
    system_id: manager.systemId,
    version: manager.version,
    revision: manager.revision,
    platform: manager.platform,
    architecture: manager.architecture,
    created_at: '2025-03-04T10:00:00.000Z',
    contacted_at: iso(view.now),
    ip_address: '10.1.2.3',
    status: 'online',
    ...keysIf(view.caps.jobExecutionStatus, { job_execution_status: 'active' }),
  };
}

/** A job in the build's shape; a retried bridge is shown in it too, without its machine (§2.9). */
export function serializeJob(job: JobRecord, view: View): Record<string, unknown> {
  const archive = archiveOf(job, view.now);
  const json = {
    ...basicKeys(job, view),
    ...keysIf(archive !== undefined, {
      artifacts_file: { filename: archive?.filename, size: archive?.size },
    }),
    artifacts: artifactsOf(job),
    runner: job.runner && serializeRunner(job.runner, view),
    ...keysIf(view.caps.runnerManager && job.kind === 'build', {
      runner_manager: job.runnerManager && serializeManager(job.runnerManager, view),
    }),
    artifacts_expire_at: iso(job.artifactsExpireAt),
    ...keysIf(view.caps.archived, { archived: job.archived }),
    tag_list: [...job.tagList].sort(),
  };
  return overridden(json, job.raw);
}

/** A trigger job with what it started (§3.2). */
export function serializeBridge(job: JobRecord, view: View): Record<string, unknown> {
  const downstream = job.downstream && serializePipelineBasic(job.downstream, view);
  return overridden({ ...basicKeys(job, view), downstream_pipeline: downstream }, job.raw);
}
