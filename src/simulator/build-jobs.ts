import { findOrAddUser, type Given, takeId, withDefaults } from './build-accounts.ts';
import { type Time, toMs } from './build-pipelines.ts';
import {
  type ArtifactRecord,
  insertById,
  type JobColumns,
  type JobRecord,
  jobDefaults,
  type PipelineRecord,
  type PlanRecord,
  type RunnerManagerRecord,
  type RunnerRecord,
  removeById,
  type UserRecord,
  type WorldState,
} from './records.ts';
import { appendLog, isComplete } from './statuses.ts';

type JobTimes = Record<
  | 'createdAt'
  | 'queuedAt'
  | 'startedAt'
  | 'finishedAt'
  | 'erasedAt'
  | 'scheduledAt'
  | 'artifactsExpireAt',
  Time
>;

/**
 * A build (any job but a trigger job) to add. By default it is named `job-<id>`, successful, in the
 * stage `test`, and has the ref, tag, user and commit of its pipeline. The defaults of its times
 * depend on its status.
 */
export interface JobOptions
  extends Given<JobColumns & JobTimes>,
    Given<Pick<JobRecord, 'id' | 'name' | 'stage' | 'status' | 'ref' | 'tag' | 'commit'>> {
  user?: UserRecord | string | null | undefined;
  artifacts?: readonly Partial<ArtifactRecord>[] | undefined;
  /** Name of the job's environment. Slug and tier of the environment are derived from it. */
  environment?: string | undefined;
  /** The log. If it is given, the running job prints nothing, unless `plan` contains a script. */
  log?: string | Buffer | undefined;
  plan?: Partial<PlanRecord> | undefined;
}

export interface BridgeOptions extends JobOptions {
  downstream?: PipelineRecord | null | undefined;
}

/** The runner of builds that have started, if their options do not name one. */
export const defaultRunner: RunnerRecord = {
  id: 12270831,
  description: 'shared-runner-1.example.com',
  runnerType: 'instance_type',
  status: 'online',
  active: true,
  name: 'gitlab-runner',
  ipAddress: '10.1.2.3',
};
/** The machine of {@link defaultRunner}. Its version supports the status `canceling`. */
export const defaultRunnerManager: RunnerManagerRecord = {
  id: 5418,
  systemId: 's_8f1d2c3b4a59',
  version: '18.6.0',
  revision: 'abcdef12',
  platform: 'linux',
  architecture: 'amd64',
};

const defaultPlan: PlanRecord = {
  frozen: false,
  queueMs: 2_000,
  runMs: 30_000,
  delayMs: 60_000,
  cancelMs: 3_000,
  outcome: 'success',
  failureReason: 'script_failure',
  script: (_, runMs) => {
    const lines = Math.max(1, Math.round(runMs / 3_000));
    return Array.from({ length: lines }, (_line, at) => `step ${at + 1} of ${lines}\n`);
  },
  coverage: null,
  artifacts: [],
  tests: null,
};

const whenOfStatus: Readonly<Record<string, JobRecord['when']>> = {
  manual: 'manual',
  scheduled: 'delayed',
};

function columnsFor(status: string, hasRun: boolean): JobColumns {
  return {
    ...jobDefaults,
    when: whenOfStatus[status] ?? jobDefaults.when,
    failureReason: status === 'failed' ? 'script_failure' : null,
    runner: hasRun ? defaultRunner : null,
    runnerManager: hasRun ? defaultRunnerManager : null,
  };
}

function timeOr(time: Time | undefined, fallback: number | null): number | null {
  return time === undefined ? fallback : toMs(time);
}

/**
 * Returns the times of a job. Times that the options do not contain are derived from the status.
 */
function timeColumns(options: JobOptions, status: string, now: number) {
  const isDone = ['success', 'failed', 'canceled'].includes(status);
  const isStarted = isDone || status === 'running' || status === 'canceling';
  const usualStart = isDone ? now - 60_000 : now;
  const startedAt = timeOr(options.startedAt, isStarted ? usualStart : null);
  const usualQueuedAt = status === 'pending' ? now : usualStart - 2_000;
  const impliedQueuedAt = startedAt === null ? usualQueuedAt : startedAt - 2_000;
  const isQueued = isStarted || status === 'pending';
  const queuedAt = timeOr(options.queuedAt, isQueued ? impliedQueuedAt : null);
  return {
    createdAt: timeOr(options.createdAt, queuedAt ?? now) ?? now,
    queuedAt,
    startedAt,
    finishedAt: timeOr(options.finishedAt, isDone ? now : null),
    cancelingAt: status === 'canceling' ? now : null,
    scheduledAt: timeOr(options.scheduledAt, status === 'scheduled' ? now : null),
    erasedAt: timeOr(options.erasedAt, null),
    artifactsExpireAt: timeOr(options.artifactsExpireAt, null),
  };
}

/** Returns an artifact. Fields that are not given have the values of an archive of 1 KiB. */
function artifactOf(artifact: Partial<ArtifactRecord>): ArtifactRecord {
  return { file_type: 'archive', size: 1024, filename: null, file_format: null, ...artifact };
}

function environmentOf(name: string | undefined): JobRecord['environment'] {
  if (name === undefined) return null;
  const tiers = ['production', 'staging', 'testing'];
  const tier = tiers.find((prefix) => name.startsWith(prefix)) ?? 'development';
  return { name, slug: name.toLowerCase().replace(/[^a-z0-9]+/g, '-'), tier };
}

function requirePipeline(state: WorldState, ref: PipelineRecord | number): PipelineRecord {
  if (typeof ref === 'object') return ref;
  const pipeline = state.pipelines.get(ref);
  if (pipeline === undefined) throw new Error(`the world has no pipeline ${ref}`);
  return pipeline;
}

function userOf(
  state: WorldState,
  pipeline: PipelineRecord,
  user: JobOptions['user'],
): UserRecord | null {
  if (user === undefined) return pipeline.user;
  return user === null ? null : findOrAddUser(state, user);
}

function createRecord(
  state: WorldState,
  pipeline: PipelineRecord,
  options: BridgeOptions & { kind: JobRecord['kind'] },
): JobRecord {
  const { kind, status = 'success' } = options;
  const id = takeId(state, 'job', options.id);
  const times = timeColumns(options, status, state.now);
  const hasRun = kind === 'build' && times.startedAt !== null;
  // This literal begins with keys, not with a spread. Otherwise V8 would give an object of this
  // size no fast properties, and adding 50,000 jobs would take 10 s instead of 1.3 s.
  return {
    id,
    kind,
    project: pipeline.project,
    pipeline,
    name: options.name ?? `job-${id}`,
    stage: options.stage ?? 'test',
    status,
    ref: options.ref ?? pipeline.ref,
    tag: options.tag ?? pipeline.tag,
    ...times,
    ...withDefaults(columnsFor(status, hasRun), options),
    user: userOf(state, pipeline, options.user),
    commit: options.commit === undefined ? pipeline.commit : options.commit,
    artifacts: (options.artifacts ?? []).map(artifactOf),
    environment: environmentOf(options.environment),
    variables: [],
    downstream: options.downstream ?? null,
    log: [],
    logBytes: 0,
    plan: { ...defaultPlan, ...(options.log !== undefined && { script: null }), ...options.plan },
    script: null,
  };
}

/**
 * Adds a job to the lists of its project and pipeline, and to `state.jobs`. Adds the pipeline to
 * `state.changed` and, if the job is not complete, to `state.active`.
 */
function addToIndexes(state: WorldState, job: JobRecord): JobRecord {
  const { pipeline } = job;
  if (!pipeline.stages.includes(job.stage)) pipeline.stages.push(job.stage);
  insertById(job.project.jobs, job);
  insertById(pipeline.jobs, job);
  state.jobs.set(job.id, job);
  if (job.startedAt !== null) pipeline.startedAt ??= job.startedAt;
  if (!isComplete(job.status)) state.active.add(pipeline);
  state.changed.add(pipeline);
  return job;
}

export function addJob(
  state: WorldState,
  pipelineRef: PipelineRecord | number,
  options: BridgeOptions & { kind: JobRecord['kind'] },
): JobRecord {
  const pipeline = requirePipeline(state, pipelineRef);
  const job = addToIndexes(state, createRecord(state, pipeline, options));
  if (options.log !== undefined && job.kind === 'build') appendLog(state, job, options.log);
  if (job.finishedAt !== null) {
    pipeline.finishedAt = Math.max(pipeline.finishedAt ?? 0, job.finishedAt);
  }
  return job;
}

/** Adds a new attempt of a job, and marks the old attempt as retried. */
export function cloneJob(state: WorldState, job: JobRecord, user: UserRecord | null): JobRecord {
  job.retried = true;
  const { id: _id, status: _status, ...raw } = job.raw;
  return addToIndexes(state, {
    ...job,
    ...timeColumns({}, 'created', state.now),
    id: takeId(state, 'job'),
    status: 'created',
    retried: false,
    user,
    coverage: null,
    tests: null,
    failureReason: null,
    runner: null,
    runnerManager: null,
    artifacts: [],
    downstream: null,
    log: [],
    logBytes: 0,
    script: null,
    raw,
  });
}

export function deleteJob(state: WorldState, job: JobRecord): void {
  state.jobs.delete(job.id);
  removeById(job.project.jobs, job);
  removeById(job.pipeline.jobs, job);
  state.changed.add(job.pipeline);
}

export function deletePipeline(state: WorldState, pipeline: PipelineRecord): void {
  for (const job of [...pipeline.jobs]) deleteJob(state, job);
  state.pipelines.delete(pipeline.id);
  state.active.delete(pipeline);
  state.changed.delete(pipeline);
  removeById(pipeline.project.pipelines, pipeline);
  for (const [value, token] of state.tokens) {
    if (token.job?.pipeline === pipeline) state.tokens.delete(value);
  }
}
