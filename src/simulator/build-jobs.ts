import { takeId, userNamed } from './build-people.ts';
import { insertById, removeById } from './id-list.ts';
import {
  artifactOf,
  type BridgeOptions,
  defaultPlan,
  environmentOf,
  type JobOptions,
  plainColumns,
  timeColumns,
} from './job-columns.ts';
import type { JobRecord, PipelineRecord, UserRecord, WorldState } from './records.ts';
import { isComplete, pipelineStatus } from './statuses.ts';
import { appendLog } from './transitions.ts';

/** The pipeline a test means: by record or id. */
export function pipelineNamed(state: WorldState, ref: PipelineRecord | number): PipelineRecord {
  if (typeof ref === 'object') return ref;
  const pipeline = state.pipelines.get(ref);
  if (pipeline === undefined) throw new Error(`the world has no pipeline ${ref}`);
  return pipeline;
}

function userOf(
  state: WorldState,
  user: UserRecord | string | null | undefined,
  pipeline: PipelineRecord,
): UserRecord | null {
  if (user === undefined) return pipeline.user;
  return user === null ? null : userNamed(state, user);
}

function toRecord(
  state: WorldState,
  pipeline: PipelineRecord,
  options: BridgeOptions & { kind: JobRecord['kind'] },
): JobRecord {
  const id = takeId(state, 'job', options.id);
  const status = options.status ?? 'success';
  const times = timeColumns(options, status, state.now);
  return {
    id,
    kind: options.kind,
    project: pipeline.project,
    pipeline,
    name: options.name ?? `job-${id}`,
    stage: options.stage ?? 'test',
    status,
    ref: options.ref ?? pipeline.ref,
    tag: options.tag ?? pipeline.tag,
    ...times,
    ...plainColumns(options, status, options.kind === 'build' && times.startedAt !== null),
    user: userOf(state, options.user, pipeline),
    commit: options.commit === undefined ? pipeline.commit : options.commit,
    artifacts: (options.artifacts ?? []).map(artifactOf),
    environment: environmentOf(options.environment),
    variables: [],
    downstream: options.downstream ?? null,
    log: [],
    logBytes: 0,
    plan: {
      ...defaultPlan,
      ...(options.log === undefined ? {} : { script: null }),
      ...options.plan,
    },
    script: null,
  };
}

/** Puts a record in every index; the clock looks at its pipeline from now on. */
function index(state: WorldState, job: JobRecord): JobRecord {
  const { pipeline } = job;
  if (!pipeline.stages.includes(job.stage)) pipeline.stages.push(job.stage);
  insertById(job.project.jobs, job);
  insertById(pipeline.jobs, job);
  state.jobs.set(job.id, job);
  if (job.startedAt !== null) pipeline.startedAt ??= job.startedAt;
  if (!isComplete(job.status)) state.live.add(pipeline);
  return job;
}

function settle(pipeline: PipelineRecord, job: JobRecord): void {
  if (job.finishedAt === null) return;
  pipeline.finishedAt = Math.max(pipeline.finishedAt ?? 0, job.finishedAt);
}

/** Adds a build. */
export function addJob(
  state: WorldState,
  where: PipelineRecord | number,
  options: JobOptions = {},
): JobRecord {
  const pipeline = pipelineNamed(state, where);
  const job = index(state, toRecord(state, pipeline, { ...options, kind: 'build' }));
  if (options.log !== undefined) appendLog(state, job, options.log);
  settle(pipeline, job);
  return job;
}

/** Adds a trigger job. */
export function addBridge(
  state: WorldState,
  where: PipelineRecord | number,
  options: BridgeOptions = {},
): JobRecord {
  const pipeline = pipelineNamed(state, where);
  const job = index(state, toRecord(state, pipeline, { ...options, kind: 'bridge' }));
  settle(pipeline, job);
  return job;
}

/** A new try of a job: the old row stays as it is and counts as retried. */
export function cloneJob(state: WorldState, job: JobRecord, user: UserRecord | null): JobRecord {
  job.retried = true;
  const { id: _id, status: _status, ...raw } = job.raw;
  return index(state, {
    ...job,
    id: takeId(state, 'job'),
    status: 'created',
    retried: false,
    user,
    coverage: null,
    failureReason: null,
    ...timeColumns({}, 'created', state.now),
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

/** Takes a job away as if it had never been. */
export function deleteJob(state: WorldState, job: JobRecord): void {
  state.jobs.delete(job.id);
  removeById(job.project.jobs, job);
  removeById(job.pipeline.jobs, job);
}

/** Takes a pipeline away with all its jobs. */
export function deletePipeline(state: WorldState, pipeline: PipelineRecord): void {
  for (const job of [...pipeline.jobs]) deleteJob(state, job);
  state.pipelines.delete(pipeline.id);
  state.live.delete(pipeline);
  removeById(pipeline.project.pipelines, pipeline);
  for (const [value, token] of state.tokens) {
    if (token.job?.pipeline === pipeline) state.tokens.delete(value);
  }
}

/** Whether a pipeline has come to rest. */
export function isPipelineDone(pipeline: PipelineRecord): boolean {
  return isComplete(pipelineStatus(pipeline));
}
