import { cloneJob } from './build-jobs.ts';
import { badRequest } from './failure.ts';
import { enqueue } from './life.ts';
import { isHash, type Param, type Params } from './params.ts';
import type { JobRecord, UserRecord, WorldState } from './records.ts';
import { isComplete } from './statuses.ts';
import { setStatus } from './transitions.ts';
import type { Capabilities } from './versions.ts';

/**
 * Cancels a job as far as its status allows, and says nothing when it does not: the answer shows the
 * status it has now (upstream.md §2.8). `force` ends what is `canceling`, and only that.
 */
export function cancelJob(
  world: WorldState,
  job: JobRecord,
  { caps, force }: { caps: Capabilities; force: boolean },
): void {
  if (force) {
    if (job.status === 'canceling') setStatus(world, job, 'canceled');
    return;
  }
  if (isComplete(job.status) || job.status === 'canceling') return;
  const gracefully = job.status === 'running' && job.gracefulCancel && caps.gracefulCancel;
  setStatus(world, job, gracefully && job.kind === 'build' ? 'canceling' : 'canceled');
}

/** Whether a job can run again (§2.9). */
export function isRetryable(job: JobRecord, caps: Capabilities): boolean {
  const statuses = ['success', 'failed', 'canceled', ...(caps.gracefulCancel ? ['canceling'] : [])];
  return !job.retried && !job.archived && statuses.includes(job.status);
}

/** Runs a job again as a new row, and lets what had been skipped because of it hope anew (§2.9). */
export function retryJob(world: WorldState, job: JobRecord, user: UserRecord | null): JobRecord {
  const again = cloneJob(world, job, user);
  enqueue(world, again);
  const { stages, jobs } = job.pipeline;
  const after = new Set(stages.slice(stages.indexOf(job.stage) + 1));
  for (const each of jobs) {
    const isWaiting = each.status === 'skipped' && !each.retried && after.has(each.stage);
    if (isWaiting) setStatus(world, each, 'created');
  }
  return again;
}

/** Whether a job is done and has left something to delete (§2.10). */
export function isErasable(job: JobRecord): boolean {
  return isComplete(job.status) && (job.artifacts.length > 0 || job.logBytes > 0);
}

/** Deletes a job's log and artifacts; its status stays. */
export function eraseJob(world: WorldState, job: JobRecord): void {
  job.erasedAt = world.now;
  job.artifacts = [];
  job.artifactsExpireAt = null;
  job.log = [];
  job.logBytes = 0;
}

/** Whether somebody may press a job's play button: also on one that already ran (§2.11). */
export function isPlayable(job: JobRecord, caps: Capabilities): boolean {
  if (job.when !== 'manual' && job.when !== 'delayed') return false;
  if (job.archived) return false;
  return job.status === 'manual' || job.status === 'scheduled' || isRetryable(job, caps);
}

/** Starts a manual or delayed job in the caller's name; one that already ran starts as a new row. */
export function playJob(world: WorldState, job: JobRecord, user: UserRecord | null): JobRecord {
  if (job.status !== 'manual' && job.status !== 'scheduled') return retryJob(world, job, user);
  job.user = user;
  enqueue(world, job);
  return job;
}

function refusal(job: JobRecord, name: string, value: Param): string | null {
  const input = Object.hasOwn(job.inputs, name) ? job.inputs[name] : undefined;
  if (input === undefined) return `Unknown input: ${name}`;
  if (input.options === undefined) return null;
  const text = isHash(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
  if (input.options.includes(text)) return null;
  return `\`${name}\` input: \`${text}\` cannot be used because it is not in the list of allowed options`;
}

/** Refuses inputs the job does not declare, and values it does not offer (§2.9). */
export function checkInputs(job: JobRecord, inputs: Params): void {
  for (const [name, value] of Object.entries(inputs)) {
    const reason = refusal(job, name, value);
    if (reason !== null) throw badRequest(reason);
  }
}
