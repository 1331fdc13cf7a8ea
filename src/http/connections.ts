import type { RequestListener, Server } from 'node:http';

/**
 * Starts each request of a connection after the response to the previous one (HTTP pipelining).
 * Node would start all of them, but a response has no socket while it waits, so it would miss
 * timeouts and the disconnection of its caller.
 */
export function handleInSequence(server: Server, listener: RequestListener): void {
  server.on('request', (request, response) => {
    if (response.socket) return listener(request, response);
    response.once('socket', () => listener(request, response));
    return undefined;
  });
}

/**
 * Closes connections without traffic for `timeoutMs`. `server.timeout` alone is not enough: Yoga's
 * HTTP adapter disables a socket's timeout before it streams a body, so a client that reads nothing
 * would be served forever.
 */
export function closeStalled(server: Server, timeoutMs: number): void {
  server.timeout = timeoutMs;
  server.on('connection', (socket) => {
    const setTimeout = socket.setTimeout.bind(socket);
    socket.setTimeout = (ms, callback) => setTimeout(ms || timeoutMs, callback);
  });
}
