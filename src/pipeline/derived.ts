import type { AnyJob } from '../gitlab/rows.ts';
import { failureSentenceOf, toWords } from './failure-reasons.ts';
import type { KnownStatus } from './statuses.ts';
import { toMs } from './times.ts';

/*
 * What GitLab's pages show of a job and REST does not send: what a user can do with the job, how
 * its status is shown, why it failed, and to which group it belongs. All of it is computed from one
 * row.
 */

type Status = string | null | undefined;

const ACTIVE: ReadonlySet<Status> = new Set<KnownStatus>([
  'waiting_for_resource',
  'preparing',
  'waiting_for_callback',
  'pending',
  'running',
]);
const COMPLETE: ReadonlySet<Status> = new Set<KnownStatus>([
  'success',
  'failed',
  'canceled',
  'skipped',
]);
const RETRYABLE: ReadonlySet<Status> = new Set<KnownStatus>([
  'success',
  'failed',
  'canceled',
  'canceling',
]);

/**
 * Whether a job or pipeline runs, is being prepared, or waits only for a runner, a resource or a
 * callback. `created` and `scheduled` are not active.
 */
export const isActive = (status: Status): boolean => ACTIVE.has(status);

/**
 * Whether a job or pipeline has ended. An ended job keeps its status, because a retry creates a new
 * job. An ended pipeline can get another status when one of its jobs is retried.
 */
export const isComplete = (status: Status): boolean => COMPLETE.has(status);

/**
 * Whether GitLab's pages offer to cancel a job. The REST API also cancels manual and delayed jobs.
 */
export const isCancelable = (status: Status): boolean => isActive(status) || status === 'created';

/** Whether canceling took effect: the job is canceled, or only its after_script still runs. */
export const isCanceled = (status: Status): boolean =>
  status === 'canceled' || status === 'canceling';

/**
 * Whether a user can start the job: it is a manual or delayed job that has not run yet and is not
 * archived. A manual job that has run counts as retryable instead, because REST does not show that
 * it was manual.
 */
export function isPlayable({ status, archived }: Pick<AnyJob, 'status' | 'archived'>): boolean {
  return (status === 'manual' || status === 'scheduled') && !archived;
}

/**
 * Whether the pipeline has a newer attempt of the job; null if the row has neither `attempts` nor
 * `retried`.
 */
export function retriedOf(job: Pick<AnyJob, 'id' | 'attempts' | 'retried'>): boolean | null {
  const newest = job.attempts?.at(-1);
  return newest ? String(newest.id) !== String(job.id) : (job.retried ?? null);
}

/**
 * Whether the job can be retried. If it is unknown whether the job has a newer attempt, assumes
 * that it has none.
 */
export function isRetryable(job: AnyJob): boolean {
  return RETRYABLE.has(job.status) && !job.archived && retriedOf(job) !== true;
}

export type CiJobAction = 'CANCEL' | 'FORCE_CANCEL' | 'PLAY' | 'RETRY';

/** Returns the one action that GitLab's pages offer for a job, or null. */
export function actionOf(job: AnyJob): CiJobAction | null {
  if (isCancelable(job.status)) return 'CANCEL';
  if (job.status === 'canceling') return 'FORCE_CANCEL';
  if (isPlayable(job)) return 'PLAY';
  return isRetryable(job) ? 'RETRY' : null;
}

/**
 * Returns when the job began to wait for a runner, in ISO 8601. Null if the job has not started, or
 * if GitLab does not say how long it waited.
 */
export function queuedAtOf({
  started_at,
  queued_duration,
}: Pick<AnyJob, 'started_at' | 'queued_duration'>): string | null {
  const startedAt = toMs(started_at);
  if (startedAt === undefined || queued_duration == null) return null;
  const queuedAt = new Date(startedAt - Math.round(queued_duration * 1000));
  return Number.isNaN(queuedAt.getTime()) ? null : queuedAt.toISOString();
}

/**
 * Returns the failure reason of a failed job; null for other jobs. GitLab may omit the reason
 * `unknown_failure`, so a missing reason becomes `unknown_failure`.
 */
export function failureReasonOf({
  status,
  failure_reason,
}: Pick<AnyJob, 'status' | 'failure_reason'>): string | null {
  return status === 'failed' ? failure_reason || 'unknown_failure' : null;
}

/** Returns why a job failed, as a sentence; null if the job has not failed. */
export function failureMessageOf(job: AnyJob): string | null {
  const reason = failureReasonOf(job);
  const tags = 'tag_list' in job ? job.tag_list : null;
  return reason && failureSentenceOf(reason, tags ?? []);
}

/** A status as GitLab's pages show it. */
export interface StatusDetails {
  /**
   * The name for style sheets: the status, `success-with-warnings`, `failed-with-warnings`, or
   * `unknown` for a status that the gateway does not know.
   */
  group: string;
  /** The text of a badge. */
  text: string;
  /** The text of the badge in lower case, or a longer text, such as "waiting for resource". */
  label: string;
  tooltip: string;
  /** The action that GitLab's pages offer; null if there is none. */
  action: CiJobAction | null;
}

/** The text of a badge, and the label. Without a label, the label is the text in lower case. */
type Words = readonly [text: string, label?: string];

const words: ReadonlyMap<string, Words> = new Map(
  Object.entries<Words>({
    created: ['Created'],
    waiting_for_resource: ['Waiting', 'waiting for resource'],
    preparing: ['Preparing'],
    waiting_for_callback: ['Waiting', 'waiting for callback'],
    pending: ['Pending'],
    running: ['Running'],
    success: ['Passed'],
    failed: ['Failed'],
    canceling: ['Canceling'],
    canceled: ['Canceled'],
    skipped: ['Skipped'],
    manual: ['Manual', 'manual action'],
    scheduled: ['Delayed'],
  } satisfies Record<KnownStatus, Words>),
);

/**
 * Returns how GitLab's pages show the status of a pipeline, stage or group; `action` is always
 * null. A status that the gateway does not know is shown as GitLab sent it.
 */
export function statusDetails({
  status,
  hasWarnings = false,
}: {
  status?: Status;
  hasWarnings?: boolean;
}): StatusDetails {
  if (status === 'success' && hasWarnings) {
    const label = 'passed with warnings';
    return { group: 'success-with-warnings', text: 'Warning', label, tooltip: label, action: null };
  }
  const group = !status || status === 'UNKNOWN' ? 'unknown' : status;
  const known = words.get(group);
  if (!known) return { group: 'unknown', text: group, label: group, tooltip: group, action: null };
  const [text, label = text.toLowerCase()] = known;
  return { group, text, label, tooltip: label, action: null };
}

/**
 * Returns how the status of a job is shown. The tooltip of a failed job contains its failure
 * reason.
 */
export function detailedStatusOf(job: AnyJob): StatusDetails {
  const details = { ...statusDetails(job), action: actionOf(job) };
  const reason = failureReasonOf(job);
  if (!reason) return details;
  const tooltip = `${details.label} - (${toWords(reason)})`;
  if (!job.allow_failure) return { ...details, tooltip };
  const allowance = '(allowed to fail)';
  return {
    ...details,
    group: 'failed-with-warnings',
    label: `${details.label} ${allowance}`,
    tooltip: `${tooltip} ${allowance}`,
  };
}

/**
 * The parts of a job's name: the name of its group, and the parts that distinguish the job in that
 * group.
 */
export interface JobName {
  /** The name without its parallel and matrix parts. */
  group: string;
  /**
   * The 2 of "unit 2/5". Null if the name has no such part, or if a number in it is not a 32-bit
   * integer.
   */
  index: number | null;
  /** The 5 of "unit 2/5". Null if `index` is null. */
  total: number | null;
  /** The values ["linux", "20"] of "test: [linux, 20]". Null if the name has no such part. */
  matrix: string[] | null;
}

/** A parallel or matrix part of a name, and where it starts. */
type NamePart = { start: number } & ({ numbers: readonly [string, string] } | { values: string[] });

const MAX_PARTS = 3;
const MAX_INT32 = 2 ** 31 - 1;

/** Returns the start of the longest sequence of matching characters directly before `end`. */
function startOfRun(text: string, end: number, pattern: RegExp): number {
  let start = end;
  while (start > 0 && pattern.test(text.charAt(start - 1))) start -= 1;
  return start;
}

/**
 * Finds two numbers directly before `end`, such as " 2/5". Blanks, ":", "/" or "\" separate them.
 */
function numbersBefore(name: string, end: number): NamePart | undefined {
  const second = startOfRun(name, end, /\d/);
  const between = startOfRun(name, second, /[\s:/\\]/);
  const first = startOfRun(name, between, /\d/);
  const start = startOfRun(name, first, /[\s:]/);
  const isComplete = start < first && first < between && between < second && second < end;
  if (!isComplete) return undefined;
  return { start, numbers: [name.slice(first, between), name.slice(second, end)] };
}

/**
 * Finds values in brackets directly before `end`, such as ": [linux, 20]". Values may contain
 * brackets.
 */
function matrixBefore(name: string, end: number): NamePart | undefined {
  const bracket = name.search(/[\s:]\[/) + 1;
  if (bracket === 0 || bracket >= end || name[end - 1] !== ']') return undefined;
  const values = name.slice(bracket + 1, end - 1).split(',');
  return {
    start: startOfRun(name, bracket, /[\s:]/),
    values: values.map((value) => value.trim()),
  };
}

function partsOf(name: string): NamePart[] {
  const parts: NamePart[] = [];
  let end = name.trimEnd().length;
  while (parts.length < MAX_PARTS) {
    const part = numbersBefore(name, end) ?? matrixBefore(name, end);
    if (!part) break;
    parts.push(part);
    end = part.start;
  }
  return parts;
}

/**
 * Splits the name of a job into its group and its parallel and matrix parts, as GitLab's pages do
 * (upstream.md §3.10). For example, "unit 2/5" has the group "unit", the index 2 and the total 5.
 * Takes time linear in the length of the name.
 */
export function parseJobName(name: string): JobName {
  const parts = partsOf(name);
  const group = name.slice(0, parts.at(-1)?.start).trim();
  // A name that consists only of such parts, such as ": 2/5", is its own group.
  if (!group) return { group: name, index: null, total: null, matrix: null };
  const numbers = parts.flatMap((part) => ('numbers' in part ? [part.numbers] : []))[0];
  const [index = Number.NaN, total = Number.NaN] = numbers?.map(Number) ?? [];
  const isParallel = index <= MAX_INT32 && total <= MAX_INT32;
  const matrix = parts.flatMap((part) => ('values' in part ? [part.values] : []))[0];
  return {
    group,
    index: isParallel ? index : null,
    total: isParallel ? total : null,
    matrix: matrix ?? null,
  };
}
