import type { JobRecord } from './records.ts';
import type { Capabilities } from './versions.ts';

const complete = new Set(['success', 'failed', 'canceled', 'skipped']);
const known = [
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

/** Whether nothing more will happen to a job by itself (upstream.md §3.9). */
export function isComplete(status: string): boolean {
  return complete.has(status);
}

/** The statuses a release's `scope` filter accepts; any other value is a 400 (§3.9). */
export function scopeValues(caps: Capabilities): ReadonlySet<string> {
  return new Set(
    known.filter(
      (status) =>
        (status !== 'canceling' || caps.gracefulCancel) &&
        (status !== 'waiting_for_callback' || caps.waitingForCallback),
    ),
  );
}

/** Whether a status stops what comes after it no more: a failure that is allowed counts as fine. */
function weigh(job: JobRecord): string {
  if (!job.allowFailure) return job.status;
  if (job.status === 'manual') return 'ignored';
  return job.status === 'failed' || job.status === 'canceled' ? 'warning' : job.status;
}

const fine = ['success', 'warning', 'ignored'];

/* GitLab's own composite status: the first line that fits decides. `only` = nothing but these. */
const rules: readonly { only?: readonly string[]; any?: readonly string[]; status: string }[] = [
  { only: ['skipped', 'ignored'], status: 'skipped' },
  { only: ['skipped', ...fine], status: 'success' },
  { only: ['created', 'warning', 'ignored'], status: 'created' },
  { only: ['preparing', 'warning', 'ignored'], status: 'preparing' },
  { any: ['canceling'], status: 'canceling' },
  { only: ['canceled', 'skipped', ...fine], status: 'canceled' },
  { only: ['pending', 'created', 'skipped', 'warning', 'ignored'], status: 'pending' },
  { any: ['running', 'pending'], status: 'running' },
  { any: ['waiting_for_resource'], status: 'waiting_for_resource' },
  { any: ['waiting_for_callback'], status: 'waiting_for_callback' },
  { any: ['manual'], status: 'manual' },
  { any: ['scheduled'], status: 'scheduled' },
  { any: ['preparing'], status: 'preparing' },
  { any: ['created'], status: 'running' },
];

/** The status that jobs have together; retried ones do not count. Null when there is none. */
export function compositeStatus(jobs: readonly JobRecord[]): string | null {
  const seen = new Set<string>();
  for (const job of jobs) if (!job.retried) seen.add(weigh(job));
  if (seen.size === 0) return null;
  const all = [...seen];
  const rule = rules.find(({ only, any }) =>
    only === undefined
      ? any?.some((status) => seen.has(status))
      : all.every((status) => only.includes(status)),
  );
  return rule?.status ?? 'failed';
}

/** A pipeline's status as GitLab would show it now. */
export function pipelineStatus(pipeline: {
  readonly fixedStatus: string | null;
  readonly jobs: readonly JobRecord[];
}): string {
  return pipeline.fixedStatus ?? compositeStatus(pipeline.jobs) ?? 'created';
}
