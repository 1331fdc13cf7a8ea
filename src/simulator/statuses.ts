import type { JobRecord, PipelineRecord, WorldChange, WorldState } from './records.ts';
import type { Capabilities } from './versions.ts';

const complete = new Set(['success', 'failed', 'canceled', 'skipped']);
const allStatuses = [
  'created',
  'waiting_for_resource',
  'preparing',
  'waiting_for_callback',
  'pending',
  'running',
  'success',
  'failed',
  'canceling',
  'canceled',
  'skipped',
  'manual',
  'scheduled',
];

export const isComplete = (status: string): boolean => complete.has(status);

/**
 * The values that a release accepts for the filters `scope` of jobs and `status` of pipelines
 * (upstream.md §3.9).
 */
export function scopeValues(caps: Capabilities): ReadonlySet<string> {
  return new Set(
    allStatuses.filter(
      (status) =>
        (status !== 'canceling' || caps.gracefulCancel) &&
        (status !== 'waiting_for_callback' || caps.waitingForCallback),
    ),
  );
}

/**
 * Returns the status of a job as the rules below count it. If a job is allowed to fail, `failed`
 * and `canceled` count as `warning`, and `manual` counts as `ignored`.
 */
function effectiveStatus(job: JobRecord): string {
  if (!job.allowFailure) return job.status;
  if (job.status === 'manual') return 'ignored';
  return job.status === 'failed' || job.status === 'canceled' ? 'warning' : job.status;
}

const passed = ['success', 'warning', 'ignored'];

/*
 * GitLab's rules for the status of several jobs together. The first rule that matches applies. If
 * none matches, the status is `failed`.
 * - `only` matches if each job has one of these statuses.
 * - `any` matches if at least one job has this status.
 */
const rules: readonly { only?: readonly string[]; any?: string; status: string }[] = [
  { only: ['skipped', 'ignored'], status: 'skipped' },
  { only: ['skipped', ...passed], status: 'success' },
  { only: ['created', 'warning', 'ignored'], status: 'created' },
  { only: ['preparing', 'warning', 'ignored'], status: 'preparing' },
  { any: 'canceling', status: 'canceling' },
  { only: ['canceled', 'skipped', ...passed], status: 'canceled' },
  { only: ['pending', 'created', 'skipped', 'warning', 'ignored'], status: 'pending' },
  { any: 'running', status: 'running' },
  { any: 'pending', status: 'running' },
  { any: 'waiting_for_resource', status: 'waiting_for_resource' },
  { any: 'waiting_for_callback', status: 'waiting_for_callback' },
  { any: 'manual', status: 'manual' },
  { any: 'scheduled', status: 'scheduled' },
  { any: 'preparing', status: 'preparing' },
  { any: 'created', status: 'running' },
];

/** Returns the status of several jobs together. Ignores retried jobs. Null if no job remains. */
export function compositeStatus(jobs: readonly JobRecord[]): string | null {
  const found = new Set<string>();
  for (const job of jobs) if (!job.retried) found.add(effectiveStatus(job));
  if (found.size === 0) return null;
  const statuses = [...found];
  const rule = rules.find(({ only, any }) =>
    only === undefined
      ? any !== undefined && found.has(any)
      : statuses.every((status) => only.includes(status)),
  );
  return rule?.status ?? 'failed';
}

/**
 * Returns a pipeline's current status: the status that a test has set, or otherwise the status that
 * follows from the pipeline's jobs.
 */
export function pipelineStatus(pipeline: Pick<PipelineRecord, 'fixedStatus' | 'jobs'>): string {
  return pipeline.fixedStatus ?? compositeStatus(pipeline.jobs) ?? 'created';
}

function notifyListeners(state: WorldState, change: WorldChange): void {
  for (const listener of state.changeListeners) listener(change);
}

export function appendLog(state: WorldState, job: JobRecord, text: string | Buffer): void {
  const chunk = typeof text === 'string' ? Buffer.from(text) : text;
  if (chunk.length === 0) return;
  job.log.push(chunk);
  job.logBytes += chunk.length;
  notifyListeners(state, { type: 'log', job, bytes: chunk.length });
}

/** Returns a job's whole log. Stores the joined chunks, so that a second read copies nothing. */
export function readLog(job: JobRecord): Buffer {
  if (job.log.length > 1) job.log = [Buffer.concat(job.log)];
  return job.log[0] ?? Buffer.alloc(0);
}

type TimeColumn = 'queuedAt' | 'scheduledAt' | 'startedAt' | 'cancelingAt' | 'finishedAt';

const timeColumns: Readonly<Record<string, TimeColumn>> = {
  pending: 'queuedAt',
  scheduled: 'scheduledAt',
  running: 'startedAt',
  canceling: 'cancelingAt',
  success: 'finishedAt',
  failed: 'finishedAt',
  canceled: 'finishedAt',
};

function updatePipeline(state: WorldState, pipeline: PipelineRecord): void {
  pipeline.fixedStatus = null;
  pipeline.updatedAt = state.now;
  state.changed.add(pipeline);
  const isDone = isComplete(pipelineStatus(pipeline));
  pipeline.finishedAt = isDone ? state.now : null;
  if (!isDone) state.active.add(pipeline);
}

/**
 * Changes a job's status and the times that depend on it, updates its pipeline, and notifies the
 * listeners.
 */
export function setStatus(state: WorldState, job: JobRecord, status: string): void {
  const from = job.status;
  if (from === status) return;
  job.status = status;
  const column = timeColumns[status];
  if (column !== undefined) job[column] = state.now;
  if (status === 'running') {
    job.queuedAt ??= state.now;
    job.pipeline.startedAt ??= state.now;
  }
  if (status !== 'failed') job.failureReason = null;
  updatePipeline(state, job.pipeline);
  notifyListeners(state, { type: 'job', job, from, to: status });
}

/** Ends a job. The failure reason is used only for the status `failed`. */
export function finishJob(
  state: WorldState,
  job: JobRecord,
  end: { status: string; failureReason?: string | undefined },
): void {
  if (end.status === 'failed') job.failureReason = end.failureReason ?? 'script_failure';
  setStatus(state, job, end.status);
}
