/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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
  /** Did not run, because an earlier job failed or it was not needed. */
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

export type BoardQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type BoardQuery = { pipeline: { name: string | null, duration: number | null, id: string, databaseId: string, ref: string | null, sha: string | null, source: string | null, webUrl: string | null, createdAt: string | null, complete: boolean, user: { username: string | null } | null, downstream: Array<{ bridge: { id: string }, pipeline: { id: string, databaseId: string, webUrl: string | null, detailedStatus: { group: string, text: string }, project: { fullPath: string } } }> | null, detailedStatus: { group: string, text: string, action: CiJobAction | null }, board: { jobCount: number, statusCounts: Array<{ status: CiJobStatus, count: number }>, stages: Array<{ name: string, manualCount: number, detailedStatus: { group: string, text: string }, groups: Array<{ name: string, size: number, detailedStatus: { group: string }, jobs: Array<
            | { id: string, databaseId: string, kind: CiJobKind, name: string | null, duration: number | null, startedAt: string | null, finishedAt: string | null, webUrl: string | null, detailedStatus: { group: string, tooltip: string, action: CiJobAction | null }, attempts: Array<
                | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
                | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
              > | null }
            | { id: string, databaseId: string, kind: CiJobKind, name: string | null, duration: number | null, startedAt: string | null, finishedAt: string | null, webUrl: string | null, detailedStatus: { group: string, tooltip: string, action: CiJobAction | null }, attempts: Array<
                | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
                | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
              > | null }
          > }> }>, gaps: Array<{ message: string }> } | null } | null };

export type BoardUpdatesSubscriptionVariables = Exact<{
  id: string;
}>;


export type BoardUpdatesSubscription = { pipelineUpdated: { pipeline: { id: string, databaseId: string, ref: string | null, sha: string | null, source: string | null, webUrl: string | null, createdAt: string | null, complete: boolean, detailedStatus: { group: string, text: string, action: CiJobAction | null }, board: { jobCount: number, statusCounts: Array<{ status: CiJobStatus, count: number }>, stages: Array<{ name: string, manualCount: number, detailedStatus: { group: string, text: string }, groups: Array<{ name: string, size: number, detailedStatus: { group: string }, jobs: Array<
              | { id: string, databaseId: string, kind: CiJobKind, name: string | null, duration: number | null, startedAt: string | null, finishedAt: string | null, webUrl: string | null, detailedStatus: { group: string, tooltip: string, action: CiJobAction | null }, attempts: Array<
                  | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
                  | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
                > | null }
              | { id: string, databaseId: string, kind: CiJobKind, name: string | null, duration: number | null, startedAt: string | null, finishedAt: string | null, webUrl: string | null, detailedStatus: { group: string, tooltip: string, action: CiJobAction | null }, attempts: Array<
                  | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
                  | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
                > | null }
            > }> }>, gaps: Array<{ message: string }> } | null } } };

export type RetryJobMutationVariables = Exact<{
  id: string;
}>;


export type RetryJobMutation = { jobRetry: { job:
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

export type PipelineOnBoardFragment = { id: string, databaseId: string, ref: string | null, sha: string | null, source: string | null, webUrl: string | null, createdAt: string | null, complete: boolean, detailedStatus: { group: string, text: string, action: CiJobAction | null }, board: { jobCount: number, statusCounts: Array<{ status: CiJobStatus, count: number }>, stages: Array<{ name: string, manualCount: number, detailedStatus: { group: string, text: string }, groups: Array<{ name: string, size: number, detailedStatus: { group: string }, jobs: Array<
          | { id: string, databaseId: string, kind: CiJobKind, name: string | null, duration: number | null, startedAt: string | null, finishedAt: string | null, webUrl: string | null, detailedStatus: { group: string, tooltip: string, action: CiJobAction | null }, attempts: Array<
              | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
              | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
            > | null }
          | { id: string, databaseId: string, kind: CiJobKind, name: string | null, duration: number | null, startedAt: string | null, finishedAt: string | null, webUrl: string | null, detailedStatus: { group: string, tooltip: string, action: CiJobAction | null }, attempts: Array<
              | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
              | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
            > | null }
        > }> }>, gaps: Array<{ message: string }> } | null };

type JobOnBoard_Bridge_Fragment = { id: string, databaseId: string, kind: CiJobKind, name: string | null, duration: number | null, startedAt: string | null, finishedAt: string | null, webUrl: string | null, detailedStatus: { group: string, tooltip: string, action: CiJobAction | null }, attempts: Array<
    | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
    | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
  > | null };

type JobOnBoard_Job_Fragment = { id: string, databaseId: string, kind: CiJobKind, name: string | null, duration: number | null, startedAt: string | null, finishedAt: string | null, webUrl: string | null, detailedStatus: { group: string, tooltip: string, action: CiJobAction | null }, attempts: Array<
    | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
    | { id: string, databaseId: string, detailedStatus: { group: string, text: string } }
  > | null };

export type JobOnBoardFragment =
  | JobOnBoard_Bridge_Fragment
  | JobOnBoard_Job_Fragment
;

export type DashboardQueryVariables = Exact<{
  projects: Array<string> | string;
  ref?: string | null | undefined;
}>;


export type DashboardQuery = { projects: Array<{ fullPath: string, pipelines: { nodes: Array<{ databaseId: string, ref: string | null, source: string | null, createdAt: string | null, jobs: { nodes: Array<{ databaseId: string, name: string | null, status: CiJobStatus, retried: boolean | null, detailedStatus: { group: string, text: string, tooltip: string } }> } | null, detailedStatus: { group: string, text: string } }> } | null } | null> };

export type DashboardUpdatesSubscriptionVariables = Exact<{
  projects: Array<string> | string;
}>;


export type DashboardUpdatesSubscription = { jobsUpdated: { changedJobs: Array<{ createdAt: string | null, startedAt: string | null, finishedAt: string | null, duration: number | null, databaseId: string, name: string | null, status: CiJobStatus, retried: boolean | null, project: { fullPath: string }, pipeline: { databaseId: string, ref: string | null, source: string | null, createdAt: string | null, detailedStatus: { group: string, text: string } } | null, detailedStatus: { group: string, text: string, tooltip: string } }>, unread: Array<{ project: string, code: string, message: string }> } };

export type PipelineOnTileFragment = { databaseId: string, ref: string | null, source: string | null, createdAt: string | null, detailedStatus: { group: string, text: string } };

export type JobOnTileFragment = { databaseId: string, name: string | null, status: CiJobStatus, retried: boolean | null, detailedStatus: { group: string, text: string, tooltip: string } };

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
export const JobOnBoardFragmentDoc = new TypedDocumentString(`
    fragment JobOnBoard on CiJob {
  id
  databaseId
  kind
  name
  duration
  startedAt
  finishedAt
  webUrl
  detailedStatus {
    group
    tooltip
    action
  }
  attempts {
    id
    databaseId
    detailedStatus {
      group
      text
    }
  }
}
    `, {"fragmentName":"JobOnBoard"}) as unknown as TypedDocumentString<JobOnBoardFragment, unknown>;
export const PipelineOnBoardFragmentDoc = new TypedDocumentString(`
    fragment PipelineOnBoard on Pipeline {
  id
  databaseId
  ref
  sha
  source
  webUrl
  createdAt
  complete
  detailedStatus {
    group
    text
    action
  }
  board {
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
        size
        detailedStatus {
          group
        }
        jobs {
          ...JobOnBoard
        }
      }
    }
    gaps {
      message
    }
  }
}
    fragment JobOnBoard on CiJob {
  id
  databaseId
  kind
  name
  duration
  startedAt
  finishedAt
  webUrl
  detailedStatus {
    group
    tooltip
    action
  }
  attempts {
    id
    databaseId
    detailedStatus {
      group
      text
    }
  }
}`, {"fragmentName":"PipelineOnBoard"}) as unknown as TypedDocumentString<PipelineOnBoardFragment, unknown>;
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
export const BoardDocument = new TypedDocumentString(`
    query Board($project: ID!, $id: ID!) {
  pipeline(project: $project, id: $id) {
    ...PipelineOnBoard
    name
    duration
    user {
      username
    }
    downstream {
      bridge {
        id
      }
      pipeline {
        id
        databaseId
        webUrl
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
}
    fragment PipelineOnBoard on Pipeline {
  id
  databaseId
  ref
  sha
  source
  webUrl
  createdAt
  complete
  detailedStatus {
    group
    text
    action
  }
  board {
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
        size
        detailedStatus {
          group
        }
        jobs {
          ...JobOnBoard
        }
      }
    }
    gaps {
      message
    }
  }
}
fragment JobOnBoard on CiJob {
  id
  databaseId
  kind
  name
  duration
  startedAt
  finishedAt
  webUrl
  detailedStatus {
    group
    tooltip
    action
  }
  attempts {
    id
    databaseId
    detailedStatus {
      group
      text
    }
  }
}`) as unknown as TypedDocumentString<BoardQuery, BoardQueryVariables>;
export const BoardUpdatesDocument = new TypedDocumentString(`
    subscription BoardUpdates($id: ID!) {
  pipelineUpdated(id: $id) {
    pipeline {
      ...PipelineOnBoard
    }
  }
}
    fragment PipelineOnBoard on Pipeline {
  id
  databaseId
  ref
  sha
  source
  webUrl
  createdAt
  complete
  detailedStatus {
    group
    text
    action
  }
  board {
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
        size
        detailedStatus {
          group
        }
        jobs {
          ...JobOnBoard
        }
      }
    }
    gaps {
      message
    }
  }
}
fragment JobOnBoard on CiJob {
  id
  databaseId
  kind
  name
  duration
  startedAt
  finishedAt
  webUrl
  detailedStatus {
    group
    tooltip
    action
  }
  attempts {
    id
    databaseId
    detailedStatus {
      group
      text
    }
  }
}`) as unknown as TypedDocumentString<BoardUpdatesSubscription, BoardUpdatesSubscriptionVariables>;
export const RetryJobDocument = new TypedDocumentString(`
    mutation RetryJob($id: ID!) {
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
    `) as unknown as TypedDocumentString<RetryJobMutation, RetryJobMutationVariables>;
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