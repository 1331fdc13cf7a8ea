/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import { TypedDocumentString } from './document.ts';
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

/** A part of a board that can be missing. */
export type BoardPart =
  /** All trigger jobs. */
  | 'BRIDGES'
  /** Some jobs or trigger jobs: the oldest, if there are more than `maxJobs`, or those of a page that could not be read from GitLab. */
  | 'MORE_JOBS';

/** The value of one of the job’s `inputs` (GitLab 18.10 and later). */
export type CiInputInput = {
  /** The input’s name. */
  name: string;
  /** A string, number, boolean or array, as the input declares. */
  value: unknown;
};

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

/** The projects that a runner serves. */
export type CiRunnerType =
  /** The projects of one group. */
  | 'GROUP_TYPE'
  /** All projects of the instance. */
  | 'INSTANCE_TYPE'
  /** Selected projects. */
  | 'PROJECT_TYPE'
  /** A type that this schema does not know. */
  | 'UNKNOWN';

/** A CI/CD variable for one run of a manual job. */
export type CiVariableInput = {
  /** The name of the variable, such as "DEPLOY_TO". */
  key: string;
  /** The value of the variable. */
  value: string;
};

/** The kind of the cause of a failure. */
export type FailureCategory =
  /** Something that the job needs is missing, such as artifacts. */
  | 'DEPENDENCY'
  /** The deployment was not allowed. */
  | 'DEPLOYMENT'
  /** The downstream pipeline could not be created. */
  | 'DOWNSTREAM'
  /** GitLab failed. A retry may help. */
  | 'GITLAB'
  /** A limit was reached, such as the compute minutes. */
  | 'LIMIT'
  /** A user or the project lacks a permission. */
  | 'PERMISSION'
  /** No runner took the job in time. */
  | 'QUEUE'
  /** The runner failed, not the script. A retry may help. */
  | 'RUNNER'
  /** The script of the job ended with an error. */
  | 'SCRIPT'
  /** The job ran longer than it may. */
  | 'TIMEOUT'
  /** No reason, or one that this schema does not know. */
  | 'UNKNOWN';

/** The job to cancel. */
export type JobCancelInput = {
  /** Returned unchanged in the payload. */
  clientMutationId?: string | null | undefined;
  /** Ends a job that remains in CANCELING. Requires the maintainer role; has no effect in other states. Servers before GitLab 18.5 ignore it and cancel normally. */
  force?: boolean | null | undefined;
  /** The global id of a Job or a Bridge. */
  id: string;
};

/** The job whose log and artifacts are deleted. */
export type JobEraseInput = {
  /** Returned unchanged in the payload. */
  clientMutationId?: string | null | undefined;
  /** The global id of a Job or a Bridge. */
  id: string;
};

/** The manual or delayed job to start. */
export type JobPlayInput = {
  /** Returned unchanged in the payload. */
  clientMutationId?: string | null | undefined;
  /** The global id of a Job or a Bridge. */
  id: string;
  /** Values for the job’s `inputs` (GitLab 18.10 and later; ignored before). */
  inputs?: Array<CiInputInput> | null | undefined;
  /** Variables for this run only. */
  variables?: Array<CiVariableInput> | null | undefined;
};

/** The job to retry. */
export type JobRetryInput = {
  /** Returned unchanged in the payload. */
  clientMutationId?: string | null | undefined;
  /** The global id of a Job or a Bridge. */
  id: string;
  /** New values for the job’s `inputs` (GitLab 18.10 and later; ignored before). */
  inputs?: Array<CiInputInput> | null | undefined;
};

/** The jobs to act on. Set exactly one of `ids` and `pipeline`. */
export type JobsActionInput = {
  /** Returned unchanged in the payload. */
  clientMutationId?: string | null | undefined;
  /** Only says which jobs would be acted on: their outcome is PLANNED. */
  dryRun?: boolean | null | undefined;
  /** Global ids of a Job or Bridge each, in the order to act on them. Not together with `pipeline`. */
  ids?: Array<string> | null | undefined;
  /** The maximum number of jobs (1 to 100). If more are chosen, nothing is done. */
  max?: number | null | undefined;
  /** Which jobs of a pipeline. Not together with `ids`. */
  pipeline?: JobsOfPipelineInput | null | undefined;
};

/** The jobs of a pipeline that fit all conditions and for which the action makes sense. Only the newest attempt of each job is considered. The order is that of the stages, then by name. */
export type JobsOfPipelineInput = {
  /** Only jobs whose `groupName` is one of these: "unit" for "unit 2/5". */
  groupNames?: Array<string> | null | undefined;
  /** The global id of the pipeline. */
  id: string;
  /** Whether jobs that are allowed to fail are among them. */
  includeAllowedToFail?: boolean | null | undefined;
  /** Only jobs with one of these names. */
  names?: Array<string> | null | undefined;
  /** Only jobs of this stage. */
  stage?: string | null | undefined;
  /** Only jobs with one of these statuses. Null or empty: FAILED and CANCELED for a retry, otherwise all. */
  statuses?: Array<CiJobStatus> | null | undefined;
};

/** The pipeline to act on. */
export type PipelineActionInput = {
  /** Returned unchanged in the payload. */
  clientMutationId?: string | null | undefined;
  /** The global id of the pipeline. */
  id: string;
};

export type OneJobQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type OneJobQuery = { job: { id: string, name: string | null, stage: string | null, status: CiJobStatus, failureReason: string | null, createdAt: string | null, duration: number | null, queuedDuration: number | null, webUrl: string | null, commit: { shortId: string | null, title: string | null, authorName: string | null } | null, user: { username: string | null } | null, runner: { description: string | null, runnerType: CiRunnerType | null, status: string | null } | null, artifacts: Array<{ fileType: string, filename: string | null, size: number | string | null }>, pipeline: { id: string, status: CiJobStatus, ref: string | null } | null } | null };

export type NewestJobsQueryVariables = Exact<{
  project: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type NewestJobsQuery = { project: { jobs: { edges: Array<{ node: { id: string, name: string | null, stage: string | null, status: CiJobStatus, ref: string | null, startedAt: string | null, duration: number | null, user: { username: string | null } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type FailedJobsQueryVariables = Exact<{
  project: string;
}>;


export type FailedJobsQuery = { project: { jobs: { nodes: Array<{ id: string, name: string | null, failureReason: string | null, allowFailure: boolean | null, finishedAt: string | null, webUrl: string | null, commit: { shortId: string | null, title: string | null, authorName: string | null } | null }> } | null } | null };

export type PipelineQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type PipelineQuery = { pipeline: { status: CiJobStatus, source: string | null, ref: string | null, duration: number | null, jobs: { totalCount: number | null, nodes: Array<{ name: string | null, stage: string | null, status: CiJobStatus, duration: number | null }> } | null, bridges: { nodes: Array<{ name: string | null, status: CiJobStatus, downstreamPipeline: { id: string, projectId: string, status: CiJobStatus, webUrl: string | null } | null }> } | null } | null };

export type JobScreenQueryVariables = Exact<{
  project: string;
}>;


export type JobScreenQuery = { project: { jobs: { nodes: Array<{ name: string | null, status: CiJobStatus, duration: number | null, pipeline: { iid: string | null, status: CiJobStatus, duration: number | null, user: { username: string | null } | null } | null }> } | null } | null };

export type JobLogQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type JobLogQuery = { job: { trace: { byteSize: number | string, sections: Array<{ name: string, header: string | null, duration: number | null, firstLine: number, lastLine: number | null }>, lines: { totalCount: number, nodes: Array<{ number: number, section: string | null, text: string, html: string }> } } | null } | null };

export type ByWebAddressQueryVariables = Exact<{
  url: string;
}>;


export type ByWebAddressQuery = { resource:
    | { __typename: 'Bridge', id: string }
    | { __typename: 'Job', name: string | null, status: CiJobStatus, failureReason: string | null, id: string }
    | { __typename: 'Pipeline', status: CiJobStatus, ref: string | null, duration: number | null, id: string }
    | { __typename: 'Project', id: string }
   | null };

export type ByIdQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type ByIdQuery = { nodes: Array<
    | { kind: CiJobKind, name: string | null, status: CiJobStatus, failureReason: string | null, duration: number | null, id: string, downstreamPipeline: { status: CiJobStatus } | null }
    | { kind: CiJobKind, name: string | null, status: CiJobStatus, failureReason: string | null, duration: number | null, id: string }
    | { id: string }
    | { id: string }
   | null> };

export type JobBoardQueryVariables = Exact<{
  projects: Array<string> | string;
}>;


export type JobBoardQuery = { projects: Array<{ fullPath: string, jobs: { nodes: Array<{ name: string | null, status: CiJobStatus, ref: string | null, createdAt: string | null, webUrl: string | null }> } | null } | null> };

export type CurrentJobQueryVariables = Exact<{ [key: string]: never; }>;


export type CurrentJobQuery = { currentJob: { id: string, name: string | null, status: CiJobStatus, project: { fullPath: string } } | null, allowedAgents: { rolesInProject: Array<string> | null, agents: Array<{ databaseId: string, configuration: unknown, configProject: { fullPath: string | null } | null }>, environment: { slug: string | null, tier: string | null } | null } | null };

export type RetryJobMutationVariables = Exact<{
  input: JobRetryInput;
}>;


export type RetryJobMutation = { jobRetry: { retriedJobId: string | null, job:
      | { id: string, name: string | null, status: CiJobStatus, webUrl: string | null }
      | { id: string, name: string | null, status: CiJobStatus, webUrl: string | null }
     | null, errors: Array<
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
    > } | null };

export type CancelJobMutationVariables = Exact<{
  input: JobCancelInput;
}>;


export type CancelJobMutation = { jobCancel: { canceled: boolean, job:
      | { id: string, name: string | null, status: CiJobStatus, finishedAt: string | null }
      | { id: string, name: string | null, status: CiJobStatus, finishedAt: string | null }
     | null, errors: Array<
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
    > } | null };

export type PlayJobMutationVariables = Exact<{
  input: JobPlayInput;
}>;


export type PlayJobMutation = { jobPlay: { job:
      | { id: string, name: string | null, status: CiJobStatus, webUrl: string | null }
      | { id: string, name: string | null, status: CiJobStatus, webUrl: string | null }
     | null, errors: Array<
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
    > } | null };

export type EraseJobMutationVariables = Exact<{
  input: JobEraseInput;
}>;


export type EraseJobMutation = { jobErase: { job: { id: string, name: string | null, erasedAt: string | null, artifacts: Array<{ filename: string | null }> } | null, errors: Array<
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
    > } | null };

export type FollowJobSubscriptionVariables = Exact<{
  id: string;
}>;


export type FollowJobSubscription = { jobUpdated: { id: string, name: string | null, status: CiJobStatus, duration: number | null, finishedAt: string | null, pipeline: { id: string, status: CiJobStatus } | null } };

export type TailLogSubscriptionVariables = Exact<{
  id: string;
  afterByte?: number | string | null | undefined;
}>;


export type TailLogSubscription = { jobTraceAppended: { text: string, startByte: number | string, endByte: number | string, complete: boolean } };

export type FollowPipelineSubscriptionVariables = Exact<{
  id: string;
}>;


export type FollowPipelineSubscription = { pipelineUpdated: { pipeline: { id: string, status: CiJobStatus }, changedJobs: Array<
      | { id: string, name: string | null, stage: string | null, status: CiJobStatus }
      | { id: string, name: string | null, stage: string | null, status: CiJobStatus }
    > } };

export type PipelinesOfRefQueryVariables = Exact<{
  project: string;
  ref: string;
}>;


export type PipelinesOfRefQuery = { project: { pipelines: { edges: Array<{ node: { id: string, databaseId: string, name: string | null, status: CiJobStatus, source: string | null, sha: string | null, createdAt: string | null, webUrl: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type PipelineBoardQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type PipelineBoardQuery = { pipeline: { detailedStatus: { text: string, action: CiJobAction | null }, board: { jobCount: number, statusCounts: Array<{ status: CiJobStatus, count: number }>, stages: Array<{ name: string, manualCount: number, detailedStatus: { group: string, text: string }, groups: Array<{ name: string, size: number, detailedStatus: { group: string }, jobs: Array<
            | { id: string, name: string | null, kind: CiJobKind, duration: number | null, detailedStatus: { group: string, tooltip: string, action: CiJobAction | null }, attempts: Array<
                | { databaseId: string, status: CiJobStatus }
                | { databaseId: string, status: CiJobStatus }
              > | null }
            | { id: string, name: string | null, kind: CiJobKind, duration: number | null, detailedStatus: { group: string, tooltip: string, action: CiJobAction | null }, attempts: Array<
                | { databaseId: string, status: CiJobStatus }
                | { databaseId: string, status: CiJobStatus }
              > | null }
          > }> }>, gaps: Array<{ part: BoardPart, message: string }> } | null } | null };

export type FailedJobsOfBoardQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type FailedJobsOfBoardQuery = { pipeline: { board: { failedJobs: Array<
        | { id: string, name: string | null, stage: string | null, allowFailure: boolean | null, failureCategory: FailureCategory | null, failureMessage: string | null, retryable: boolean, webUrl: string | null, attempts: Array<
            | { databaseId: string, status: CiJobStatus }
            | { databaseId: string, status: CiJobStatus }
          > | null }
        | { id: string, name: string | null, stage: string | null, allowFailure: boolean | null, failureCategory: FailureCategory | null, failureMessage: string | null, retryable: boolean, webUrl: string | null, attempts: Array<
            | { databaseId: string, status: CiJobStatus }
            | { databaseId: string, status: CiJobStatus }
          > | null }
      > } | null } | null };

export type PipelineTimelineQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type PipelineTimelineQuery = { pipeline: { board: { timeline: { startedAt: string | null, finishedAt: string | null, elapsed: number | null, running: number | null, queued: number | null, idle: number | null, criticalPath: Array<{ idle: number, queued: number, ran: number, job:
            | { name: string | null, stage: string | null }
            | { name: string | null, stage: string | null }
           }> } } | null } | null };

export type DownstreamPipelinesQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type DownstreamPipelinesQuery = { pipeline: { downstream: Array<{ depth: number, parentId: string, bridge: { name: string | null, stage: string | null }, pipeline: { id: string, projectId: string, webUrl: string | null, detailedStatus: { text: string } }, gap: { message: string } | null }> | null } | null };

export type LiveBoardSubscriptionVariables = Exact<{
  id: string;
}>;


export type LiveBoardSubscription = { pipelineUpdated: { pipeline: { detailedStatus: { text: string, action: CiJobAction | null }, board: { statusCounts: Array<{ status: CiJobStatus, count: number }>, stages: Array<{ name: string, status: CiJobStatus, groups: Array<{ name: string, jobs: Array<
              | { id: string, status: CiJobStatus, attempts: Array<
                  | { databaseId: string, status: CiJobStatus }
                  | { databaseId: string, status: CiJobStatus }
                > | null }
              | { id: string, status: CiJobStatus, attempts: Array<
                  | { databaseId: string, status: CiJobStatus }
                  | { databaseId: string, status: CiJobStatus }
                > | null }
            > }> }> } | null } } };

export type SearchLogQueryVariables = Exact<{
  project: string;
  id: string;
  texts: Array<string> | string;
}>;


export type SearchLogQuery = { job: { trace: { search: { matchCount: number, excerpts: Array<{ section: string | null, matchedNumbers: Array<number>, lines: Array<{ number: number, text: string }> }> } } | null } | null };

export type JobHistoryQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type JobHistoryQuery = { job: { name: string | null, status: CiJobStatus, history: { failuresInARow: number, complete: boolean, firstFailure: { id: string, createdAt: string | null } | null, lastSuccess: { id: string, createdAt: string | null, commit: { shortId: string | null, title: string | null } | null } | null, runs: Array<{ databaseId: string, status: CiJobStatus, duration: number | null }> } | null } | null };

export type JobStatisticsQueryVariables = Exact<{
  project: string;
}>;


export type JobStatisticsQuery = { project: { jobStats: { from: string | null, to: string | null, jobCount: number, pipelineCount: number, complete: boolean, byName: Array<{ name: string, runs: number, failureRate: number | null, flaky: number, retried: number, medianDuration: number | null, p95Duration: number | null, medianQueued: number | null, lastFailedAt: string | null }> } | null } | null };

export type WhyPipelineFailedQueryVariables = Exact<{
  project: string;
  id: string;
}>;


export type WhyPipelineFailedQuery = { pipeline: { board: { failedJobs: Array<
        | { id: string, name: string | null, stage: string | null }
        | { id: string, name: string | null, stage: string | null, failure: { reason: string, category: FailureCategory, message: string, retryHelps: boolean | null, log: { exitCode: number | null, section: string | null, command: string | null, whole: boolean, errors: Array<{ number: number | null, text: string }>, tail: Array<{ number: number | null, html: string }> } | null } | null }
      > } | null } | null };

export type TestsAndArtifactsQueryVariables = Exact<{
  project: string;
  pipeline: string;
  job: string;
  file: string;
}>;


export type TestsAndArtifactsQuery = { pipeline: { testSummary: { total: { count: number, failed: number, time: number | null }, suites: Array<{ name: string | null, suiteError: string | null, counts: { count: number, failed: number } }> } | null } | null, job: { artifactText: string | null, artifactsFile: { filename: string | null, size: number | string | null, downloadUrl: string | null } | null } | null };

export type JobsOfProjectsQueryVariables = Exact<{
  projects: Array<string> | string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type JobsOfProjectsQuery = { jobs: { edges: Array<{ node: { id: string, name: string | null, status: CiJobStatus, ref: string | null, createdAt: string | null, project: { fullPath: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null }, unread: Array<{ project: string, code: string, message: string, retryAfter: number | null }> } | null };

export type PlanRetriesMutationVariables = Exact<{
  input: JobsActionInput;
}>;


export type PlanRetriesMutation = { jobsRetry: { done: number, refused: number, notTried: number, unknown: number, results: Array<{ id: string, name: string | null, outcome: ActionOutcome, job:
        | { id: string, name: string | null, stage: string | null, status: CiJobStatus, failureMessage: string | null }
        | { id: string, name: string | null, stage: string | null, status: CiJobStatus, failureMessage: string | null }
       | null, errors: Array<
        | { code: string, message: string }
        | { code: string, message: string }
        | { code: string, message: string }
        | { code: string, message: string }
        | { code: string, message: string }
        | { code: string, message: string }
        | { code: string, message: string }
        | { code: string, message: string }
        | { code: string, message: string }
      > }>, errors: Array<
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
    > } | null };

export type RetryPipelineMutationVariables = Exact<{
  input: PipelineActionInput;
}>;


export type RetryPipelineMutation = { pipelineRetry: { pipeline: { id: string, status: CiJobStatus } | null, changedJobs: Array<
      | { id: string, name: string | null, stage: string | null, status: CiJobStatus }
      | { id: string, name: string | null, stage: string | null, status: CiJobStatus }
    > | null, errors: Array<
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
      | { code: string, message: string }
    > } | null };

export type FollowJobsOfProjectsSubscriptionVariables = Exact<{
  projects: Array<string> | string;
  first?: number | null | undefined;
}>;


export type FollowJobsOfProjectsSubscription = { jobsUpdated: { changedJobs: Array<{ id: string, name: string | null, status: CiJobStatus, ref: string | null, project: { fullPath: string } }>, unread: Array<{ project: string, code: string, message: string }> } };

export const OneJobDocument = /*#__PURE__*/ new TypedDocumentString(`
    query OneJob($project: ID!, $id: ID!) {
  job(project: $project, id: $id) {
    id
    name
    stage
    status
    failureReason
    createdAt
    duration
    queuedDuration
    webUrl
    commit {
      shortId
      title
      authorName
    }
    user {
      username
    }
    runner {
      description
      runnerType
      status
    }
    artifacts {
      fileType
      filename
      size
    }
    pipeline {
      id
      status
      ref
    }
  }
}
    `) as unknown as TypedDocumentString<OneJobQuery, OneJobQueryVariables>;
export const NewestJobsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query NewestJobs($project: ID!, $first: Int, $after: String) {
  project(fullPath: $project) {
    jobs(first: $first, after: $after) {
      edges {
        node {
          id
          name
          stage
          status
          ref
          startedAt
          duration
          user {
            username
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<NewestJobsQuery, NewestJobsQueryVariables>;
export const FailedJobsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query FailedJobs($project: ID!) {
  project(fullPath: $project) {
    jobs(first: 20, statuses: [FAILED]) {
      nodes {
        id
        name
        failureReason
        allowFailure
        finishedAt
        webUrl
        commit {
          shortId
          title
          authorName
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<FailedJobsQuery, FailedJobsQueryVariables>;
export const PipelineDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Pipeline($project: ID!, $id: ID!) {
  pipeline(project: $project, id: $id) {
    status
    source
    ref
    duration
    jobs(first: 100, includeRetried: true) {
      totalCount
      nodes {
        name
        stage
        status
        duration
      }
    }
    bridges {
      nodes {
        name
        status
        downstreamPipeline {
          id
          projectId
          status
          webUrl
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PipelineQuery, PipelineQueryVariables>;
export const JobScreenDocument = /*#__PURE__*/ new TypedDocumentString(`
    query JobScreen($project: ID!) {
  project(fullPath: $project) {
    jobs(first: 20) {
      nodes {
        name
        status
        duration
        pipeline {
          iid
          status
          duration
          user {
            username
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<JobScreenQuery, JobScreenQueryVariables>;
export const JobLogDocument = /*#__PURE__*/ new TypedDocumentString(`
    query JobLog($project: ID!, $id: ID!) {
  job(project: $project, id: $id) {
    trace {
      byteSize
      sections {
        name
        header
        duration
        firstLine
        lastLine
      }
      lines(last: 12) {
        totalCount
        nodes {
          number
          section
          text
          html
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<JobLogQuery, JobLogQueryVariables>;
export const ByWebAddressDocument = /*#__PURE__*/ new TypedDocumentString(`
    query ByWebAddress($url: String!) {
  resource(url: $url) {
    __typename
    id
    ... on Job {
      name
      status
      failureReason
    }
    ... on Pipeline {
      status
      ref
      duration
    }
  }
}
    `) as unknown as TypedDocumentString<ByWebAddressQuery, ByWebAddressQueryVariables>;
export const ByIdDocument = /*#__PURE__*/ new TypedDocumentString(`
    query ById($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on CiJob {
      kind
      name
      status
      failureReason
      duration
    }
    ... on Bridge {
      downstreamPipeline {
        status
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ByIdQuery, ByIdQueryVariables>;
export const JobBoardDocument = /*#__PURE__*/ new TypedDocumentString(`
    query JobBoard($projects: [ID!]!) {
  projects(fullPaths: $projects) {
    fullPath
    jobs(first: 10) {
      nodes {
        name
        status
        ref
        createdAt
        webUrl
      }
    }
  }
}
    `) as unknown as TypedDocumentString<JobBoardQuery, JobBoardQueryVariables>;
export const CurrentJobDocument = /*#__PURE__*/ new TypedDocumentString(`
    query CurrentJob {
  currentJob {
    id
    name
    status
    project {
      fullPath
    }
  }
  allowedAgents {
    agents {
      databaseId
      configuration
      configProject {
        fullPath
      }
    }
    environment {
      slug
      tier
    }
    rolesInProject
  }
}
    `) as unknown as TypedDocumentString<CurrentJobQuery, CurrentJobQueryVariables>;
export const RetryJobDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation RetryJob($input: JobRetryInput!) {
  jobRetry(input: $input) {
    job {
      id
      name
      status
      webUrl
    }
    retriedJobId
    errors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RetryJobMutation, RetryJobMutationVariables>;
export const CancelJobDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation CancelJob($input: JobCancelInput!) {
  jobCancel(input: $input) {
    canceled
    job {
      id
      name
      status
      finishedAt
    }
    errors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CancelJobMutation, CancelJobMutationVariables>;
export const PlayJobDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation PlayJob($input: JobPlayInput!) {
  jobPlay(input: $input) {
    job {
      id
      name
      status
      webUrl
    }
    errors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PlayJobMutation, PlayJobMutationVariables>;
export const EraseJobDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation EraseJob($input: JobEraseInput!) {
  jobErase(input: $input) {
    job {
      id
      name
      erasedAt
      artifacts {
        filename
      }
    }
    errors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<EraseJobMutation, EraseJobMutationVariables>;
export const FollowJobDocument = /*#__PURE__*/ new TypedDocumentString(`
    subscription FollowJob($id: ID!) {
  jobUpdated(id: $id) {
    id
    name
    status
    duration
    finishedAt
    pipeline {
      id
      status
    }
  }
}
    `) as unknown as TypedDocumentString<FollowJobSubscription, FollowJobSubscriptionVariables>;
export const TailLogDocument = /*#__PURE__*/ new TypedDocumentString(`
    subscription TailLog($id: ID!, $afterByte: BigInt) {
  jobTraceAppended(id: $id, afterByte: $afterByte) {
    text
    startByte
    endByte
    complete
  }
}
    `) as unknown as TypedDocumentString<TailLogSubscription, TailLogSubscriptionVariables>;
export const FollowPipelineDocument = /*#__PURE__*/ new TypedDocumentString(`
    subscription FollowPipeline($id: ID!) {
  pipelineUpdated(id: $id) {
    pipeline {
      id
      status
    }
    changedJobs {
      id
      name
      stage
      status
    }
  }
}
    `) as unknown as TypedDocumentString<FollowPipelineSubscription, FollowPipelineSubscriptionVariables>;
export const PipelinesOfRefDocument = /*#__PURE__*/ new TypedDocumentString(`
    query PipelinesOfRef($project: ID!, $ref: String!) {
  project(fullPath: $project) {
    pipelines(first: 10, ref: $ref) {
      edges {
        node {
          id
          databaseId
          name
          status
          source
          sha
          createdAt
          webUrl
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PipelinesOfRefQuery, PipelinesOfRefQueryVariables>;
export const PipelineBoardDocument = /*#__PURE__*/ new TypedDocumentString(`
    query PipelineBoard($project: ID!, $id: ID!) {
  pipeline(project: $project, id: $id) {
    detailedStatus {
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
        detailedStatus {
          group
          text
        }
        manualCount
        groups {
          name
          size
          detailedStatus {
            group
          }
          jobs {
            id
            name
            kind
            detailedStatus {
              group
              tooltip
              action
            }
            duration
            attempts {
              databaseId
              status
            }
          }
        }
      }
      gaps {
        part
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PipelineBoardQuery, PipelineBoardQueryVariables>;
export const FailedJobsOfBoardDocument = /*#__PURE__*/ new TypedDocumentString(`
    query FailedJobsOfBoard($project: ID!, $id: ID!) {
  pipeline(project: $project, id: $id) {
    board {
      failedJobs {
        id
        name
        stage
        allowFailure
        failureCategory
        failureMessage
        retryable
        webUrl
        attempts {
          databaseId
          status
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<FailedJobsOfBoardQuery, FailedJobsOfBoardQueryVariables>;
export const PipelineTimelineDocument = /*#__PURE__*/ new TypedDocumentString(`
    query PipelineTimeline($project: ID!, $id: ID!) {
  pipeline(project: $project, id: $id) {
    board {
      timeline {
        startedAt
        finishedAt
        elapsed
        running
        queued
        idle
        criticalPath {
          job {
            name
            stage
          }
          idle
          queued
          ran
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PipelineTimelineQuery, PipelineTimelineQueryVariables>;
export const DownstreamPipelinesDocument = /*#__PURE__*/ new TypedDocumentString(`
    query DownstreamPipelines($project: ID!, $id: ID!) {
  pipeline(project: $project, id: $id) {
    downstream(depth: 2) {
      depth
      parentId
      bridge {
        name
        stage
      }
      pipeline {
        id
        projectId
        webUrl
        detailedStatus {
          text
        }
      }
      gap {
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DownstreamPipelinesQuery, DownstreamPipelinesQueryVariables>;
export const LiveBoardDocument = /*#__PURE__*/ new TypedDocumentString(`
    subscription LiveBoard($id: ID!) {
  pipelineUpdated(id: $id) {
    pipeline {
      detailedStatus {
        text
        action
      }
      board {
        statusCounts {
          status
          count
        }
        stages {
          name
          status
          groups {
            name
            jobs {
              id
              status
              attempts {
                databaseId
                status
              }
            }
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<LiveBoardSubscription, LiveBoardSubscriptionVariables>;
export const SearchLogDocument = /*#__PURE__*/ new TypedDocumentString(`
    query SearchLog($project: ID!, $id: ID!, $texts: [String!]!) {
  job(project: $project, id: $id) {
    trace {
      search(anyOf: $texts, context: 1, first: 10) {
        matchCount
        excerpts {
          section
          matchedNumbers
          lines {
            number
            text
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SearchLogQuery, SearchLogQueryVariables>;
export const JobHistoryDocument = /*#__PURE__*/ new TypedDocumentString(`
    query JobHistory($project: ID!, $id: ID!) {
  job(project: $project, id: $id) {
    name
    status
    history(first: 5) {
      failuresInARow
      firstFailure {
        id
        createdAt
      }
      lastSuccess {
        id
        createdAt
        commit {
          shortId
          title
        }
      }
      runs {
        databaseId
        status
        duration
      }
      complete
    }
  }
}
    `) as unknown as TypedDocumentString<JobHistoryQuery, JobHistoryQueryVariables>;
export const JobStatisticsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query JobStatistics($project: ID!) {
  project(fullPath: $project) {
    jobStats(last: 500) {
      from
      to
      jobCount
      pipelineCount
      byName {
        name
        runs
        failureRate
        flaky
        retried
        medianDuration
        p95Duration
        medianQueued
        lastFailedAt
      }
      complete
    }
  }
}
    `) as unknown as TypedDocumentString<JobStatisticsQuery, JobStatisticsQueryVariables>;
export const WhyPipelineFailedDocument = /*#__PURE__*/ new TypedDocumentString(`
    query WhyPipelineFailed($project: ID!, $id: ID!) {
  pipeline(project: $project, id: $id) {
    board {
      failedJobs {
        id
        name
        stage
        ... on Job {
          failure {
            reason
            category
            message
            retryHelps
            log(lines: 10) {
              exitCode
              section
              command
              errors {
                number
                text
              }
              tail {
                number
                html
              }
              whole
            }
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WhyPipelineFailedQuery, WhyPipelineFailedQueryVariables>;
export const TestsAndArtifactsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query TestsAndArtifacts($project: ID!, $pipeline: ID!, $job: ID!, $file: String!) {
  pipeline(project: $project, id: $pipeline) {
    testSummary {
      total {
        count
        failed
        time
      }
      suites {
        name
        counts {
          count
          failed
        }
        suiteError
      }
    }
  }
  job(project: $project, id: $job) {
    artifactsFile {
      filename
      size
      downloadUrl
    }
    artifactText(path: $file)
  }
}
    `) as unknown as TypedDocumentString<TestsAndArtifactsQuery, TestsAndArtifactsQueryVariables>;
export const JobsOfProjectsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query JobsOfProjects($projects: [ID!]!, $first: Int, $after: String) {
  jobs(projects: $projects, first: $first, after: $after) {
    edges {
      node {
        id
        name
        status
        ref
        createdAt
        project {
          fullPath
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    unread {
      project
      code
      message
      retryAfter
    }
  }
}
    `) as unknown as TypedDocumentString<JobsOfProjectsQuery, JobsOfProjectsQueryVariables>;
export const PlanRetriesDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation PlanRetries($input: JobsActionInput!) {
  jobsRetry(input: $input) {
    results {
      id
      name
      outcome
      job {
        id
        name
        stage
        status
        failureMessage
      }
      errors {
        code
        message
      }
    }
    done
    refused
    notTried
    unknown
    errors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PlanRetriesMutation, PlanRetriesMutationVariables>;
export const RetryPipelineDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation RetryPipeline($input: PipelineActionInput!) {
  pipelineRetry(input: $input) {
    pipeline {
      id
      status
    }
    changedJobs {
      id
      name
      stage
      status
    }
    errors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RetryPipelineMutation, RetryPipelineMutationVariables>;
export const FollowJobsOfProjectsDocument = /*#__PURE__*/ new TypedDocumentString(`
    subscription FollowJobsOfProjects($projects: [ID!]!, $first: Int = 10) {
  jobsUpdated(projects: $projects, first: $first) {
    changedJobs {
      id
      name
      status
      ref
      project {
        fullPath
      }
    }
    unread {
      project
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<FollowJobsOfProjectsSubscription, FollowJobsOfProjectsSubscriptionVariables>;