import { gql } from 'graphql-request';

/** A page of jobs. Caches collect pages by `edges`; `id` is what they know a job by. */
export const JOBS = gql`
  query Jobs($project: ID!, $after: String) {
    project(fullPath: $project) {
      id
      jobs(first: 2, after: $after) {
        edges {
          node {
            id
            name
            status
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`;

/** Retries a job. GitLab creates a new job with a new id. */
export const RETRY = gql`
  mutation Retry($input: JobRetryInput!) {
    jobRetry(input: $input) {
      job {
        id
        name
        status
      }
      errors {
        code
        message
      }
    }
  }
`;

/** Follows a job. With its `id`, each event updates the job in the cache, and so every list. */
export const JOB_UPDATED = gql`
  subscription JobUpdated($id: ID!) {
    jobUpdated(id: $id) {
      id
      status
    }
  }
`;

/** Follows a pipeline. Each event has all its stages and jobs. */
export const PIPELINE_UPDATED = gql`
  subscription PipelineUpdated($id: ID!) {
    pipelineUpdated(id: $id) {
      pipeline {
        id
        detailedStatus {
          group
          text
        }
        board {
          stages {
            name
            groups {
              jobs {
                id
                name
                retried
                retryable
                detailedStatus {
                  text
                  action
                }
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
`;

/** Follows a log from a byte on. */
export const LOG_APPENDED = gql`
  subscription LogAppended($id: ID!, $afterByte: BigInt) {
    jobTraceAppended(id: $id, afterByte: $afterByte) {
      text
      endByte
      complete
    }
  }
`;

/** Follows the lines of a log. Each replaces the line of its number. */
export const LOG_LINES = gql`
  subscription LogLines($id: ID!, $afterByte: BigInt) {
    jobTraceAppended(id: $id, afterByte: $afterByte) {
      startByte
      endByte
      lineCount
      lines {
        number
        html
      }
    }
  }
`;
