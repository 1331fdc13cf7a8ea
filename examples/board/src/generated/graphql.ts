/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What became of a job of a bulk mutation. */
export type ActionOutcome =
  /** GitLab did it. */
  | 'DONE'
  /** Nothing was sent, because of an earlier error or because the time was over. */
  | 'NOT_TRIED'
  /** A dry run: the action would be tried. */
  | 'PLANNED'
  /** Nothing was changed; `errors` says why. */
  | 'REFUSED'
  /** The request was sent, but there was no usable response: the change may have been made. Read the job before a retry. */
  | 'UNKNOWN';

/** What a button beside a status does. */
export type CiJobAction =
  /** Cancels: `jobCancel`. */
  | 'CANCEL'
  /** Cancels without waiting for after_script: `jobCancel` with `force`. */
  | 'FORCE_CANCEL'
  /** Starts a manual or delayed job: `jobPlay`. */
  | 'PLAY'
  /** Runs again: `jobRetry`. */
  | 'RETRY';

/** The kind of a job. */
export type CiJobKind =
  /** A trigger job that starts a downstream pipeline: a `Bridge`. */
  | 'BRIDGE'
  /** An ordinary job that a runner executes: a `Job`. */
  | 'BUILD';

/** The status of a job or pipeline. */
export type CiJobStatus =
  /** Canceled. */
  | 'CANCELED'
  /** Canceled, but its after_script still runs (GitLab 17 and later). */
  | 'CANCELING'
  /** Created; waits for earlier stages. */
  | 'CREATED'
  /** Finished with an error; see `failureReason`. */
  | 'FAILED'
  /** Waits to be started with `jobPlay`. */
  | 'MANUAL'
  /** Waiting for a runner. */
  | 'PENDING'
  /** Its prerequisites are being set up, such as a Kubernetes namespace. */
  | 'PREPARING'
  /** A runner executes it. */
  | 'RUNNING'
  /** Delayed: starts at its scheduled time, or earlier with `jobPlay`. */
  | 'SCHEDULED'
  /** Did not run, because it was not needed or an earlier job failed. */
  | 'SKIPPED'
  /** Finished successfully. */
  | 'SUCCESS'
  /** A status that this schema does not know; see `statusRaw`. Not allowed as an argument. */
  | 'UNKNOWN'
  /** Waiting for a callback of an external service (GitLab 17 and later). */
  | 'WAITING_FOR_CALLBACK'
  /** Waiting for its resource group, which runs one job at a time. */
  | 'WAITING_FOR_RESOURCE';

export type ResourceQueryVariables = Exact<{
  url: string;
}>;


export type ResourceQuery = { resource:
    | { databaseId: string, project: { fullPath: string } }
    | { databaseId: string, project: { fullPath: string } }
    | Record<PropertyKey, never>
   | null };

export type RetryJobMutationVariables = Exact<{
  id: string;
}>;


export type RetryJobMutation = { payload: { errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type PlayJobMutationVariables = Exact<{
  id: string;
}>;


export type PlayJobMutation = { payload: { errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type CancelJobMutationVariables = Exact<{
  id: string;
}>;


export type CancelJobMutation = { payload: { errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type ForceCancelJobMutationVariables = Exact<{
  id: string;
}>;


export type ForceCancelJobMutation = { payload: { errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type RetryPipelineMutationVariables = Exact<{
  id: string;
}>;


export type RetryPipelineMutation = { payload: { errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type CancelPipelineMutationVariables = Exact<{
  id: string;
}>;


export type CancelPipelineMutation = { payload: { errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type RetryFailedJobsMutationVariables = Exact<{
  id: string;
}>;


export type RetryFailedJobsMutation = { payload: { done: number, refused: number, notTried: number, unknown: number, results: Array<{ outcome: ActionOutcome, errors: Array<
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
      > }>, errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type PlayStageMutationVariables = Exact<{
  id: string;
  stage: string;
}>;


export type PlayStageMutation = { payload: { done: number, refused: number, notTried: number, unknown: number, results: Array<{ outcome: ActionOutcome, errors: Array<
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
      > }>, errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type BulkOutcomeFragment = { done: number, refused: number, notTried: number, unknown: number, results: Array<{ outcome: ActionOutcome, errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > }>, errors: Array<
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
  > };

export type BoardQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type BoardQuery = { pipeline: { id: string, databaseId: string, name: string | null, ref: string | null, sha: string | null, source: string | null, webUrl: string | null, createdAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, active: boolean, complete: boolean, board: { jobCount: number, stages: Array<{ name: string, manualCount: number, groups: Array<{ name: string, jobs: Array<
            | { id: string, kind: CiJobKind, name: string | null, status: CiJobStatus, active: boolean, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, downstreamPipeline: { id: string, databaseId: string, createdAt: string | null, updatedAt: string | null, complete: boolean, detailedStatus: { group: string, text: string }, project: { fullPath: string } } | null, attempts: Array<
                | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
                | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
              > | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
            | { id: string, kind: CiJobKind, name: string | null, status: CiJobStatus, active: boolean, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, attempts: Array<
                | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
                | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
              > | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
          >, detailedStatus: { group: string, text: string } }>, detailedStatus: { group: string, text: string } }>, statusCounts: Array<{ status: CiJobStatus, count: number }>, timeline: { elapsed: number | null, running: number | null, queued: number | null, idle: number | null, criticalPath: Array<{ job:
            | { id: string }
            | { id: string }
           }> }, gaps: Array<{ message: string }> } | null, user: { username: string | null } | null, detailedStatus: { group: string, text: string, action: CiJobAction | null } } | null };

export type BoardUpdatesSubscriptionVariables = Exact<{
  id: string;
}>;


export type BoardUpdatesSubscription = { pipelineUpdated: { pipeline: { id: string, databaseId: string, name: string | null, ref: string | null, sha: string | null, source: string | null, webUrl: string | null, createdAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, active: boolean, complete: boolean, user: { username: string | null } | null, detailedStatus: { group: string, text: string, action: CiJobAction | null }, board: { jobCount: number, statusCounts: Array<{ status: CiJobStatus, count: number }>, stages: Array<{ name: string, manualCount: number, detailedStatus: { group: string, text: string }, groups: Array<{ name: string, detailedStatus: { group: string, text: string }, jobs: Array<
              | { id: string }
              | { id: string }
            > }> }>, timeline: { elapsed: number | null, running: number | null, queued: number | null, idle: number | null, criticalPath: Array<{ job:
              | { id: string }
              | { id: string }
             }> }, gaps: Array<{ message: string }> } | null }, changedJobs: Array<
      | { kind: CiJobKind, name: string | null, status: CiJobStatus, active: boolean, id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, downstreamPipeline: { id: string, databaseId: string, createdAt: string | null, updatedAt: string | null, complete: boolean, detailedStatus: { group: string, text: string }, project: { fullPath: string } } | null, attempts: Array<
          | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
          | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
        > | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
      | { kind: CiJobKind, name: string | null, status: CiJobStatus, active: boolean, id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, attempts: Array<
          | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
          | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
        > | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
    > } };

export type PipelineOnBoardFragment = { id: string, databaseId: string, name: string | null, ref: string | null, sha: string | null, source: string | null, webUrl: string | null, createdAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, active: boolean, complete: boolean, user: { username: string | null } | null, detailedStatus: { group: string, text: string, action: CiJobAction | null }, board: { jobCount: number, statusCounts: Array<{ status: CiJobStatus, count: number }>, stages: Array<{ name: string, manualCount: number, detailedStatus: { group: string, text: string }, groups: Array<{ name: string, detailedStatus: { group: string, text: string }, jobs: Array<
          | { id: string }
          | { id: string }
        > }> }>, timeline: { elapsed: number | null, running: number | null, queued: number | null, idle: number | null, criticalPath: Array<{ job:
          | { id: string }
          | { id: string }
         }> }, gaps: Array<{ message: string }> } | null };

type JobOnBoard_Bridge_Fragment = { kind: CiJobKind, name: string | null, status: CiJobStatus, active: boolean, id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, downstreamPipeline: { id: string, databaseId: string, createdAt: string | null, updatedAt: string | null, complete: boolean, detailedStatus: { group: string, text: string }, project: { fullPath: string } } | null, attempts: Array<
    | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
    | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
  > | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } };

type JobOnBoard_Job_Fragment = { kind: CiJobKind, name: string | null, status: CiJobStatus, active: boolean, id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, attempts: Array<
    | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
    | { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } }
  > | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } };

export type JobOnBoardFragment =
  | JobOnBoard_Bridge_Fragment
  | JobOnBoard_Job_Fragment
;

type AttemptOnBoard_Bridge_Fragment = { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } };

type AttemptOnBoard_Job_Fragment = { id: string, databaseId: string, queuedAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, tooltip: string, action: CiJobAction | null } };

export type AttemptOnBoardFragment =
  | AttemptOnBoard_Bridge_Fragment
  | AttemptOnBoard_Job_Fragment
;

export type JobPanelQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type JobPanelQuery = { job: { id: string, name: string | null, stage: string | null, complete: boolean, webUrl: string | null, queuedDuration: number | null, startedAt: string | null, finishedAt: string | null, duration: number | null, runner: { description: string | null } | null, detailedStatus: { group: string, text: string }, failure: { message: string, retryHelps: boolean | null, log: { command: string | null, exitCode: number | null, errors: Array<{ number: number | null, text: string }> } | null } | null, trace: { byteSize: number | string, lines: { nodes: Array<{ number: number, text: string }> } } | null } | null };

export type JobPanelLogSubscriptionVariables = Exact<{
  id: string;
  afterByte?: number | string | null | undefined;
}>;


export type JobPanelLogSubscription = { jobTraceAppended: { endByte: number | string, startByte: number | string, lineCount: number, complete: boolean, lines: Array<{ number: number, text: string }> } };

export type DashboardQueryVariables = Exact<{
  projects: Array<string> | string;
  ref?: string | null | undefined;
}>;


export type DashboardQuery = { projects: Array<{ fullPath: string, pipelines: { nodes: Array<{ databaseId: string, ref: string | null, source: string | null, createdAt: string | null, jobs: { nodes: Array<{ databaseId: string, name: string | null, status: CiJobStatus, retried: boolean | null, detailedStatus: { group: string, text: string, tooltip: string } }>, pageInfo: { hasNextPage: boolean } } | null, detailedStatus: { group: string, text: string } }> } | null } | null> };

export type DashboardUpdatesSubscriptionVariables = Exact<{
  projects: Array<string> | string;
}>;


export type DashboardUpdatesSubscription = { jobsUpdated: { changedJobs: Array<{ createdAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, databaseId: string, name: string | null, status: CiJobStatus, retried: boolean | null, project: { fullPath: string }, pipeline: { databaseId: string, ref: string | null, source: string | null, createdAt: string | null, detailedStatus: { group: string, text: string } } | null, detailedStatus: { group: string, text: string, tooltip: string } }>, unread: Array<{ project: string, code: string, message: string }> } };

export type PipelineOnTileFragment = { databaseId: string, ref: string | null, source: string | null, createdAt: string | null, detailedStatus: { group: string, text: string } };

export type JobOnTileFragment = { databaseId: string, name: string | null, status: CiJobStatus, retried: boolean | null, detailedStatus: { group: string, text: string, tooltip: string } };

export type LogQueryVariables = Exact<{
  project: string;
  id: string;
  errorWords: Array<string> | string;
}>;


export type LogQuery = { job: { stage: string | null, ref: string | null, erasedAt: string | null, id: string, databaseId: string, name: string | null, complete: boolean, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, commit: { shortId: string | null, title: string | null } | null, pipeline: { id: string, databaseId: string } | null, artifactsFile: { filename: string | null, downloadUrl: string | null } | null, attempts: Array<
      | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
      | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
    > | null, failure: { message: string, retryHelps: boolean | null, log: { section: string | null, command: string | null, exitCode: number | null, errors: Array<{ number: number | null, html: string }> } | null } | null, trace: { byteSize: number | string, truncated: boolean, text: string, lines: { totalCount: number, nodes: Array<{ number: number }> }, sections: Array<{ name: string, duration: number | null, collapsed: boolean, firstLine: number, lastLine: number | null }>, search: { matchCount: number, excerpts: Array<{ matchedNumbers: Array<number> }> } } | null, detailedStatus: { group: string, text: string, action: CiJobAction | null }, runner: { databaseId: string, description: string | null } | null } | null };

export type LogJobSubscriptionVariables = Exact<{
  id: string;
}>;


export type LogJobSubscription = { jobUpdated: { id: string, databaseId: string, name: string | null, complete: boolean, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, action: CiJobAction | null }, runner: { databaseId: string, description: string | null } | null } };

export type LogLinesSubscriptionVariables = Exact<{
  id: string;
  afterByte: number | string;
}>;


export type LogLinesSubscription = { jobTraceAppended: { startByte: number | string, endByte: number | string, lineCount: number, complete: boolean, lines: Array<{ number: number, html: string, section: string | null }> } };

export type LogRetryMutationVariables = Exact<{
  id: string;
}>;


export type LogRetryMutation = { jobRetry: { job:
      | { id: string, databaseId: string }
      | { id: string, databaseId: string }
     | null, errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type LogPlayMutationVariables = Exact<{
  id: string;
}>;


export type LogPlayMutation = { jobPlay: { job:
      | { id: string }
      | { id: string }
     | null, errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type LogCancelMutationVariables = Exact<{
  id: string;
  force: boolean;
}>;


export type LogCancelMutation = { jobCancel: { job:
      | { id: string }
      | { id: string }
     | null, errors: Array<
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
      | { message: string }
    > } | null };

export type JobOfLogFragment = { id: string, databaseId: string, name: string | null, complete: boolean, startedAt: string | null, finishedAt: string | null, duration: number | null, queuedDuration: number | null, detailedStatus: { group: string, text: string, action: CiJobAction | null }, runner: { databaseId: string, description: string | null } | null };

export type PipelinesQueryVariables = Exact<{
  project: string;
  after?: string | null | undefined;
  ref?: string | null | undefined;
  status?: CiJobStatus | null | undefined;
  source?: string | null | undefined;
}>;


export type PipelinesQuery = { project: { pipelines: { nodes: Array<{ databaseId: string, name: string | null, ref: string | null, sha: string | null, source: string | null, createdAt: string | null, updatedAt: string | null, detailedStatus: { group: string, text: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type PipelineStagesQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type PipelineStagesQuery = { pipeline: { board: { stages: Array<{ name: string, detailedStatus: { group: string, text: string } }> } | null } | null };

export type StatisticsQueryVariables = Exact<{
  project: string;
}>;


export type StatisticsQuery = { project: { jobStats: { jobCount: number, pipelineCount: number, from: string | null, to: string | null, complete: boolean, byName: Array<{ name: string, stage: string | null, runs: number, succeeded: number, failed: number, canceled: number, failureRate: number | null, flaky: number, medianDuration: number | null, p95Duration: number | null, p95Queued: number | null, lastFailedAt: string | null, lastRun: { databaseId: string, detailedStatus: { group: string, tooltip: string } } | null }> } | null } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const BulkOutcomeFragmentDoc = new TypedDocumentString(`
    fragment BulkOutcome on JobsActionPayload {
  done
  refused
  notTried
  unknown
  results {
    outcome
    errors {
      message
    }
  }
  errors {
    message
  }
}
    `, {"fragmentName":"BulkOutcome"}) as unknown as TypedDocumentString<BulkOutcomeFragment, unknown>;
export const PipelineOnBoardFragmentDoc = new TypedDocumentString(`
    fragment PipelineOnBoard on Pipeline {
  id
  databaseId
  name
  ref
  sha
  source
  webUrl
  createdAt
  startedAt
  finishedAt
  duration
  active
  complete
  user {
    username
  }
  detailedStatus {
    group
    text
    action
  }
  board(maxJobs: 2000) {
    jobCount
    statusCounts {
      status
      count
    }
    stages {
      name
      manualCount
      detailedStatus {
        group
        text
      }
      groups {
        name
        detailedStatus {
          group
          text
        }
        jobs {
          id
        }
      }
    }
    timeline {
      elapsed
      running
      queued
      idle
      criticalPath {
        job {
          id
        }
      }
    }
    gaps {
      message
    }
  }
}
    `, {"fragmentName":"PipelineOnBoard"}) as unknown as TypedDocumentString<PipelineOnBoardFragment, unknown>;
export const AttemptOnBoardFragmentDoc = new TypedDocumentString(`
    fragment AttemptOnBoard on CiJob {
  id
  databaseId
  detailedStatus {
    group
    text
    tooltip
    action
  }
  queuedAt
  startedAt
  finishedAt
  duration
  queuedDuration
}
    `, {"fragmentName":"AttemptOnBoard"}) as unknown as TypedDocumentString<AttemptOnBoardFragment, unknown>;
export const JobOnBoardFragmentDoc = new TypedDocumentString(`
    fragment JobOnBoard on CiJob {
  kind
  name
  status
  active
  ...AttemptOnBoard
  attempts {
    ...AttemptOnBoard
  }
  ... on Bridge {
    downstreamPipeline {
      id
      databaseId
      createdAt
      updatedAt
      complete
      detailedStatus {
        group
        text
      }
      project {
        fullPath
      }
    }
  }
}
    fragment AttemptOnBoard on CiJob {
  id
  databaseId
  detailedStatus {
    group
    text
    tooltip
    action
  }
  queuedAt
  startedAt
  finishedAt
  duration
  queuedDuration
}`, {"fragmentName":"JobOnBoard"}) as unknown as TypedDocumentString<JobOnBoardFragment, unknown>;
export const PipelineOnTileFragmentDoc = new TypedDocumentString(`
    fragment PipelineOnTile on Pipeline {
  databaseId
  ref
  source
  createdAt
  detailedStatus {
    group
    text
  }
}
    `, {"fragmentName":"PipelineOnTile"}) as unknown as TypedDocumentString<PipelineOnTileFragment, unknown>;
export const JobOnTileFragmentDoc = new TypedDocumentString(`
    fragment JobOnTile on Job {
  databaseId
  name
  status
  retried
  detailedStatus {
    group
    text
    tooltip
  }
}
    `, {"fragmentName":"JobOnTile"}) as unknown as TypedDocumentString<JobOnTileFragment, unknown>;
export const JobOfLogFragmentDoc = new TypedDocumentString(`
    fragment JobOfLog on Job {
  id
  databaseId
  name
  complete
  startedAt
  finishedAt
  duration
  queuedDuration
  detailedStatus {
    group
    text
    action
  }
  runner {
    databaseId
    description
  }
}
    `, {"fragmentName":"JobOfLog"}) as unknown as TypedDocumentString<JobOfLogFragment, unknown>;
export const ResourceDocument = new TypedDocumentString(`
    query Resource($url: String!) {
  resource(url: $url) {
    ... on Job {
      databaseId
      project {
        fullPath
      }
    }
    ... on Pipeline {
      databaseId
      project {
        fullPath
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ResourceQuery, ResourceQueryVariables>;
export const RetryJobDocument = new TypedDocumentString(`
    mutation RetryJob($id: ID!) {
  payload: jobRetry(input: {id: $id}) {
    errors {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RetryJobMutation, RetryJobMutationVariables>;
export const PlayJobDocument = new TypedDocumentString(`
    mutation PlayJob($id: ID!) {
  payload: jobPlay(input: {id: $id}) {
    errors {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PlayJobMutation, PlayJobMutationVariables>;
export const CancelJobDocument = new TypedDocumentString(`
    mutation CancelJob($id: ID!) {
  payload: jobCancel(input: {id: $id}) {
    errors {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CancelJobMutation, CancelJobMutationVariables>;
export const ForceCancelJobDocument = new TypedDocumentString(`
    mutation ForceCancelJob($id: ID!) {
  payload: jobCancel(input: {id: $id, force: true}) {
    errors {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ForceCancelJobMutation, ForceCancelJobMutationVariables>;
export const RetryPipelineDocument = new TypedDocumentString(`
    mutation RetryPipeline($id: ID!) {
  payload: pipelineRetry(input: {id: $id}) {
    errors {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RetryPipelineMutation, RetryPipelineMutationVariables>;
export const CancelPipelineDocument = new TypedDocumentString(`
    mutation CancelPipeline($id: ID!) {
  payload: pipelineCancel(input: {id: $id}) {
    errors {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CancelPipelineMutation, CancelPipelineMutationVariables>;
export const RetryFailedJobsDocument = new TypedDocumentString(`
    mutation RetryFailedJobs($id: ID!) {
  payload: jobsRetry(input: {pipeline: {id: $id, statuses: [FAILED]}, max: 40}) {
    ...BulkOutcome
  }
}
    fragment BulkOutcome on JobsActionPayload {
  done
  refused
  notTried
  unknown
  results {
    outcome
    errors {
      message
    }
  }
  errors {
    message
  }
}`) as unknown as TypedDocumentString<RetryFailedJobsMutation, RetryFailedJobsMutationVariables>;
export const PlayStageDocument = new TypedDocumentString(`
    mutation PlayStage($id: ID!, $stage: String!) {
  payload: jobsPlay(
    input: {pipeline: {id: $id, stage: $stage, statuses: [MANUAL, SCHEDULED]}, max: 40}
  ) {
    ...BulkOutcome
  }
}
    fragment BulkOutcome on JobsActionPayload {
  done
  refused
  notTried
  unknown
  results {
    outcome
    errors {
      message
    }
  }
  errors {
    message
  }
}`) as unknown as TypedDocumentString<PlayStageMutation, PlayStageMutationVariables>;
export const BoardDocument = new TypedDocumentString(`
    query Board($project: ID!, $id: ID!) {
  pipeline(project: $project, id: $id) {
    ...PipelineOnBoard
    board(maxJobs: 2000) {
      stages {
        groups {
          jobs {
            ...JobOnBoard
          }
        }
      }
    }
  }
}
    fragment PipelineOnBoard on Pipeline {
  id
  databaseId
  name
  ref
  sha
  source
  webUrl
  createdAt
  startedAt
  finishedAt
  duration
  active
  complete
  user {
    username
  }
  detailedStatus {
    group
    text
    action
  }
  board(maxJobs: 2000) {
    jobCount
    statusCounts {
      status
      count
    }
    stages {
      name
      manualCount
      detailedStatus {
        group
        text
      }
      groups {
        name
        detailedStatus {
          group
          text
        }
        jobs {
          id
        }
      }
    }
    timeline {
      elapsed
      running
      queued
      idle
      criticalPath {
        job {
          id
        }
      }
    }
    gaps {
      message
    }
  }
}
fragment JobOnBoard on CiJob {
  kind
  name
  status
  active
  ...AttemptOnBoard
  attempts {
    ...AttemptOnBoard
  }
  ... on Bridge {
    downstreamPipeline {
      id
      databaseId
      createdAt
      updatedAt
      complete
      detailedStatus {
        group
        text
      }
      project {
        fullPath
      }
    }
  }
}
fragment AttemptOnBoard on CiJob {
  id
  databaseId
  detailedStatus {
    group
    text
    tooltip
    action
  }
  queuedAt
  startedAt
  finishedAt
  duration
  queuedDuration
}`) as unknown as TypedDocumentString<BoardQuery, BoardQueryVariables>;
export const BoardUpdatesDocument = new TypedDocumentString(`
    subscription BoardUpdates($id: ID!) {
  pipelineUpdated(id: $id) {
    pipeline {
      ...PipelineOnBoard
    }
    changedJobs {
      ...JobOnBoard
    }
  }
}
    fragment PipelineOnBoard on Pipeline {
  id
  databaseId
  name
  ref
  sha
  source
  webUrl
  createdAt
  startedAt
  finishedAt
  duration
  active
  complete
  user {
    username
  }
  detailedStatus {
    group
    text
    action
  }
  board(maxJobs: 2000) {
    jobCount
    statusCounts {
      status
      count
    }
    stages {
      name
      manualCount
      detailedStatus {
        group
        text
      }
      groups {
        name
        detailedStatus {
          group
          text
        }
        jobs {
          id
        }
      }
    }
    timeline {
      elapsed
      running
      queued
      idle
      criticalPath {
        job {
          id
        }
      }
    }
    gaps {
      message
    }
  }
}
fragment JobOnBoard on CiJob {
  kind
  name
  status
  active
  ...AttemptOnBoard
  attempts {
    ...AttemptOnBoard
  }
  ... on Bridge {
    downstreamPipeline {
      id
      databaseId
      createdAt
      updatedAt
      complete
      detailedStatus {
        group
        text
      }
      project {
        fullPath
      }
    }
  }
}
fragment AttemptOnBoard on CiJob {
  id
  databaseId
  detailedStatus {
    group
    text
    tooltip
    action
  }
  queuedAt
  startedAt
  finishedAt
  duration
  queuedDuration
}`) as unknown as TypedDocumentString<BoardUpdatesSubscription, BoardUpdatesSubscriptionVariables>;
export const JobPanelDocument = new TypedDocumentString(`
    query JobPanel($project: ID!, $id: ID!) {
  job(project: $project, id: $id) {
    id
    name
    stage
    complete
    webUrl
    queuedDuration
    startedAt
    finishedAt
    duration
    runner {
      description
    }
    detailedStatus {
      group
      text
    }
    failure {
      message
      retryHelps
      log {
        command
        exitCode
        errors {
          number
          text
        }
      }
    }
    trace {
      byteSize
      lines(last: 100) {
        nodes {
          number
          text
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<JobPanelQuery, JobPanelQueryVariables>;
export const JobPanelLogDocument = new TypedDocumentString(`
    subscription JobPanelLog($id: ID!, $afterByte: BigInt) {
  jobTraceAppended(id: $id, afterByte: $afterByte) {
    endByte
    startByte
    lineCount
    complete
    lines {
      number
      text
    }
  }
}
    `) as unknown as TypedDocumentString<JobPanelLogSubscription, JobPanelLogSubscriptionVariables>;
export const DashboardDocument = new TypedDocumentString(`
    query Dashboard($projects: [ID!]!, $ref: String) {
  projects(fullPaths: $projects) {
    fullPath
    pipelines(first: 1, ref: $ref) {
      nodes {
        ...PipelineOnTile
        jobs(first: 100) {
          nodes {
            ...JobOnTile
          }
          pageInfo {
            hasNextPage
          }
        }
      }
    }
  }
}
    fragment PipelineOnTile on Pipeline {
  databaseId
  ref
  source
  createdAt
  detailedStatus {
    group
    text
  }
}
fragment JobOnTile on Job {
  databaseId
  name
  status
  retried
  detailedStatus {
    group
    text
    tooltip
  }
}`) as unknown as TypedDocumentString<DashboardQuery, DashboardQueryVariables>;
export const DashboardUpdatesDocument = new TypedDocumentString(`
    subscription DashboardUpdates($projects: [ID!]!) {
  jobsUpdated(projects: $projects) {
    changedJobs {
      ...JobOnTile
      createdAt
      startedAt
      finishedAt
      duration
      project {
        fullPath
      }
      pipeline {
        ...PipelineOnTile
      }
    }
    unread {
      project
      code
      message
    }
  }
}
    fragment PipelineOnTile on Pipeline {
  databaseId
  ref
  source
  createdAt
  detailedStatus {
    group
    text
  }
}
fragment JobOnTile on Job {
  databaseId
  name
  status
  retried
  detailedStatus {
    group
    text
    tooltip
  }
}`) as unknown as TypedDocumentString<DashboardUpdatesSubscription, DashboardUpdatesSubscriptionVariables>;
export const LogDocument = new TypedDocumentString(`
    query Log($project: ID!, $id: ID!, $errorWords: [String!]!) {
  job(project: $project, id: $id) {
    ...JobOfLog
    stage
    ref
    erasedAt
    commit {
      shortId
      title
    }
    pipeline {
      id
      databaseId
    }
    artifactsFile {
      filename
      downloadUrl
    }
    attempts {
      id
      databaseId
      detailedStatus {
        group
        text
      }
    }
    failure {
      message
      retryHelps
      log {
        section
        command
        exitCode
        errors {
          number
          html
        }
      }
    }
    trace {
      byteSize
      truncated
      text(format: HTML)
      lines(first: 1) {
        totalCount
        nodes {
          number
        }
      }
      sections(first: 10000) {
        name
        duration
        collapsed
        firstLine
        lastLine
      }
      search(anyOf: $errorWords, context: 0, first: 100) {
        matchCount
        excerpts {
          matchedNumbers
        }
      }
    }
  }
}
    fragment JobOfLog on Job {
  id
  databaseId
  name
  complete
  startedAt
  finishedAt
  duration
  queuedDuration
  detailedStatus {
    group
    text
    action
  }
  runner {
    databaseId
    description
  }
}`) as unknown as TypedDocumentString<LogQuery, LogQueryVariables>;
export const LogJobDocument = new TypedDocumentString(`
    subscription LogJob($id: ID!) {
  jobUpdated(id: $id) {
    ...JobOfLog
  }
}
    fragment JobOfLog on Job {
  id
  databaseId
  name
  complete
  startedAt
  finishedAt
  duration
  queuedDuration
  detailedStatus {
    group
    text
    action
  }
  runner {
    databaseId
    description
  }
}`) as unknown as TypedDocumentString<LogJobSubscription, LogJobSubscriptionVariables>;
export const LogLinesDocument = new TypedDocumentString(`
    subscription LogLines($id: ID!, $afterByte: BigInt!) {
  jobTraceAppended(id: $id, afterByte: $afterByte) {
    startByte
    endByte
    lineCount
    complete
    lines {
      number
      html
      section
    }
  }
}
    `) as unknown as TypedDocumentString<LogLinesSubscription, LogLinesSubscriptionVariables>;
export const LogRetryDocument = new TypedDocumentString(`
    mutation LogRetry($id: ID!) {
  jobRetry(input: {id: $id}) {
    job {
      id
      databaseId
    }
    errors {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<LogRetryMutation, LogRetryMutationVariables>;
export const LogPlayDocument = new TypedDocumentString(`
    mutation LogPlay($id: ID!) {
  jobPlay(input: {id: $id}) {
    job {
      id
    }
    errors {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<LogPlayMutation, LogPlayMutationVariables>;
export const LogCancelDocument = new TypedDocumentString(`
    mutation LogCancel($id: ID!, $force: Boolean!) {
  jobCancel(input: {id: $id, force: $force}) {
    job {
      id
    }
    errors {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<LogCancelMutation, LogCancelMutationVariables>;
export const PipelinesDocument = new TypedDocumentString(`
    query Pipelines($project: ID!, $after: String, $ref: String, $status: CiJobStatus, $source: String) {
  project(fullPath: $project) {
    pipelines(first: 20, after: $after, ref: $ref, status: $status, source: $source) {
      nodes {
        databaseId
        name
        ref
        sha
        source
        createdAt
        updatedAt
        detailedStatus {
          group
          text
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PipelinesQuery, PipelinesQueryVariables>;
export const PipelineStagesDocument = new TypedDocumentString(`
    query PipelineStages($project: ID!, $id: ID!) {
  pipeline(project: $project, id: $id) {
    board {
      stages {
        name
        detailedStatus {
          group
          text
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PipelineStagesQuery, PipelineStagesQueryVariables>;
export const StatisticsDocument = new TypedDocumentString(`
    query Statistics($project: ID!) {
  project(fullPath: $project) {
    jobStats(last: 500) {
      jobCount
      pipelineCount
      from
      to
      complete
      byName {
        name
        stage
        runs
        succeeded
        failed
        canceled
        failureRate
        flaky
        medianDuration
        p95Duration
        p95Queued
        lastFailedAt
        lastRun {
          databaseId
          detailedStatus {
            group
            tooltip
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<StatisticsQuery, StatisticsQueryVariables>;