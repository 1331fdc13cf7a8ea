import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApolloLink } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { parse } from 'graphql';
import {
  type ConcreteRequest,
  commitMutation,
  createOperationDescriptor,
  fetchQuery,
  getSingularSelector,
  type ReaderFragment,
  requestSubscription,
} from 'relay-runtime';
import { expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { createApolloClient } from '../../examples/clients/apollo.ts';
import { JOB_UPDATED, JOBS, RETRY } from '../../examples/clients/documents.ts';
import { createSseClient } from '../../examples/clients/graphql-sse.ts';
import { createWsClient } from '../../examples/clients/graphql-ws.ts';
import { createRelayEnvironment } from '../../examples/clients/relay.ts';
import { createUrqlClient } from '../../examples/clients/urql.ts';
import { compileForRelay } from './relay-artifacts.ts';

/** The actions of the tests, implemented for one GraphQL client. */
export interface Adapter {
  /** Loads two pages of jobs. Returns the names of all jobs that the client then has. */
  loadTwoPages(project: string): Promise<string[]>;
  /** Retries a job. Returns the name of the new job. */
  retry(id: string): Promise<string>;
  /**
   * Subscribes to a job until the test ends. Calls `onStatus` with the status in each event, and
   * `onEnd` at the end of the subscription, with the error if there is one.
   */
  follow(id: string, onStatus: (status: string) => void, onEnd: (error?: unknown) => void): void;
}

interface Jobs {
  id: string;
  jobs: { edges: { node: { name: string } }[]; pageInfo: { endCursor: string } };
}
type JobsData = { project: Jobs };
type RetryData = { jobRetry: { job: { name: string } } };
type UpdatedData = { jobUpdated: { status: string } };

const namesOf = ({ project }: JobsData) => project.jobs.edges.map(({ node }) => node.name);

function createApollo(url: string, token: string, webSocket?: ApolloLink): Adapter {
  const client = createApolloClient(url, token, webSocket);
  onTestFinished(() => client.stop());
  const query = parse(JOBS);
  return {
    async loadTwoPages(project) {
      const jobs = client.watchQuery<JobsData>({ query, variables: { project } });
      const shown: JobsData[] = [];
      const subscription = jobs.subscribe(({ data, dataState }) => {
        if (dataState === 'complete') shown.push(data);
      });
      onTestFinished(() => subscription.unsubscribe());
      await expect.poll(() => shown).toHaveLength(1);
      await jobs.fetchMore({ variables: { after: shown[0]?.project.jobs.pageInfo.endCursor } });
      return namesOf(client.readQuery<JobsData>({ query, variables: { project } })!);
    },
    async retry(id) {
      const mutation = parse(RETRY);
      const { data } = await client.mutate<RetryData>({ mutation, variables: { input: { id } } });
      return data!.jobRetry.job.name;
    },
    follow(id, onStatus, onEnd) {
      const updates = client.subscribe<UpdatedData>({
        query: parse(JOB_UPDATED),
        variables: { id },
      });
      const subscription = updates.subscribe({
        next: ({ data, error }) => (data ? onStatus(data.jobUpdated.status) : onEnd(error)),
        error: onEnd,
        complete: onEnd,
      });
      onTestFinished(() => subscription.unsubscribe());
    },
  };
}

function createApolloOverWs(url: string, token: string): Adapter {
  const client = createWsClient(url, token, { webSocketImpl: WebSocket });
  onTestFinished(() => void client.dispose());
  return createApollo(url, token, new GraphQLWsLink(client));
}

function createUrql(url: string, token: string): Adapter {
  const client = createUrqlClient(url, token);
  return {
    async loadTwoPages(project) {
      const { data } = await client.query<JobsData>(JOBS, { project });
      await client.query(JOBS, { project, after: data?.project.jobs.pageInfo.endCursor });
      return namesOf(client.readQuery<JobsData>(JOBS, { project })?.data as JobsData);
    },
    async retry(id) {
      const { data } = await client.mutation<RetryData>(RETRY, { input: { id } });
      return data!.jobRetry.job.name;
    },
    follow(id, onStatus, onEnd) {
      const updates = client.subscription<UpdatedData>(JOB_UPDATED, { id });
      // When the stream ends, urql repeats the last result with `hasNext: false`.
      const { unsubscribe } = updates.subscribe(({ data, error, hasNext }) =>
        data && hasNext ? onStatus(data.jobUpdated.status) : onEnd(error),
      );
      onTestFinished(unsubscribe);
    },
  };
}

/**
 * Creates the adapter of a client without a cache. `iterate` executes an operation and yields its
 * results.
 */
function createStreaming(
  iterate: (request: {
    query: string;
    variables: Record<string, unknown>;
  }) => AsyncIterableIterator<{
    data?: unknown;
  }>,
): Adapter {
  const send = async <Data>(query: string, variables: Record<string, unknown>) =>
    (await iterate({ query, variables }).next()).value.data as Data;
  return {
    async loadTwoPages(project) {
      const first = await send<JobsData>(JOBS, { project });
      const after = first.project.jobs.pageInfo.endCursor;
      return [...namesOf(first), ...namesOf(await send<JobsData>(JOBS, { project, after }))];
    },
    retry: async (id) => (await send<RetryData>(RETRY, { input: { id } })).jobRetry.job.name,
    follow(id, onStatus, onEnd) {
      const updates = iterate({ query: JOB_UPDATED, variables: { id } });
      onTestFinished(() => void updates.return?.());
      const read = async () => {
        for await (const { data } of updates) onStatus((data as UpdatedData).jobUpdated.status);
      };
      read().then(() => onEnd(), onEnd);
    },
  };
}

function createSse(url: string, token: string): Adapter {
  const client = createSseClient(url, token);
  onTestFinished(() => client.dispose());
  return createStreaming((request) => client.iterate(request));
}

function createWs(url: string, token: string): Adapter {
  const client = createWsClient(url, token, { webSocketImpl: WebSocket });
  onTestFinished(() => void client.dispose());
  return createStreaming((request) => client.iterate(request));
}

const relayJobs = new URL('../../examples/clients/relay-jobs.ts', import.meta.url);

async function createRelay(url: string, token: string): Promise<Adapter> {
  const folder = compileForRelay({ 'relay-jobs.ts': readFileSync(relayJobs, 'utf8') });
  const artifact = async <Node>(name: string) =>
    (await import(/* @vite-ignore */ join(folder, `${name}.graphql.ts`))).default as Node;
  const jobsQuery = await artifact<ConcreteRequest>('relayJobsQuery');
  const pageQuery = await artifact<ConcreteRequest>('relayJobsPageQuery');
  const fragment = await artifact<ReaderFragment>('relayJobs_project');
  const mutation = await artifact<ConcreteRequest>('relayJobsRetryMutation');
  const subscription = await artifact<ConcreteRequest>('relayJobsUpdatedSubscription');
  const environment = createRelayEnvironment(url, token);
  return {
    async loadTwoPages(project) {
      const operation = createOperationDescriptor(jobsQuery, { project });
      onTestFinished(environment.retain(operation).dispose);
      const read = (): Jobs => {
        const { project: reference } = environment.lookup(operation.fragment).data as {
          project: unknown;
        };
        return environment.lookup(getSingularSelector(fragment, reference)!)
          .data as unknown as Jobs;
      };
      await fetchQuery(environment, jobsQuery, { project }).toPromise();
      const { id, jobs } = read();
      const variables = { id, first: 2, after: jobs.pageInfo.endCursor };
      await fetchQuery(environment, pageQuery, variables).toPromise();
      return namesOf({ project: read() });
    },
    retry: (id) =>
      new Promise((resolve, reject) => {
        commitMutation(environment, {
          mutation,
          variables: { input: { id } },
          onCompleted: (data) => resolve((data as RetryData).jobRetry.job.name),
          onError: reject,
        });
      }),
    follow(id, onStatus, onEnd) {
      const { dispose } = requestSubscription(environment, {
        subscription,
        variables: { id },
        onNext: (data) => onStatus((data as UpdatedData).jobUpdated.status),
        onError: onEnd,
        onCompleted: () => onEnd(),
      });
      onTestFinished(dispose);
    },
  };
}

/** The clients as docs/clients.md sets them up. */
export const clients: readonly (readonly [
  name: string,
  create: (url: string, token: string) => Adapter | Promise<Adapter>,
])[] = [
  ['Apollo Client', createApollo],
  ['Apollo Client over graphql-ws', createApolloOverWs],
  ['urql', createUrql],
  ['Relay', createRelay],
  ['graphql-sse', createSse],
  ['graphql-ws', createWs],
];
