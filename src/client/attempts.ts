/*
 * Fields that are only exact in a response that was computed with all attempts of a job. In others
 * `retried` of a job and `retryable` of a pipeline are null, which means "not read".
 */

/** Keeps a known value over null. */
export function keepOverNull<Value>(known: Value | undefined, received: Value): Value {
  return received ?? known ?? received;
}

/** What is known of a job or pipeline. */
export interface KnownAttempts {
  retried?: unknown;
  retryable?: unknown;
}

/** Returns `retryable`, but false for a job that is known to have a newer attempt. */
export function correctRetryable<Retryable>(
  retryable: Retryable,
  { retried }: KnownAttempts,
): Retryable | false {
  return retryable && retried === true ? false : retryable;
}

/** Removes the action RETRY if `retried` is known to be true; adds it if `retryable` is. */
export function correctStatus<Status extends { action?: unknown }>(
  status: Status,
  { retried, retryable }: KnownAttempts,
): Status {
  if (status.action === 'RETRY' && retried === true) return { ...status, action: null };
  if (status.action === null && retryable === true) return { ...status, action: 'RETRY' };
  return status;
}
