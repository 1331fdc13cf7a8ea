import type { RequestListener, Server } from 'node:http';

/**
 * Starts each request of a connection after the response to the previous one (HTTP pipelining). Node would start them all:
 * but a response that waits has no socket, so it would miss that its caller disconnected, and timeouts.
 */
export function handleInSequence(server: Server, listener: RequestListener): void {
  server.on('request', (request, response) => {
    if (response.socket) return listener(request, response);
    response.once('socket', () => listener(request, response));
    return undefined;
  });
}

/**
 * Closes connections without any traffic for that long. `server.timeout` alone is not enough: Yoga's HTTP adapter switches
 * off the timeout of a socket before it streams a body, so a client that reads nothing would be served for ever.
 */
export function closeStalled(server: Server, timeoutMs: number): void {
  server.timeout = timeoutMs;
  server.on('connection', (socket) => {
    const setTimeout = socket.setTimeout.bind(socket);
    socket.setTimeout = (ms, callback) => setTimeout(ms || timeoutMs, callback);
  });
}
