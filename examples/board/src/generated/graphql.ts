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