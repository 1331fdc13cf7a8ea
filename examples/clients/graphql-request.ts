import { GraphQLClient } from 'graphql-request';
import { JOBS } from './documents.ts';

export const createRequestClient = (url: string, token: string) =>
  new GraphQLClient(url, { headers: { 'PRIVATE-TOKEN': token } });

interface JobsPage {
  project: {
    jobs: {
      edges: { node: { id: string; name: string; status: string } }[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    } | null;
  } | null;
}

/** Yields all jobs of a project, newest first. Reads one page at a time. */
export async function* listJobs(client: GraphQLClient, project: string) {
  let after: string | null = null;
  do {
    const page: JobsPage = await client.request(JOBS, { project, after });
    const jobs = page.project?.jobs;
    for (const { node } of jobs?.edges ?? []) yield node;
    after = jobs?.pageInfo.hasNextPage ? jobs.pageInfo.endCursor : null;
  } while (after !== null);
}
