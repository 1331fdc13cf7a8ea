import type { WebhookEndpoint } from '../webhooks/endpoint.ts';
import { headerReader } from './graphql-request.ts';
import type { Route } from './server.ts';

/** Serves `POST /webhooks/gitlab`. */
export function createWebhookRoute(endpoint: WebhookEndpoint): Route {
  return async ({ request, response, path }) => {
    if (path !== '/webhooks/gitlab') return false;
    const read = headerReader(request);
    const header = (name: string) => read(name) ?? null;
    const { status, message } = await endpoint({ method: request.method, header, body: request });
    response.writeHead(status, {
      ...(status === 405 && { allow: 'POST' }),
      ...(message !== undefined && { 'content-type': 'text/plain; charset=utf-8' }),
      // The rest of a body that is too large must not be parsed as the next request.
      ...(status === 413 && { connection: 'close' }),
    });
    response.end(message);
    return true;
  };
}
