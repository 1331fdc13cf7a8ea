import { graphql } from 'relay-runtime';

export const jobsQuery = graphql`
  query relayJobsQuery($project: ID!) {
    project(fullPath: $project) {
      ...relayJobs_project
    }
  }
`;

// For further pages, Relay generates a query that reads the project by `node(id: …)`.
export const jobsFragment = graphql`
  fragment relayJobs_project on Project
  @refetchable(queryName: "relayJobsPageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "String" }) {
    id
    jobs(first: $first, after: $after) @connection(key: "relayJobs_jobs") {
      edges {
        node {
          id
          name
          status
        }
      }
    }
  }
`;

export const retryMutation = graphql`
  mutation relayJobsRetryMutation($input: JobRetryInput!) {
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

export const jobSubscription = graphql`
  subscription relayJobsUpdatedSubscription($id: ID!) {
    jobUpdated(id: $id) {
      id
      status
    }
  }
`;
