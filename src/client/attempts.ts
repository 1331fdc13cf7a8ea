/*
 * Corrects fields that depend on whether a job was retried. A retry creates a new job, the newer
 * attempt. To know whether one exists, the gateway must read all attempts for the response, or a
 * list without retried jobs. In other responses, `retried` of a job and `retryable` of a pipeline
 * are null, which means "not read".
 */

/** Returns the received value, or the known value if the received value is null. */
export function keepOverNull<Value>(known: Value | undefined, received: Value): Value {
  return received ?? known ?? received;
}

/**
 * The values of `retried` and `retryable` that the client already has for a job or pipeline. A
 * field that is not selected is undefined.
 */
export interface KnownAttempts {
  retried?: unknown;
  retryable?: unknown;
}

/** Returns `retryable`. True becomes false if the job is known to have a newer attempt. */
export function correctRetryable<Retryable>(
  retryable: Retryable,
  { retried }: KnownAttempts,
): Retryable | false {
  return retryable && retried === true ? false : retryable;
}

/**
 * Corrects the action of a status. Removes RETRY if the job is known to have a newer attempt. Sets
 * RETRY if there is no action, and the job or pipeline is known to be retryable.
 */
export function correctStatus<Status extends { action?: unknown }>(
  status: Status,
  { retried, retryable }: KnownAttempts,
): Status {
  if (status.action === 'RETRY' && retried === true) return { ...status, action: null };
  if (status.action === null && retryable === true) return { ...status, action: 'RETRY' };
  return status;
}
