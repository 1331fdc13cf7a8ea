import { builder } from './builder.ts';

const described = {
  CREATED: 'Made, waiting for earlier stages.',
  WAITING_FOR_RESOURCE: 'Waiting for its resource group, which lets one job through at a time.',
  PREPARING: 'Its prerequisites are being set up, such as a Kubernetes namespace.',
  WAITING_FOR_CALLBACK: 'Waiting for an outside service to call back (GitLab 17 and later).',
  PENDING: 'Waiting for a runner.',
  RUNNING: 'A runner is at work on it.',
  SUCCESS: 'Finished well.',
  FAILED: 'Finished badly; see `failureReason`.',
  CANCELING: 'Canceled, but its after_script still runs (GitLab 17 and later).',
  CANCELED: 'Canceled.',
  SKIPPED: 'Not run, because something before it failed or it was not needed.',
  MANUAL: 'Waits for somebody to start it with `jobPlay`.',
  SCHEDULED: 'Delayed: starts by itself at its time, or earlier with `jobPlay`.',
} as const;

/** A status in GitLab's spelling, or UNKNOWN. */
type StatusValue = string;

/**
 * Job and pipeline status (upstream.md §3.9), GitLab's 13 and UNKNOWN. Inside, values are in
 * GitLab's spelling, so that arguments go upstream as they are.
 */
export const CiJobStatus = builder.enumType('CiJobStatus', {
  description: 'Where a job or pipeline is in its life.',
  values: {
    ...Object.fromEntries(
      Object.entries(described).map(([name, description]) => [
        name,
        { value: name.toLowerCase() as StatusValue, description },
      ]),
    ),
    UNKNOWN: {
      value: 'UNKNOWN' as StatusValue,
      description: 'A status newer than this schema; `statusRaw` has it. Cannot be asked for.',
    },
  },
});

const known: ReadonlySet<string> = new Set(
  Object.keys(described).map((name) => name.toLowerCase()),
);

/** The enumeration's value for what GitLab sent: every one is open-ended, so an unknown one is UNKNOWN. */
export function toStatus(raw: string | null | undefined): StatusValue {
  return raw != null && known.has(raw) ? raw : 'UNKNOWN';
}
