import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createMeter } from './body.ts';

/**
 * Maximum requests, on all connections together, that wait for an earlier request of their
 * connection. Each takes 3 kB.
 */
const MAX_WAITING = 5_000;

/** Maximum connections of a process, unless its subscriptions need more. */
export const MAX_CONNECTIONS = 20_000;

/** How long the headers of a request, and the whole request, may take to arrive. */
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 60_000;

/** Timeouts for `createServer`. Node closes the connection of a slower client with status 408. */
export const arrivalTimes = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: 5_000,
};

/**
 * Handles the requests of a connection one after the other (HTTP pipelining). Node would start all
 * requests at once. Only the first response would have the socket. The code of the other requests
 * would not notice timeouts, or that the client has disconnected.
 *
 * A connection is not read while one of its requests waits, so at most 64 KiB of requests wait on
 * it. If `maxWaiting` requests wait on all connections together, the next request that must wait
 * closes its connection.
 */
export function handleInSequence(
  server: Server,
  listener: RequestListener,
  maxWaiting = MAX_WAITING,
): void {
  const waitingOn = new Map<Socket, number>();
  let total = 0;

  const remove = (socket: Socket, count: number) => {
    const left = (waitingOn.get(socket) ?? 0) - count;
    total -= count;
    if (left > 0) waitingOn.set(socket, left);
    else waitingOn.delete(socket);
  };

  server.on('connection', (socket: Socket) => {
    socket.once('close', () => remove(socket, waitingOn.get(socket) ?? 0));
  });
  server.on('request', (request, response) => {
    if (response.socket) return listener(request, response);
    const { socket } = request;
    if (total >= maxWaiting) return socket.destroy();
    // Pauses only after Node's parser has returned, because the parser resumes the socket at the
    // end of each message.
    queueMicrotask(() => waitingOn.has(socket) && socket.pause());
    waitingOn.set(socket, (waitingOn.get(socket) ?? 0) + 1);
    total += 1;
    return response.once('socket', () => {
      remove(socket, 1);
      if (!waitingOn.has(socket)) socket.resume();
      // Serves other connections between two requests of this one.
      setImmediate(() => socket.destroyed || listener(request, response));
    });
  });
}

/**
 * Drops bodies that no route reads: those of GET and HEAD requests as they arrive, other bodies
 * after the response was sent. Closes the connection if a body arrives in very many small chunks.
 * Node itself also drops unread bodies, but with two risks:
 * - Node first keeps up to 64 KiB of the body of a GET request. In chunks of one byte, they take 10
 *   MB of memory.
 * - Node reads endless chunks without a pause for other requests.
 */
export function dropUnreadBodies(server: Server): void {
  const drop = (request: IncomingMessage) => {
    const meter = createMeter();
    request.on('data', (chunk: Buffer) => {
      meter.add(chunk);
      if (meter.hasSmallChunks()) request.socket.destroy();
    });
    // Marks the request as consumed, so that Node does not also drop its body.
    request.read(0);
  };
  server.on('request', (request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') drop(request);
    else response.prependOnceListener('finish', () => request.complete || drop(request));
  });
}

/**
 * Limits the connections of the process, because each takes at least 6 kB of memory. If more than
 * `max` are open, each new connection makes the server close all idle connections, and the oldest
 * connection that has not sent a request. So new clients and probes of /health are still served.
 * Above 1.25 times `max`, Node refuses new connections.
 */
export function limitConnections(server: Server, max: number): void {
  /** Connections without a request, oldest first. */
  const silent = new Set<Duplex>();
  let open = 0;
  server.maxConnections = Math.ceil(max * 1.25);
  server.on('connection', (socket: Socket) => {
    open += 1;
    silent.add(socket);
    socket.once('close', () => {
      open -= 1;
      silent.delete(socket);
    });
    if (open <= max) return;
    server.closeIdleConnections();
    const [oldest] = silent;
    if (oldest !== socket) oldest?.destroy();
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  server.on('upgrade', (_request, socket) => silent.delete(socket));
}

/**
 * Closes connections without traffic for `timeoutMs`. `server.timeout` alone is not enough, because
 * Yoga's HTTP adapter disables a socket's timeout before it streams a body. A client that reads
 * nothing would then keep its connection forever.
 */
export function closeStalled(server: Server, timeoutMs: number): void {
  server.timeout = timeoutMs;
  server.on('connection', (socket) => {
    const setTimeout = socket.setTimeout.bind(socket);
    socket.setTimeout = (ms, callback) => setTimeout(ms || timeoutMs, callback);
  });
}
