import { type ClientOptions, createClient } from 'graphql-ws';
import { backoff } from './backoff.ts';

export function createWsClient(url: string, token: string, options?: Partial<ClientOptions>) {
  return createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: { 'PRIVATE-TOKEN': token },
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: backoff,
    // Without this, the client gives up when a connection is refused, as during a restart.
    shouldRetry: () => true,
    ...options,
  });
}
