import type { RequestListener, Server } from 'node:http';

/**
 * Begins requests when it is their turn on their connection: behind the answers to those that were sent before. Node
 * would begin them all at once, but an answer that waits for its turn has no socket: it hears neither of its caller's
 * leaving nor of a timeout, so what was begun for it would never end.
 */
export function onTurn(server: Server, begin: RequestListener): void {
  server.on('request', (request, response) => {
    if (response.socket) return begin(request, response);
    response.once('socket', () => begin(request, response));
    return undefined;
  });
}

/**
 * Cuts connections on which nothing moves for so long, whatever is under way there. The server's own timeout would do,
 * but that Yoga's adapter switches a socket's off before it streams a body, and a reader who takes nothing of one would hold
 * what it holds for ever.
 */
export function cutStalled(server: Server, timeoutMs: number): void {
  server.timeout = timeoutMs;
  server.on('connection', (socket) => {
    const setTimeout = socket.setTimeout.bind(socket);
    socket.setTimeout = (ms, callback) => setTimeout(ms || timeoutMs, callback);
  });
}
