import {
  Environment,
  type FetchFunction,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  Store,
  type SubscribeFunction,
} from 'relay-runtime';
import { createSseClient } from './graphql-sse.ts';

export function createRelayEnvironment(url: string, token: string) {
  const events = createSseClient(url, token);
  const fetchResponse: FetchFunction = async ({ text }, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'PRIVATE-TOKEN': token },
      body: JSON.stringify({ query: text, variables }),
    });
    return response.json();
  };
  const subscribe: SubscribeFunction = ({ text }, variables) =>
    Observable.create<GraphQLResponse>((sink) =>
      events.subscribe(
        { query: text ?? '', variables },
        { ...sink, next: (result) => sink.next(result as GraphQLResponse) },
      ),
    );
  return new Environment({
    network: Network.create(fetchResponse, subscribe),
    store: new Store(new RecordSource()),
    // The result of a bulk mutation has the id of its job. Relay must not store it as the job.
    getDataID: (row, type) => (type === 'JobActionResult' ? undefined : row['id']),
  });
}
