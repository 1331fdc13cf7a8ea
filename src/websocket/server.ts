import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { GraphQLError } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Connection, createConnection } from './connection.ts';
import { inTurn } from './in-turn.ts';
import { createOperations, type Yoga } from './protocol.ts';

/** How long clients are waited for, in ms. */
export interface Patience {
  /** How often they are asked for a sign of life; without one until the next time they are gone. */
  pingMs: number;
  /** For how long they may take nothing of what is sent to them. */
  stalledMs: number;
}

/** In bytes: a client that leaves more untaken is not heard before it has taken it. */
const MOST_UNTAKEN = 64 * 1024;

/**
 * Ends a connection whose client has gone without a word. What is on its way to it, such as a long log, comes before
 * the next question, so for that time it need only go on taking.
 */
export function watchLife(
  socket: WebSocket,
  carrier: Socket,
  { pingMs, stalledMs }: Patience,
): void {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (socket.bufferedAmount > 0) {
      isAlive = true;
      return;
    }
    if (!isAlive) return socket.terminate();
    isAlive = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, pingMs);
  // Not by a callback of this: that would hear of the first silence alone.
  carrier.setTimeout(stalledMs);
  carrier.on('timeout', () => {
    if (socket.bufferedAmount > 0) socket.terminate();
  });
  socket.once('close', () => clearInterval(timer));
}

/** Takes no more messages while a client leaves too much untaken: the answers to them would pile up here. */
export function holdBack(socket: WebSocket): void {
  if (socket.bufferedAmount > MOST_UNTAKEN) socket.pause();
}

/** Takes messages again once it has taken what it was sent. */
export function letGoOn(socket: WebSocket): void {
  if (socket.isPaused && socket.bufferedAmount <= MOST_UNTAKEN) socket.resume();
}

/** What serving WebSockets takes. */
export interface WebSocketOptions extends Pick<Patience, 'stalledMs'> {
  yoga: Yoga;
  /** Puts errors into a client's words. */
  mask(error: unknown): GraphQLError;
  /** Whether the page of a foreign site opens the connection: browsers let any page do so. */
  isForeign(header: (name: string) => string | undefined): boolean;
  maxMessageBytes: number;
  /** How often clients are asked for a sign of life; without one until the next time they are gone. @default 2 s */
  pingMs?: number | undefined;
}

/** The WebSockets of one server. */
export interface WebSockets {
  /**
   * Takes no more, and closes those that are open with a code that says: connect again. Answers that
   * somebody waits for come first. Resolves when all are closed.
   */
  drain(): Promise<void>;
  /** Cuts them off. */
  close(): void;
}

const BAD_REQUEST = 4400;

/** Joins one socket to the protocol: messages in, messages out no faster than they are sent. */
function connect(
  operations: ReturnType<typeof createOperations>,
  socket: WebSocket,
  upgrade: IncomingMessage,
): Connection {
  const connection = createConnection(socket, upgrade);
  const closed = operations.opened(
    {
      protocol: socket.protocol,
      send: (data) =>
        new Promise((resolve) => {
          // Whether it arrived shows when the socket closes, and that ends everything.
          if (socket.readyState !== socket.OPEN) return resolve();
          socket.send(data, () => {
            letGoOn(socket);
            resolve();
          });
        }),
      close: connection.close,
      onMessage(take) {
        const pass = inTurn(take, connection.leave);
        socket.on('message', (data) => {
          pass(String(data)).catch(() => socket.close(BAD_REQUEST, 'Invalid message received'));
          holdBack(socket);
        });
      },
    },
    { connection },
  );
  // Broken frames and connections: `close` follows.
  socket.on('error', () => {});
  socket.once('close', (code, reason) => {
    connection.abandon();
    void closed(code, String(reason));
  });
  return connection;
}

function refuse(socket: Duplex, status: string): void {
  // Its side may stay open for good, and the server would wait for that before it is closed.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Serves GraphQL over WebSocket (graphql-transport-ws) at /graphql of an HTTP server. */
export function serveWebSockets(server: Server, options: WebSocketOptions): WebSockets {
  const { yoga, mask, isForeign, maxMessageBytes, pingMs = 2_000, stalledMs } = options;
  const operations = createOperations(yoga, mask);
  const connections = new Set<Connection>();
  let isDraining = false;
  let tellAllClosed = () => {};
  const allClosed = new Promise<void>((resolve) => {
    tellAllClosed = resolve;
  });
  const leave = (connection: Connection) => {
    connections.delete(connection);
    if (isDraining && connections.size === 0) tellAllClosed();
  };
  // Not bound to the server: as its listener it would throw that one's errors, such as a taken port.
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  });
  const refusal = ({ url = '/', headers }: IncomingMessage): string | undefined => {
    if (url.split('?', 1)[0] !== '/graphql') return '404 Not Found';
    if (isForeign((name) => headers[name]?.toString())) return '403 Forbidden';
    return isDraining ? '503 Service Unavailable' : undefined;
  };
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const status = refusal(request);
    if (status) return refuse(socket, status);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      watchLife(opened, request.socket, { pingMs, stalledMs });
      const connection = connect(operations, opened, request);
      connections.add(connection);
      opened.once('close', () => leave(connection));
    });
  });
  return {
    drain() {
      isDraining = true;
      for (const connection of connections) connection.retire();
      return connections.size === 0 ? Promise.resolve() : allClosed;
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
