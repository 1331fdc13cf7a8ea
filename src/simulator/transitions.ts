import type { JobRecord, PipelineRecord, WorldChange, WorldState } from './records.ts';
import { isComplete, pipelineStatus } from './statuses.ts';

/** Appends to a job's log and tells the listeners. */
export function appendLog(state: WorldState, job: JobRecord, text: string | Buffer): void {
  const chunk = typeof text === 'string' ? Buffer.from(text) : text;
  if (chunk.length === 0) return;
  job.log.push(chunk);
  job.logBytes += chunk.length;
  tell(state, { type: 'log', job, bytes: chunk.length });
}

/** A job's whole log. The pieces are joined once, so that reading again costs nothing. */
export function readLog(job: JobRecord): Buffer {
  if (job.log.length > 1) job.log = [Buffer.concat(job.log)];
  return job.log[0] ?? Buffer.alloc(0);
}

function tell(state: WorldState, change: WorldChange): void {
  for (const listener of state.listeners) listener(change);
}

/** What a status does to the times of a job; a status that is not named leaves them alone. */
const stamps: Readonly<Record<string, (job: JobRecord, now: number) => void>> = {
  pending: (job, now) => {
    job.queuedAt = now;
  },
  scheduled: (job, now) => {
    job.scheduledAt = now;
  },
  running: (job, now) => {
    job.queuedAt ??= now;
    job.startedAt = now;
  },
  canceling: (job, now) => {
    job.cancelingAt = now;
  },
  success: finish,
  failed: finish,
  canceled: finish,
};

function finish(job: JobRecord, now: number): void {
  job.finishedAt = now;
}

function touch(state: WorldState, pipeline: PipelineRecord): void {
  pipeline.fixedStatus = null;
  pipeline.updatedAt = state.now;
  const done = isComplete(pipelineStatus(pipeline));
  pipeline.finishedAt = done ? state.now : null;
  if (!done) state.live.add(pipeline);
}

/** Gives a job another status: stamps its times, touches its pipeline, tells the listeners. */
export function setStatus(state: WorldState, job: JobRecord, status: string): void {
  const from = job.status;
  if (from === status) return;
  job.status = status;
  stamps[status]?.(job, state.now);
  if (status === 'running') job.pipeline.startedAt ??= state.now;
  if (status !== 'failed') job.failureReason = null;
  touch(state, job.pipeline);
  tell(state, { type: 'job', job, from, to: status });
}

/** Ends a job; a failure has a reason. */
export function finishJob(
  state: WorldState,
  job: JobRecord,
  end: { status: string; failureReason?: string | undefined },
): void {
  if (end.status === 'failed') job.failureReason = end.failureReason ?? 'script_failure';
  setStatus(state, job, end.status);
}
