import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { createResolvers, keys } from 'gitlab-jobs-gateway/graphcache';
import { createSseClient } from './graphql-sse.ts';

export function createUrqlClient(url: string, token: string) {
  const events = createSseClient(url, token);
  return new Client({
    url,
    fetchOptions: { headers: { 'PRIVATE-TOKEN': token } },
    preferGetMethod: false,
    exchanges: [
      cacheExchange({ keys, resolvers: createResolvers(relayPagination) }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {} }) => ({
          subscribe: (sink) => ({ unsubscribe: events.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
  });
}
