import type { FieldRef } from '@pothos/core';
import { isActive, isComplete } from '../pipeline/derived.ts';
import type { KnownStatus } from '../pipeline/statuses.ts';
import { builder, type Types } from './builder.ts';

const descriptions = {
  CREATED: 'Created; waits for earlier stages.',
  WAITING_FOR_RESOURCE: 'Waiting for its resource group, which runs one job at a time.',
  PREPARING: 'Its prerequisites are being set up, such as a Kubernetes namespace.',
  WAITING_FOR_CALLBACK: 'Waiting for a callback of an external service (GitLab 17 and later).',
  PENDING: 'Waiting for a runner.',
  RUNNING: 'A runner executes it.',
  SUCCESS: 'Finished successfully.',
  FAILED: 'Finished with an error; see `failureReason`.',
  CANCELING: 'Canceled, but its after_script still runs (GitLab 17 and later).',
  CANCELED: 'Canceled.',
  SKIPPED: 'Did not run, because it was not needed or an earlier job failed.',
  MANUAL: 'Waits to be started with `jobPlay`.',
  SCHEDULED: 'Delayed: starts at its scheduled time, or earlier with `jobPlay`.',
} as const satisfies Record<Uppercase<KnownStatus>, string>;

/** A status in GitLab's spelling, or UNKNOWN. */
type StatusValue = string;

/**
 * Job and pipeline status (upstream.md §3.9): GitLab's 13 values and UNKNOWN. Internal values have
 * GitLab's spelling, so that arguments are sent to GitLab unchanged.
 */
export const CiJobStatus = builder.enumType('CiJobStatus', {
  description: 'The status of a job or pipeline.',
  values: {
    ...Object.fromEntries(
      Object.entries(descriptions).map(([name, description]) => [
        name,
        { value: name.toLowerCase() as StatusValue, description },
      ]),
    ),
    UNKNOWN: {
      value: 'UNKNOWN' as StatusValue,
      description:
        'A status that this schema does not know; see `statusRaw`. Not allowed as an argument.',
    },
  },
});

/** The fields of a job or pipeline that say whether it is active or complete. */
export const progressFields = <Row extends { status?: string | null | undefined }>(
  t: PothosSchemaTypes.RootFieldBuilder<Types, Row, 'Interface' | 'Object'>,
): Record<'active' | 'complete', FieldRef<Types, boolean, 'Interface' | 'Object'>> => ({
  active: t.boolean({
    nullable: false,
    description:
      'Whether `status` is WAITING_FOR_RESOURCE, PREPARING, WAITING_FOR_CALLBACK, PENDING or RUNNING.',
    resolve: ({ status }) => isActive(status),
  }),
  complete: t.boolean({
    nullable: false,
    description: 'Whether `status` is SUCCESS, FAILED, CANCELED or SKIPPED.',
    resolve: ({ status }) => isComplete(status),
  }),
});
