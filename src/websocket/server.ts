import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Connection, createConnection, sequenceById } from './connection.ts';
import { createProtocol, type ProtocolDeps } from './protocol.ts';

/** Timeouts of connections. */
interface LivenessOptions {
  /** Ping interval. A client that has not answered a ping by the next one is disconnected. */
  pingMs: number;
  /** How long a client may read nothing of what is sent to it. */
  stalledMs: number;
}

/** What serving WebSockets takes. */
export interface WebSocketOptions extends ProtocolDeps, Pick<LivenessOptions, 'stalledMs'> {
  /** Whether a page of a foreign site opens the connection: browsers let any page do so. */
  isForeign(header: (name: string) => string | undefined): boolean;
  maxMessageBytes: number;
  /** @default 2 s */
  pingMs?: number | undefined;
}

/** The WebSockets of one server. */
export interface WebSockets {
  /**
   * Refuses new connections and closes the open ones with "service restart", after their pending responses. Resolves
   * when all are closed.
   */
  drain(): Promise<void>;
  /** Terminates all connections. */
  close(): void;
}

const BAD_REQUEST = 4400;

/** While more than this waits to be sent to a client, its messages are not read (backpressure). In bytes. */
const MAX_BUFFERED = 64 * 1024;

/**
 * Terminates a connection whose client is gone without closing it. Data that is being sent, such as a long log, delays
 * the answer to a ping: until it is sent, the client only has to go on reading.
 */
function watchLiveness(socket: WebSocket, carrier: Socket, { pingMs, stalledMs }: LivenessOptions) {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const check = () => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  };
  const timer = setInterval(() => {
    if (socket.bufferedAmount > 0) isAlive = true;
    // A pong that arrived while the event loop was busy is read first.
    else setImmediate(check);
  }, pingMs);
  // A listener, not the callback of setTimeout, which is called only once.
  carrier.setTimeout(stalledMs);
  carrier.on('timeout', () => {
    if (socket.bufferedAmount > 0) socket.terminate();
  });
  socket.once('close', () => clearInterval(timer));
}

function pauseIfBuffered(socket: WebSocket): void {
  if (socket.bufferedAmount > MAX_BUFFERED) socket.pause();
}

function resumeIfSent(socket: WebSocket): void {
  if (socket.isPaused && socket.bufferedAmount <= MAX_BUFFERED) socket.resume();
}

/** Connects a socket to the protocol. */
function connect(
  protocol: ReturnType<typeof createProtocol>,
  socket: WebSocket,
  upgrade: IncomingMessage,
): Connection {
  const connection = createConnection(socket, upgrade);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (data) =>
        new Promise((resolve) => {
          // A failure is followed by `close`, which ends everything.
          if (socket.readyState !== socket.OPEN) return resolve();
          socket.send(data, () => {
            resumeIfSent(socket);
            resolve();
          });
        }),
      close: connection.close,
      onMessage(handle) {
        const pass = sequenceById(handle, connection.cancel);
        socket.on('message', (data) => {
          pass(String(data)).catch(() => socket.close(BAD_REQUEST, 'Invalid message received'));
          pauseIfBuffered(socket);
        });
      },
    },
    { connection },
  );
  // Malformed frames and broken connections: `close` follows.
  socket.on('error', () => {});
  socket.once('close', (code, reason) => {
    connection.abandon();
    void closed(code, String(reason));
  });
  return connection;
}

function refuse(socket: Duplex, status: string): void {
  // The client may keep its side open for ever, and the server would wait for that when it closes.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Serves GraphQL over WebSocket (graphql-transport-ws) at /graphql of an HTTP server. */
export function serveWebSockets(server: Server, options: WebSocketOptions): WebSockets {
  const { isForeign, maxMessageBytes, pingMs = 2_000, stalledMs } = options;
  const protocol = createProtocol(options);
  const connections = new Set<Connection>();
  let isDraining = false;
  let resolveAllClosed = () => {};
  const allClosed = new Promise<void>((resolve) => {
    resolveAllClosed = resolve;
  });
  const remove = (connection: Connection) => {
    connections.delete(connection);
    if (isDraining && connections.size === 0) resolveAllClosed();
  };
  // Not bound to the server: it would rethrow the server's errors, such as a port in use.
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
      watchLiveness(opened, request.socket, { pingMs, stalledMs });
      const connection = connect(protocol, opened, request);
      connections.add(connection);
      opened.once('close', () => remove(connection));
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
