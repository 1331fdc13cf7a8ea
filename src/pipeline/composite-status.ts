import type { AnyJob } from '../gitlab/rows.ts';
import { toStatus } from './statuses.ts';

/** The combined status of several jobs. */
export interface CompositeStatus {
  /** In GitLab's spelling, or 'UNKNOWN'. */
  status: string;
  /** Whether one of the jobs that are allowed to fail has failed or was canceled. */
  hasWarnings: boolean;
}

/** A failed or canceled job that is allowed to fail. */
const WARNING = 'warning';
/** A manual job that is allowed to fail, so that no later stage waits for it. */
const IGNORED = 'ignored';

/**
 * Returns the status of a job for the rules below. If the job is allowed to fail, WARNING replaces
 * failed and canceled, and IGNORED replaces manual.
 */
function statusOf({ status, allow_failure }: AnyJob): string {
  if (allow_failure && (status === 'failed' || status === 'canceled')) return WARNING;
  if (allow_failure && status === 'manual') return IGNORED;
  return toStatus(status);
}

/** A rule applies if each job has one of the statuses in `only`. `status` is the result. */
const onlyRules: readonly (readonly [only: readonly string[], status: string])[] = [
  [['skipped', IGNORED], 'skipped'],
  [['success', 'skipped', WARNING, IGNORED], 'success'],
  [['created', WARNING, IGNORED], 'created'],
  [['preparing', WARNING, IGNORED], 'preparing'],
  [['canceled', 'success', 'skipped', WARNING, IGNORED], 'canceled'],
  [['pending', 'created', 'skipped', WARNING, IGNORED], 'pending'],
];

/** A rule applies if at least one job has the status `any`. `status` is the result. */
const anyRules: readonly (readonly [any: string, status: string])[] = [
  ['canceling', 'canceling'],
  ['running', 'running'],
  ['pending', 'running'],
  ['waiting_for_resource', 'waiting_for_resource'],
  ['waiting_for_callback', 'waiting_for_callback'],
  ['manual', 'manual'],
  ['scheduled', 'scheduled'],
  ['preparing', 'preparing'],
  ['created', 'running'],
  ['UNKNOWN', 'UNKNOWN'],
];

/**
 * Computes the status of a group or stage from its current jobs, as GitLab does (upstream.md
 * §3.12). The first rule that applies decides, in `onlyRules` and then in `anyRules`. If none
 * applies, the status is failed.
 */
export function compositeStatus(jobs: readonly AnyJob[]): CompositeStatus {
  const parts = new Set(jobs.map(statusOf));
  const fitsOnly = (only: readonly string[]) => [...parts].every((part) => only.includes(part));
  const rule =
    onlyRules.find(([only]) => fitsOnly(only)) ?? anyRules.find(([any]) => parts.has(any));
  return { status: rule?.[1] ?? 'failed', hasWarnings: parts.has(WARNING) };
}
