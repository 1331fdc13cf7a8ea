/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "query OneJob($project: ID!, $id: ID!) {\n  job(project: $project, id: $id) {\n    id\n    name\n    stage\n    status\n    failureReason\n    createdAt\n    duration\n    queuedDuration\n    webUrl\n    commit {\n      shortId\n      title\n      authorName\n    }\n    user {\n      username\n    }\n    runner {\n      description\n      runnerType\n      status\n    }\n    artifacts {\n      fileType\n      filename\n      size\n    }\n    pipeline {\n      id\n      status\n      ref\n    }\n  }\n}": typeof types.OneJobDocument,
    "query NewestJobs($project: ID!, $first: Int, $after: String) {\n  project(fullPath: $project) {\n    jobs(first: $first, after: $after) {\n      edges {\n        node {\n          id\n          name\n          stage\n          status\n          ref\n          startedAt\n          duration\n          user {\n            username\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}": typeof types.NewestJobsDocument,
    "query FailedJobs($project: ID!) {\n  project(fullPath: $project) {\n    jobs(first: 20, statuses: [FAILED]) {\n      nodes {\n        id\n        name\n        failureReason\n        allowFailure\n        finishedAt\n        webUrl\n        commit {\n          shortId\n          title\n          authorName\n        }\n      }\n    }\n  }\n}": typeof types.FailedJobsDocument,
    "query Pipeline($project: ID!, $id: ID!) {\n  pipeline(project: $project, id: $id) {\n    status\n    source\n    ref\n    duration\n    jobs(first: 100, includeRetried: true) {\n      totalCount\n      nodes {\n        name\n        stage\n        status\n        duration\n      }\n    }\n    bridges {\n      nodes {\n        name\n        status\n        downstreamPipeline {\n          id\n          projectId\n          status\n          webUrl\n        }\n      }\n    }\n  }\n}": typeof types.PipelineDocument,
    "query JobScreen($project: ID!) {\n  project(fullPath: $project) {\n    jobs(first: 20) {\n      nodes {\n        name\n        status\n        duration\n        pipeline {\n          iid\n          status\n          duration\n          user {\n            username\n          }\n        }\n      }\n    }\n  }\n}": typeof types.JobScreenDocument,
    "query JobLog($project: ID!, $id: ID!) {\n  job(project: $project, id: $id) {\n    trace {\n      byteSize\n      sections {\n        name\n        header\n        duration\n        firstLine\n        lastLine\n      }\n      lines(last: 12) {\n        totalCount\n        nodes {\n          number\n          section\n          text\n          html\n        }\n      }\n    }\n  }\n}": typeof types.JobLogDocument,
    "query ByWebAddress($url: String!) {\n  resource(url: $url) {\n    __typename\n    id\n    ... on Job {\n      name\n      status\n      failureReason\n    }\n    ... on Pipeline {\n      status\n      ref\n      duration\n    }\n  }\n}": typeof types.ByWebAddressDocument,
    "query ById($ids: [ID!]!) {\n  nodes(ids: $ids) {\n    id\n    ... on CiJob {\n      kind\n      name\n      status\n      failureReason\n      duration\n    }\n    ... on Bridge {\n      downstreamPipeline {\n        status\n      }\n    }\n  }\n}": typeof types.ByIdDocument,
    "query JobBoard($projects: [ID!]!) {\n  projects(fullPaths: $projects) {\n    fullPath\n    jobs(first: 10) {\n      nodes {\n        name\n        status\n        ref\n        createdAt\n        webUrl\n      }\n    }\n  }\n}": typeof types.JobBoardDocument,
    "query CurrentJob {\n  currentJob {\n    id\n    name\n    status\n    project {\n      fullPath\n    }\n  }\n  allowedAgents {\n    agents {\n      databaseId\n      configuration\n      configProject {\n        fullPath\n      }\n    }\n    environment {\n      slug\n      tier\n    }\n    rolesInProject\n  }\n}": typeof types.CurrentJobDocument,
    "mutation RetryJob($input: JobRetryInput!) {\n  jobRetry(input: $input) {\n    job {\n      id\n      name\n      status\n      webUrl\n    }\n    retriedJobId\n    errors {\n      code\n      message\n    }\n  }\n}": typeof types.RetryJobDocument,
    "mutation CancelJob($input: JobCancelInput!) {\n  jobCancel(input: $input) {\n    canceled\n    job {\n      id\n      name\n      status\n      finishedAt\n    }\n    errors {\n      code\n      message\n    }\n  }\n}": typeof types.CancelJobDocument,
    "mutation PlayJob($input: JobPlayInput!) {\n  jobPlay(input: $input) {\n    job {\n      id\n      name\n      status\n      webUrl\n    }\n    errors {\n      code\n      message\n    }\n  }\n}": typeof types.PlayJobDocument,
    "mutation EraseJob($input: JobEraseInput!) {\n  jobErase(input: $input) {\n    job {\n      id\n      name\n      erasedAt\n      artifacts {\n        filename\n      }\n    }\n    errors {\n      code\n      message\n    }\n  }\n}": typeof types.EraseJobDocument,
    "subscription FollowJob($id: ID!) {\n  jobUpdated(id: $id) {\n    id\n    name\n    status\n    duration\n    finishedAt\n    pipeline {\n      id\n      status\n    }\n  }\n}": typeof types.FollowJobDocument,
    "subscription TailLog($id: ID!) {\n  jobTraceAppended(id: $id) {\n    text\n    startByte\n    endByte\n    complete\n  }\n}": typeof types.TailLogDocument,
    "subscription FollowPipeline($id: ID!) {\n  pipelineUpdated(id: $id) {\n    pipeline {\n      id\n      status\n    }\n    changedJobs {\n      id\n      name\n      stage\n      status\n    }\n  }\n}": typeof types.FollowPipelineDocument,
    "query PipelinesOfRef($project: ID!, $ref: String!) {\n  project(fullPath: $project) {\n    pipelines(first: 10, ref: $ref) {\n      edges {\n        node {\n          id\n          databaseId\n          name\n          status\n          source\n          sha\n          createdAt\n          webUrl\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}": typeof types.PipelinesOfRefDocument,
};
const documents: Documents = {
    "query OneJob($project: ID!, $id: ID!) {\n  job(project: $project, id: $id) {\n    id\n    name\n    stage\n    status\n    failureReason\n    createdAt\n    duration\n    queuedDuration\n    webUrl\n    commit {\n      shortId\n      title\n      authorName\n    }\n    user {\n      username\n    }\n    runner {\n      description\n      runnerType\n      status\n    }\n    artifacts {\n      fileType\n      filename\n      size\n    }\n    pipeline {\n      id\n      status\n      ref\n    }\n  }\n}": types.OneJobDocument,
    "query NewestJobs($project: ID!, $first: Int, $after: String) {\n  project(fullPath: $project) {\n    jobs(first: $first, after: $after) {\n      edges {\n        node {\n          id\n          name\n          stage\n          status\n          ref\n          startedAt\n          duration\n          user {\n            username\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}": types.NewestJobsDocument,
    "query FailedJobs($project: ID!) {\n  project(fullPath: $project) {\n    jobs(first: 20, statuses: [FAILED]) {\n      nodes {\n        id\n        name\n        failureReason\n        allowFailure\n        finishedAt\n        webUrl\n        commit {\n          shortId\n          title\n          authorName\n        }\n      }\n    }\n  }\n}": types.FailedJobsDocument,
    "query Pipeline($project: ID!, $id: ID!) {\n  pipeline(project: $project, id: $id) {\n    status\n    source\n    ref\n    duration\n    jobs(first: 100, includeRetried: true) {\n      totalCount\n      nodes {\n        name\n        stage\n        status\n        duration\n      }\n    }\n    bridges {\n      nodes {\n        name\n        status\n        downstreamPipeline {\n          id\n          projectId\n          status\n          webUrl\n        }\n      }\n    }\n  }\n}": types.PipelineDocument,
    "query JobScreen($project: ID!) {\n  project(fullPath: $project) {\n    jobs(first: 20) {\n      nodes {\n        name\n        status\n        duration\n        pipeline {\n          iid\n          status\n          duration\n          user {\n            username\n          }\n        }\n      }\n    }\n  }\n}": types.JobScreenDocument,
    "query JobLog($project: ID!, $id: ID!) {\n  job(project: $project, id: $id) {\n    trace {\n      byteSize\n      sections {\n        name\n        header\n        duration\n        firstLine\n        lastLine\n      }\n      lines(last: 12) {\n        totalCount\n        nodes {\n          number\n          section\n          text\n          html\n        }\n      }\n    }\n  }\n}": types.JobLogDocument,
    "query ByWebAddress($url: String!) {\n  resource(url: $url) {\n    __typename\n    id\n    ... on Job {\n      name\n      status\n      failureReason\n    }\n    ... on Pipeline {\n      status\n      ref\n      duration\n    }\n  }\n}": types.ByWebAddressDocument,
    "query ById($ids: [ID!]!) {\n  nodes(ids: $ids) {\n    id\n    ... on CiJob {\n      kind\n      name\n      status\n      failureReason\n      duration\n    }\n    ... on Bridge {\n      downstreamPipeline {\n        status\n      }\n    }\n  }\n}": types.ByIdDocument,
    "query JobBoard($projects: [ID!]!) {\n  projects(fullPaths: $projects) {\n    fullPath\n    jobs(first: 10) {\n      nodes {\n        name\n        status\n        ref\n        createdAt\n        webUrl\n      }\n    }\n  }\n}": types.JobBoardDocument,
    "query CurrentJob {\n  currentJob {\n    id\n    name\n    status\n    project {\n      fullPath\n    }\n  }\n  allowedAgents {\n    agents {\n      databaseId\n      configuration\n      configProject {\n        fullPath\n      }\n    }\n    environment {\n      slug\n      tier\n    }\n    rolesInProject\n  }\n}": types.CurrentJobDocument,
    "mutation RetryJob($input: JobRetryInput!) {\n  jobRetry(input: $input) {\n    job {\n      id\n      name\n      status\n      webUrl\n    }\n    retriedJobId\n    errors {\n      code\n      message\n    }\n  }\n}": types.RetryJobDocument,
    "mutation CancelJob($input: JobCancelInput!) {\n  jobCancel(input: $input) {\n    canceled\n    job {\n      id\n      name\n      status\n      finishedAt\n    }\n    errors {\n      code\n      message\n    }\n  }\n}": types.CancelJobDocument,
    "mutation PlayJob($input: JobPlayInput!) {\n  jobPlay(input: $input) {\n    job {\n      id\n      name\n      status\n      webUrl\n    }\n    errors {\n      code\n      message\n    }\n  }\n}": types.PlayJobDocument,
    "mutation EraseJob($input: JobEraseInput!) {\n  jobErase(input: $input) {\n    job {\n      id\n      name\n      erasedAt\n      artifacts {\n        filename\n      }\n    }\n    errors {\n      code\n      message\n    }\n  }\n}": types.EraseJobDocument,
    "subscription FollowJob($id: ID!) {\n  jobUpdated(id: $id) {\n    id\n    name\n    status\n    duration\n    finishedAt\n    pipeline {\n      id\n      status\n    }\n  }\n}": types.FollowJobDocument,
    "subscription TailLog($id: ID!) {\n  jobTraceAppended(id: $id) {\n    text\n    startByte\n    endByte\n    complete\n  }\n}": types.TailLogDocument,
    "subscription FollowPipeline($id: ID!) {\n  pipelineUpdated(id: $id) {\n    pipeline {\n      id\n      status\n    }\n    changedJobs {\n      id\n      name\n      stage\n      status\n    }\n  }\n}": types.FollowPipelineDocument,
    "query PipelinesOfRef($project: ID!, $ref: String!) {\n  project(fullPath: $project) {\n    pipelines(first: 10, ref: $ref) {\n      edges {\n        node {\n          id\n          databaseId\n          name\n          status\n          source\n          sha\n          createdAt\n          webUrl\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}": types.PipelinesOfRefDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query OneJob($project: ID!, $id: ID!) {\n  job(project: $project, id: $id) {\n    id\n    name\n    stage\n    status\n    failureReason\n    createdAt\n    duration\n    queuedDuration\n    webUrl\n    commit {\n      shortId\n      title\n      authorName\n    }\n    user {\n      username\n    }\n    runner {\n      description\n      runnerType\n      status\n    }\n    artifacts {\n      fileType\n      filename\n      size\n    }\n    pipeline {\n      id\n      status\n      ref\n    }\n  }\n}"): (typeof documents)["query OneJob($project: ID!, $id: ID!) {\n  job(project: $project, id: $id) {\n    id\n    name\n    stage\n    status\n    failureReason\n    createdAt\n    duration\n    queuedDuration\n    webUrl\n    commit {\n      shortId\n      title\n      authorName\n    }\n    user {\n      username\n    }\n    runner {\n      description\n      runnerType\n      status\n    }\n    artifacts {\n      fileType\n      filename\n      size\n    }\n    pipeline {\n      id\n      status\n      ref\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query NewestJobs($project: ID!, $first: Int, $after: String) {\n  project(fullPath: $project) {\n    jobs(first: $first, after: $after) {\n      edges {\n        node {\n          id\n          name\n          stage\n          status\n          ref\n          startedAt\n          duration\n          user {\n            username\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}"): (typeof documents)["query NewestJobs($project: ID!, $first: Int, $after: String) {\n  project(fullPath: $project) {\n    jobs(first: $first, after: $after) {\n      edges {\n        node {\n          id\n          name\n          stage\n          status\n          ref\n          startedAt\n          duration\n          user {\n            username\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query FailedJobs($project: ID!) {\n  project(fullPath: $project) {\n    jobs(first: 20, statuses: [FAILED]) {\n      nodes {\n        id\n        name\n        failureReason\n        allowFailure\n        finishedAt\n        webUrl\n        commit {\n          shortId\n          title\n          authorName\n        }\n      }\n    }\n  }\n}"): (typeof documents)["query FailedJobs($project: ID!) {\n  project(fullPath: $project) {\n    jobs(first: 20, statuses: [FAILED]) {\n      nodes {\n        id\n        name\n        failureReason\n        allowFailure\n        finishedAt\n        webUrl\n        commit {\n          shortId\n          title\n          authorName\n        }\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query Pipeline($project: ID!, $id: ID!) {\n  pipeline(project: $project, id: $id) {\n    status\n    source\n    ref\n    duration\n    jobs(first: 100, includeRetried: true) {\n      totalCount\n      nodes {\n        name\n        stage\n        status\n        duration\n      }\n    }\n    bridges {\n      nodes {\n        name\n        status\n        downstreamPipeline {\n          id\n          projectId\n          status\n          webUrl\n        }\n      }\n    }\n  }\n}"): (typeof documents)["query Pipeline($project: ID!, $id: ID!) {\n  pipeline(project: $project, id: $id) {\n    status\n    source\n    ref\n    duration\n    jobs(first: 100, includeRetried: true) {\n      totalCount\n      nodes {\n        name\n        stage\n        status\n        duration\n      }\n    }\n    bridges {\n      nodes {\n        name\n        status\n        downstreamPipeline {\n          id\n          projectId\n          status\n          webUrl\n        }\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query JobScreen($project: ID!) {\n  project(fullPath: $project) {\n    jobs(first: 20) {\n      nodes {\n        name\n        status\n        duration\n        pipeline {\n          iid\n          status\n          duration\n          user {\n            username\n          }\n        }\n      }\n    }\n  }\n}"): (typeof documents)["query JobScreen($project: ID!) {\n  project(fullPath: $project) {\n    jobs(first: 20) {\n      nodes {\n        name\n        status\n        duration\n        pipeline {\n          iid\n          status\n          duration\n          user {\n            username\n          }\n        }\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query JobLog($project: ID!, $id: ID!) {\n  job(project: $project, id: $id) {\n    trace {\n      byteSize\n      sections {\n        name\n        header\n        duration\n        firstLine\n        lastLine\n      }\n      lines(last: 12) {\n        totalCount\n        nodes {\n          number\n          section\n          text\n          html\n        }\n      }\n    }\n  }\n}"): (typeof documents)["query JobLog($project: ID!, $id: ID!) {\n  job(project: $project, id: $id) {\n    trace {\n      byteSize\n      sections {\n        name\n        header\n        duration\n        firstLine\n        lastLine\n      }\n      lines(last: 12) {\n        totalCount\n        nodes {\n          number\n          section\n          text\n          html\n        }\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query ByWebAddress($url: String!) {\n  resource(url: $url) {\n    __typename\n    id\n    ... on Job {\n      name\n      status\n      failureReason\n    }\n    ... on Pipeline {\n      status\n      ref\n      duration\n    }\n  }\n}"): (typeof documents)["query ByWebAddress($url: String!) {\n  resource(url: $url) {\n    __typename\n    id\n    ... on Job {\n      name\n      status\n      failureReason\n    }\n    ... on Pipeline {\n      status\n      ref\n      duration\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query ById($ids: [ID!]!) {\n  nodes(ids: $ids) {\n    id\n    ... on CiJob {\n      kind\n      name\n      status\n      failureReason\n      duration\n    }\n    ... on Bridge {\n      downstreamPipeline {\n        status\n      }\n    }\n  }\n}"): (typeof documents)["query ById($ids: [ID!]!) {\n  nodes(ids: $ids) {\n    id\n    ... on CiJob {\n      kind\n      name\n      status\n      failureReason\n      duration\n    }\n    ... on Bridge {\n      downstreamPipeline {\n        status\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query JobBoard($projects: [ID!]!) {\n  projects(fullPaths: $projects) {\n    fullPath\n    jobs(first: 10) {\n      nodes {\n        name\n        status\n        ref\n        createdAt\n        webUrl\n      }\n    }\n  }\n}"): (typeof documents)["query JobBoard($projects: [ID!]!) {\n  projects(fullPaths: $projects) {\n    fullPath\n    jobs(first: 10) {\n      nodes {\n        name\n        status\n        ref\n        createdAt\n        webUrl\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query CurrentJob {\n  currentJob {\n    id\n    name\n    status\n    project {\n      fullPath\n    }\n  }\n  allowedAgents {\n    agents {\n      databaseId\n      configuration\n      configProject {\n        fullPath\n      }\n    }\n    environment {\n      slug\n      tier\n    }\n    rolesInProject\n  }\n}"): (typeof documents)["query CurrentJob {\n  currentJob {\n    id\n    name\n    status\n    project {\n      fullPath\n    }\n  }\n  allowedAgents {\n    agents {\n      databaseId\n      configuration\n      configProject {\n        fullPath\n      }\n    }\n    environment {\n      slug\n      tier\n    }\n    rolesInProject\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation RetryJob($input: JobRetryInput!) {\n  jobRetry(input: $input) {\n    job {\n      id\n      name\n      status\n      webUrl\n    }\n    retriedJobId\n    errors {\n      code\n      message\n    }\n  }\n}"): (typeof documents)["mutation RetryJob($input: JobRetryInput!) {\n  jobRetry(input: $input) {\n    job {\n      id\n      name\n      status\n      webUrl\n    }\n    retriedJobId\n    errors {\n      code\n      message\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation CancelJob($input: JobCancelInput!) {\n  jobCancel(input: $input) {\n    canceled\n    job {\n      id\n      name\n      status\n      finishedAt\n    }\n    errors {\n      code\n      message\n    }\n  }\n}"): (typeof documents)["mutation CancelJob($input: JobCancelInput!) {\n  jobCancel(input: $input) {\n    canceled\n    job {\n      id\n      name\n      status\n      finishedAt\n    }\n    errors {\n      code\n      message\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation PlayJob($input: JobPlayInput!) {\n  jobPlay(input: $input) {\n    job {\n      id\n      name\n      status\n      webUrl\n    }\n    errors {\n      code\n      message\n    }\n  }\n}"): (typeof documents)["mutation PlayJob($input: JobPlayInput!) {\n  jobPlay(input: $input) {\n    job {\n      id\n      name\n      status\n      webUrl\n    }\n    errors {\n      code\n      message\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation EraseJob($input: JobEraseInput!) {\n  jobErase(input: $input) {\n    job {\n      id\n      name\n      erasedAt\n      artifacts {\n        filename\n      }\n    }\n    errors {\n      code\n      message\n    }\n  }\n}"): (typeof documents)["mutation EraseJob($input: JobEraseInput!) {\n  jobErase(input: $input) {\n    job {\n      id\n      name\n      erasedAt\n      artifacts {\n        filename\n      }\n    }\n    errors {\n      code\n      message\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription FollowJob($id: ID!) {\n  jobUpdated(id: $id) {\n    id\n    name\n    status\n    duration\n    finishedAt\n    pipeline {\n      id\n      status\n    }\n  }\n}"): (typeof documents)["subscription FollowJob($id: ID!) {\n  jobUpdated(id: $id) {\n    id\n    name\n    status\n    duration\n    finishedAt\n    pipeline {\n      id\n      status\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription TailLog($id: ID!) {\n  jobTraceAppended(id: $id) {\n    text\n    startByte\n    endByte\n    complete\n  }\n}"): (typeof documents)["subscription TailLog($id: ID!) {\n  jobTraceAppended(id: $id) {\n    text\n    startByte\n    endByte\n    complete\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription FollowPipeline($id: ID!) {\n  pipelineUpdated(id: $id) {\n    pipeline {\n      id\n      status\n    }\n    changedJobs {\n      id\n      name\n      stage\n      status\n    }\n  }\n}"): (typeof documents)["subscription FollowPipeline($id: ID!) {\n  pipelineUpdated(id: $id) {\n    pipeline {\n      id\n      status\n    }\n    changedJobs {\n      id\n      name\n      stage\n      status\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query PipelinesOfRef($project: ID!, $ref: String!) {\n  project(fullPath: $project) {\n    pipelines(first: 10, ref: $ref) {\n      edges {\n        node {\n          id\n          databaseId\n          name\n          status\n          source\n          sha\n          createdAt\n          webUrl\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}"): (typeof documents)["query PipelinesOfRef($project: ID!, $ref: String!) {\n  project(fullPath: $project) {\n    pipelines(first: 10, ref: $ref) {\n      edges {\n        node {\n          id\n          databaseId\n          name\n          status\n          source\n          sha\n          createdAt\n          webUrl\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;