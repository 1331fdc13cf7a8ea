import { createClient } from 'graphql-sse';
import { backoff } from './backoff.ts';

export function createSseClient(url: string, token: string) {
  return createClient({
    url,
    headers: { 'PRIVATE-TOKEN': token },
    retryAttempts: Number.POSITIVE_INFINITY,
    retry: backoff,
  });
}
