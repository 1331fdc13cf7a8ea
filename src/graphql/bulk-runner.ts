import type { WriteRef } from '../gitlab/client.ts';
import type { AnyJob } from '../gitlab/rows.ts';
import { forEachConcurrently, groupBy } from '../util/collections.ts';
import { type MutationFailure, type Settled, timeOver } from './mutation-errors.ts';

/*
 * Sends the requests of a bulk mutation. Each job gets exactly one result, even after an error or a
 * timeout, and no request is sent twice.
 */

/** A job that a bulk mutation acts on. */
export interface ChosenJob {
  /** The global id. */
  id: string;
  ref: WriteRef;
  /** The job before the action. Null if it was chosen by id, and therefore not read. */
  row: AnyJob | null;
}

/**
 * What happened to one job:
 * - `DONE`: GitLab performed the action.
 * - `REFUSED`: nothing was done, because GitLab refused it or could not be reached.
 * - `NOT_TRIED`: no request was sent, because of an earlier error or a timeout.
 * - `UNKNOWN`: the request was sent, but there was no usable response.
 * - `PLANNED`: a dry run; the action would be sent for this job.
 */
export type ActionOutcome = 'DONE' | 'REFUSED' | 'NOT_TRIED' | 'UNKNOWN' | 'PLANNED';

export interface ActionResult {
  /** The global id of the job that was chosen. */
  id: string;
  /** Null if the job was not read before the action, and GitLab did not return it. */
  name: string | null;
  outcome: ActionOutcome;
  /**
   * The job after the action. Null without a usable response. For PLANNED, the current job; null if
   * the job was chosen by id, and therefore not read.
   */
  job: AnyJob | null;
  errors: readonly MutationFailure[];
}

/**
 * The result of one request. `refusal` is set if the response is successful but nothing was
 * changed.
 */
export type Attempt = Settled<AnyJob> & { refusal?: MutationFailure | undefined };

export interface BulkRun {
  send(job: ChosenJob): Promise<Attempt>;
  /**
   * Returns a key that is equal for all jobs of one pipeline. Requests with equal keys are sent one
   * after the other, because GitLab locks a pipeline while it changes one of its jobs.
   */
  pipelineOf(job: ChosenJob): string;
  /** Aborted when the operation times out or the caller disconnects. */
  signal: AbortSignal;
}

/** Maximum number of pipelines with a running request at a time. */
const MAX_PIPELINES = 4;
/** After this many requests in a row without a usable response, no further request is sent. */
const MAX_UNKNOWN = 2;

/** Matches GitLab's messages for a token that lacks a scope or permission (upstream.md §8). */
const MISSING_SCOPE = /^insufficient_(granular_)?scope\b/;

/** Whether an error shows that GitLab would refuse the action for all other jobs, too. */
function concernsAllJobs({ type, message }: MutationFailure): boolean {
  if (type === 'ForbiddenError') return MISSING_SCOPE.test(message);
  return (
    type === 'RateLimitedError' ||
    type === 'UnauthenticatedError' ||
    type === 'UpstreamUnavailableError'
  );
}

function outcomeOf(failure: MutationFailure | undefined): ActionOutcome {
  if (!failure) return 'DONE';
  if (failure === timeOver) return 'NOT_TRIED';
  return failure.type === 'OutcomeUnknownError' ? 'UNKNOWN' : 'REFUSED';
}

/** Decides whether further requests may be sent. */
function createStop(signal: AbortSignal) {
  let reason: MutationFailure | undefined;
  let unknownInARow = 0;
  return {
    /** Returns why no further request may be sent; undefined if further requests may be sent. */
    reason: () => reason,
    /** Records how a request ended. `failure` is undefined if GitLab did what was asked. */
    record(failure: MutationFailure | undefined) {
      // A timeout aborts the running requests, so their outcome is unknown. The reason is then the
      // timeout, not the unknown outcome.
      if (signal.aborted) reason ??= timeOver;
      unknownInARow = failure?.type === 'OutcomeUnknownError' ? unknownInARow + 1 : 0;
      if (failure && (concernsAllJobs(failure) || unknownInARow === MAX_UNKNOWN))
        reason ??= failure;
    },
  };
}

/**
 * Sends one request for each job. Resolves with one result per job, in the order of `jobs`.
 * - Requests for one pipeline are sent one after the other, in the order of `jobs`. Requests for up
 *   to four pipelines run at a time.
 * - An error that concerns one job does not stop the requests for other jobs.
 * - After an error that concerns all jobs, two unknown outcomes in a row, or a timeout, no further
 *   request is sent. The remaining jobs are NOT_TRIED with that error.
 */
export async function runBulk(jobs: readonly ChosenJob[], run: BulkRun): Promise<ActionResult[]> {
  const stop = createStop(run.signal);
  const results = new Map<ChosenJob, ActionResult>();
  const act = async (chosen: ChosenJob): Promise<ActionResult> => {
    const { id, row } = chosen;
    const name = row?.name ?? null;
    const reason = stop.reason();
    if (reason) return { id, name, outcome: 'NOT_TRIED', job: null, errors: [reason] };
    const { value: job, failure, refusal = failure } = await run.send(chosen);
    stop.record(refusal);
    const errors = refusal ? [refusal] : [];
    return { id, name: job?.name ?? name, outcome: outcomeOf(refusal), job, errors };
  };
  const pipelines = groupBy(jobs, (job) => run.pipelineOf(job)).values();
  await forEachConcurrently(pipelines, MAX_PIPELINES, async (group) => {
    for (const job of group) results.set(job, await act(job));
  });
  return jobs.flatMap((job) => results.get(job) ?? []);
}
