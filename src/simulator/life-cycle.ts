import { cloneJob, defaultRunner, defaultRunnerManager } from './build-jobs.ts';
import type { JobRecord, PipelineRecord, UserRecord, WorldState } from './records.ts';
import {
  appendLog,
  compositeStatus,
  finishJob,
  isComplete,
  pipelineStatus,
  setStatus,
} from './statuses.ts';
import type { Capabilities } from './versions.ts';

/**
 * Longest step of the simulated clock. `advance` divides a longer time into several steps, so that
 * jobs pass through all statuses.
 */
const maxStepMs = 1_000;

export function advance(state: WorldState, ms: number): void {
  for (let leftMs = ms; leftMs > 0; leftMs -= maxStepMs) {
    state.now += Math.min(leftMs, maxStepMs);
    for (const pipeline of [...state.active]) advancePipeline(state, pipeline);
    for (const pipeline of state.changed) leaveCreated(state, pipeline);
    for (const listener of [...state.tickListeners]) listener(state.now);
  }
}

function advancePipeline(state: WorldState, pipeline: PipelineRecord): void {
  const jobs = pipeline.jobs.filter((job) => !job.retried && !job.plan.frozen);
  for (const job of jobs) steps[job.status]?.(state, job);
  if (!jobs.some((job) => job.status in steps)) state.active.delete(pipeline);
}

/**
 * What each step of the simulated clock does to a job, by the job's status. A job with any other
 * status changes only by a request, or when an earlier stage ends.
 */
const steps: Readonly<Record<string, (state: WorldState, job: JobRecord) => void>> = {
  waiting_for_resource: enqueue,
  preparing: enqueue,
  waiting_for_callback: enqueue,
  scheduled: (state, job) => {
    if (elapsedMs(state, job.scheduledAt) >= job.plan.delayMs) enqueue(state, job);
  },
  pending: (state, job) => {
    if (elapsedMs(state, job.queuedAt) >= job.plan.queueMs) start(state, job);
  },
  running: (state, job) => (job.kind === 'bridge' ? followDownstream : run)(state, job),
  canceling: (state, job) => {
    if (elapsedMs(state, job.cancelingAt) < job.plan.cancelMs) return;
    appendLog(state, job, '\u001b[31;1mERROR: Job failed: canceled\n\u001b[0;m');
    setStatus(state, job, 'canceled');
  },
};

const elapsedMs = (state: WorldState, since: number | null): number => state.now - (since ?? 0);

function enqueue(state: WorldState, job: JobRecord): void {
  setStatus(state, job, 'pending');
}

/**
 * For each `when`: the combined statuses of the earlier stages with which a job gets its
 * `firstStatus`. With any other status, the job is skipped.
 */
const requiredStatuses: Readonly<Record<JobRecord['when'], readonly string[]>> = {
  on_success: ['success', 'skipped'],
  on_failure: ['failed'],
  always: ['success', 'skipped', 'failed'],
  manual: ['success', 'skipped'],
  delayed: ['success', 'skipped'],
};

const firstStatus: Readonly<Record<JobRecord['when'], string>> = {
  on_success: 'pending',
  on_failure: 'pending',
  always: 'pending',
  manual: 'manual',
  delayed: 'scheduled',
};

/**
 * Finds the first stage with jobs that have the status `created` and are not frozen. Starts or
 * skips these jobs. Does nothing until all earlier stages are complete.
 */
function leaveCreated(state: WorldState, pipeline: PipelineRecord): void {
  state.changed.delete(pipeline);
  const { stages, jobs } = pipeline;
  const created = jobs.filter(({ status, plan }) => status === 'created' && !plan.frozen);
  const waiting = new Set(created.map((job) => job.stage));
  const next = stages.find((stage) => waiting.has(stage));
  if (next === undefined) return;
  const before = new Set(stages.slice(0, stages.indexOf(next)));
  const status = compositeStatus(jobs.filter((job) => before.has(job.stage))) ?? 'success';
  if (!isComplete(status)) return;
  for (const job of created) {
    if (job.stage !== next) continue;
    const isRequired = requiredStatuses[job.when].includes(status);
    // Adds the pipeline to `state.changed` again, so that `advance` also handles the next stage.
    setStatus(state, job, isRequired ? firstStatus[job.when] : 'skipped');
  }
}

function start(state: WorldState, job: JobRecord): void {
  if (job.kind === 'build') {
    job.runner ??= defaultRunner;
    job.runnerManager ??= defaultRunnerManager;
  }
  setStatus(state, job, 'running');
  if (job.kind === 'bridge') job.downstream ??= job.trigger?.() ?? null;
}

function run(state: WorldState, job: JobRecord): void {
  const { runMs, coverage, artifacts, tests, outcome, failureReason } = job.plan;
  const progress = runMs <= 0 ? 1 : Math.min(1, elapsedMs(state, job.startedAt) / runMs);
  printLog(state, job, progress);
  if (progress < 1) return;
  job.script = null;
  job.coverage ??= coverage;
  job.tests ??= tests;
  if (job.artifacts.length === 0) job.artifacts = [...artifacts];
  finishJob(state, job, { status: outcome, failureReason });
}

/** Appends the part of the log that is due at `progress`, the elapsed share (0–1) of the run. */
function printLog(state: WorldState, job: JobRecord, progress: number): void {
  if (job.script === null && job.plan.script !== null) {
    const chunks = job.plan.script(job.startedAt ?? state.now, job.plan.runMs);
    job.script = { chunks, printed: 0 };
  }
  if (job.script === null) return;
  const end = Math.floor(job.script.chunks.length * progress);
  appendLog(state, job, job.script.chunks.slice(job.script.printed, end).join(''));
  job.script.printed = end;
}

/**
 * Returns the status with which a trigger job ends; null while the job runs.
 * - Without a downstream pipeline, the status is `failed`.
 * - With the strategy `depend`, it is the status of the downstream pipeline; `skipped` becomes
 *   `failed`.
 * - Without a strategy, it is `success`.
 */
function endOfBridge({ downstream, strategy }: JobRecord): string | null {
  if (downstream === null) return 'failed';
  const status = strategy === 'depend' ? pipelineStatus(downstream) : 'success';
  if (!isComplete(status)) return null;
  return status === 'skipped' ? 'failed' : status;
}

function followDownstream(state: WorldState, job: JobRecord): void {
  const status = endOfBridge(job);
  if (status === null) return;
  const created = job.downstream !== null;
  const failureReason = created ? 'unknown_failure' : 'downstream_pipeline_creation_failed';
  finishJob(state, job, { status, failureReason });
}

const isEnding = ({ status }: JobRecord): boolean => isComplete(status) || status === 'canceling';

/**
 * Cancels a job that is neither complete nor in the status `canceling`. With `force`, cancels only
 * a job in the status `canceling` (upstream.md §2.8).
 */
export function cancelJob(
  state: WorldState,
  job: JobRecord,
  { caps, force }: { caps: Capabilities; force: boolean },
): void {
  if (force) {
    if (job.status === 'canceling') setStatus(state, job, 'canceled');
    return;
  }
  if (isEnding(job)) return;
  const isGraceful = job.status === 'running' && job.gracefulCancel && caps.gracefulCancel;
  setStatus(state, job, isGraceful && job.kind === 'build' ? 'canceling' : 'canceled');
}

export function isRetryable(job: JobRecord, caps: Capabilities): boolean {
  const statuses = ['success', 'failed', 'canceled', ...(caps.gracefulCancel ? ['canceling'] : [])];
  return !job.retried && !job.archived && statuses.includes(job.status);
}

/**
 * Retries a job: adds a new job, and resets skipped jobs of later stages to `created` (upstream.md
 * §2.9).
 */
export function retryJob(state: WorldState, job: JobRecord, user: UserRecord | null): JobRecord {
  const retry = cloneJob(state, job, user);
  enqueue(state, retry);
  const { stages, jobs } = job.pipeline;
  const laterStages = new Set(stages.slice(stages.indexOf(job.stage) + 1));
  for (const later of jobs) {
    const isSkipped = later.status === 'skipped' && !later.retried && laterStages.has(later.stage);
    if (isSkipped) setStatus(state, later, 'created');
  }
  return retry;
}

/**
 * Retries the failed and canceled jobs of a pipeline, except those that were already retried or are
 * archived. Skipped jobs of later stages run after the new attempts (upstream.md §10).
 */
export function retryPipeline(
  state: WorldState,
  pipeline: PipelineRecord,
  { caps, user }: { caps: Capabilities; user: UserRecord | null },
): void {
  for (const job of [...pipeline.jobs]) {
    const hasFailed = job.status === 'failed' || job.status === 'canceled';
    if (hasFailed && isRetryable(job, caps)) retryJob(state, job, user);
  }
}

/**
 * Adds a pipeline, and its child pipelines at any depth, to `found`. Omits pipelines of other
 * projects.
 */
function addWithChildren(pipeline: PipelineRecord, found: Set<PipelineRecord>): void {
  if (found.has(pipeline)) return;
  found.add(pipeline);
  for (const { downstream } of pipeline.jobs) {
    if (downstream?.source === 'parent_pipeline') addWithChildren(downstream, found);
  }
}

const isCancelable = (job: JobRecord): boolean => !isEnding(job) && job.status !== 'manual';

/**
 * Cancels the jobs of a pipeline, including trigger jobs, and of its child pipelines. Excludes
 * finished and manual jobs. Does nothing if the pipeline itself has no job to cancel (upstream.md
 * §10).
 */
export function cancelPipeline(
  state: WorldState,
  pipeline: PipelineRecord,
  caps: Capabilities,
): void {
  if (!pipeline.jobs.some(isCancelable)) return;
  const pipelines = new Set<PipelineRecord>();
  addWithChildren(pipeline, pipelines);
  const jobs = [...pipelines].flatMap((one) => one.jobs.filter(isCancelable));
  for (const job of jobs) cancelJob(state, job, { caps, force: false });
}

/** Whether a job is complete and has a log or artifacts (upstream.md §2.10). */
export function isErasable(job: JobRecord): boolean {
  return isComplete(job.status) && (job.artifacts.length > 0 || job.logBytes > 0);
}

/** Deletes a job's log and artifacts. Its status does not change. */
export function eraseJob(state: WorldState, job: JobRecord): void {
  job.erasedAt = state.now;
  job.artifacts = [];
  job.artifactsExpireAt = null;
  job.log = [];
  job.logBytes = 0;
}

/**
 * Whether a job can be started (played). A manual or delayed job can be started again after it ran
 * (upstream.md §2.11).
 */
export function isPlayable(job: JobRecord, caps: Capabilities): boolean {
  if (job.when !== 'manual' && job.when !== 'delayed') return false;
  if (job.archived) return false;
  return job.status === 'manual' || job.status === 'scheduled' || isRetryable(job, caps);
}

/** Starts a manual or delayed job as the given user. If the job already ran, retries it. */
export function playJob(state: WorldState, job: JobRecord, user: UserRecord | null): JobRecord {
  if (job.status !== 'manual' && job.status !== 'scheduled') return retryJob(state, job, user);
  job.user = user;
  enqueue(state, job);
  return job;
}
