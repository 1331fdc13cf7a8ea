import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { JOB_UPDATED } from '../../examples/clients/documents.ts';
import { type Started, startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { running, runningWorld } from '../live/worlds.ts';

/*
 * Tests what clients do by default when the gateway shuts down. docs/clients.md describes it.
 */

const variables = { id: running.id };
const headers = { 'PRIVATE-TOKEN': tokens.alice };

/** Subscribes to a job. Calls back for each event, and for the error at the end. */
type Follow = (started: Started, onEvent: () => void, onError: (error: unknown) => void) => void;

const clients: [name: string, follow: Follow][] = [
  [
    'Apollo Client with HttpLink',
    ({ url }, onEvent, onError) => {
      const link = new HttpLink({ uri: `${url}/graphql`, headers });
      const client = new ApolloClient({ cache: new InMemoryCache(), link });
      client
        .subscribe({ query: parse(JOB_UPDATED), variables })
        .subscribe(({ data, error }) => (data ? onEvent() : onError(error)));
    },
  ],
  [
    'urql with fetchSubscriptions',
    ({ url }, onEvent, onError) => {
      const exchanges = [fetchExchange];
      const fetchOptions = { headers };
      const options = { url: `${url}/graphql`, exchanges, fetchOptions, fetchSubscriptions: true };
      new Client(options)
        .subscription(JOB_UPDATED, variables)
        .subscribe(({ data, error }) => (error ? onError(error) : data && onEvent()));
    },
  ],
  [
    'graphql-ws, whose next connection is refused',
    ({ url }, onEvent, onError) => {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: headers,
        retryWait: async () => {},
      });
      const sink = { next: onEvent, error: onError, complete: () => onError(undefined) };
      client.subscribe({ query: JOB_UPDATED, variables }, sink);
    },
  ],
];

it.each(clients)('%s ends the subscription with an error', async (_name, follow) => {
  const gateway = await startGateway({ simulator: { world: runningWorld() } });
  let events = 0;
  const errors: unknown[] = [];
  follow(
    gateway,
    () => {
      events += 1;
    },
    (error) => errors.push(error),
  );
  await expect.poll(() => events).toBe(1);
  await Promise.all([gateway.gateway.drain(), gateway.gateway.close()]);
  await expect.poll(() => errors).toEqual([expect.anything()]);
  expect(events).toBe(1);
});
