/** The statuses of jobs and pipelines in GitLab's spelling (upstream.md §3.9). */
export const STATUSES = [
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
] as const;

export type KnownStatus = (typeof STATUSES)[number];

const known: ReadonlySet<string> = new Set(STATUSES);

/** Returns GitLab's status unchanged; 'UNKNOWN' if it is missing or not in STATUSES. */
export function toStatus(raw: string | null | undefined): string {
  return raw != null && known.has(raw) ? raw : 'UNKNOWN';
}
