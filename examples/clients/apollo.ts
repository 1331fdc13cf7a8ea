import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { ServerError } from '@apollo/client/errors';
import { RetryLink } from '@apollo/client/link/retry';
import { relayStylePagination } from '@apollo/client/utilities';
import { createTypePolicies, possibleTypes } from 'gitlab-jobs-gateway/apollo';
import { OperationTypeNode } from 'graphql';

export function createApolloClient(uri: string, token: string, webSocket?: ApolloLink) {
  const http = new HttpLink({ uri, headers: { 'PRIVATE-TOKEN': token } });
  // Subscribes again after a lost connection or a 5xx response, any number of times.
  const subscribeAgain = new RetryLink({
    attempts: (_count, _operation, error) => !ServerError.is(error) || error.statusCode >= 500,
    delay: { initial: 1_000, max: 30_000 },
  });
  return new ApolloClient({
    cache: new InMemoryCache({
      possibleTypes,
      typePolicies: createTypePolicies(relayStylePagination),
    }),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      webSocket ?? ApolloLink.from([subscribeAgain, http]),
      http,
    ),
  });
}
