import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request that a scripted server received. */
interface ScriptedRequest {
  headers: IncomingHttpHeaders;
  body: { query?: string; documentId?: string; variables?: Record<string, unknown> };
}

/** Sends the response to one request, or sends nothing. */
export type Respond = (response: ServerResponse) => void;

/** Returns a function that sends a response with a status, headers and a body. */
export const respond =
  (status: number, headers: Record<string, string> = {}, body = ''): Respond =>
  (response) =>
    response.writeHead(status, headers).end(body);

/** Returns a function that sends a JSON response to an operation. */
export const result = (value: object, status = 200) =>
  respond(status, { 'content-type': 'application/json' }, JSON.stringify(value));

/**
 * Returns a function that sends an event stream with results. After them, the stream completes,
 * breaks off or stays open.
 */
export const stream =
  (results: readonly object[], end: 'complete' | 'break off' | 'stay open' = 'complete'): Respond =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const value of results) response.write(`event: next\ndata: ${JSON.stringify(value)}\n\n`);
    if (end === 'complete') response.end('event: complete\ndata:\n\n');
    if (end === 'break off') response.end();
  };

/** Sends no response: `breakOff` closes the connection, `hang` does nothing. */
export const breakOff: Respond = (response) => void response.destroy();
export const hang: Respond = () => {};

/**
 * Starts a server that sends one of `responses` to each request, in order, and breaks off further
 * requests. It can act as a gateway or as a proxy.
 */
export async function serve(...responses: Respond[]) {
  const requests: ScriptedRequest[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    requests.push({ headers: request.headers, body: JSON.parse(body) });
    (responses.shift() ?? breakOff)(response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, requests };
}
