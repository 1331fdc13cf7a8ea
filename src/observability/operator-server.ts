import { createServer, type Server } from 'node:http';
import type { OperatorEndpoints } from './endpoints.ts';

/** Serves /metrics and its like on a port of their own, away from the public one. */
export function createOperatorServer(endpoints: OperatorEndpoints): Server {
  return createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answer = request.method === 'GET' ? endpoints(path) : undefined;
    if (!answer) {
      response.writeHead(404).end();
      return;
    }
    answer.then(
      ({ status, type, body }) => {
        response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
      },
      () => response.writeHead(500).end(),
    );
  });
}
