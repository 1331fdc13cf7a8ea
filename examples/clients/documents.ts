import { gql } from 'graphql-request';

/** Reads a page of jobs. Caches merge the `edges` of pages, and identify a job by its `id`. */
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

/** Follows a job. It has an `id`, so each event updates the job in the cache and in all lists. */
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

/** Follows a log from the byte `afterByte`. */
export const LOG_APPENDED = gql`
  subscription LogAppended($id: ID!, $afterByte: BigInt) {
    jobTraceAppended(id: $id, afterByte: $afterByte) {
      text
      endByte
      complete
    }
  }
`;

/** Follows the lines of a log. A new line replaces an earlier one with the same `number`. */
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
