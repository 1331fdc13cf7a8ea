import { GraphQLError } from 'graphql';
import { httpOptionsOf } from '../operation/request-error.ts';
import type { WebhookEndpoint, WebhookResponse } from '../webhooks/endpoint.ts';
import type { ReadBytes } from './body.ts';
import { headerReader } from './graphql-request.ts';
import type { Route } from './server.ts';

/** Maximum size of a webhook. The event of a pipeline with a few thousand jobs is smaller. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Returns the response to a body that `readBytes` refused. Rethrows any other error. */
function refusalOf(error: unknown): WebhookResponse {
  const http = error instanceof GraphQLError && httpOptionsOf(error);
  if (!http) throw error;
  return { ...http, message: (error as Error).message };
}

/** Serves `POST /webhooks/gitlab`. */
export function createWebhookRoute(endpoint: WebhookEndpoint, readBytes: ReadBytes): Route {
  return async ({ request, response, path }) => {
    if (path !== '/webhooks/gitlab') return false;
    const read = headerReader(request);
    const header = (name: string) => read(name) ?? null;
    const readBody = () => readBytes(request, MAX_BODY_BYTES);
    const { status, headers, message } = await endpoint({
      method: request.method,
      header,
      readBody,
    }).catch(refusalOf);
    response.writeHead(status, {
      ...headers,
      ...(message !== undefined && { 'content-type': 'text/plain; charset=utf-8' }),
    });
    response.end(message);
    return true;
  };
}
