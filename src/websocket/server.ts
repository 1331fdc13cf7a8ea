import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { hasTooManyValues, MAX_JSON_VALUES } from '../operation/json-size.ts';
import { quoteLargeIntegers } from '../util/json.ts';
import {
  type Connection,
  createConnection,
  sequenceById,
  TooManyMessagesError,
} from './connection.ts';
import { createProtocol, type ProtocolDeps } from './protocol.ts';

export interface WebSocketOptions extends ProtocolDeps {
  /** Whether a page of a foreign site opens the connection. Browsers do not prevent that. */
  isForeign(header: (name: string) => string | undefined): boolean;
  /** Returns why a Host header is refused; undefined if it is allowed. */
  checkHost(header: string | undefined): string | undefined;
  maxMessageBytes: number;
  /** A client is disconnected if it reads nothing for this time although data waits for it. */
  stalledMs: number;
  /**
   * Time between two pings. A client that sends neither a pong nor a message between two pings is
   * disconnected. While data waits to be sent to the client, only `stalledMs` applies.
   * @default 2 s
   */
  pingMs?: number | undefined;
}

const BAD_REQUEST = 4400;

const TOO_MANY_REQUESTS = 4429;

/** Maximum bytes of `connection_init`. HTTP headers have the same limit. */
const MAX_INIT_BYTES = 16_384;
/** Maximum frames of a message. Each takes memory until the message is complete. */
const MAX_FRAGMENTS = 1_024;
/**
 * Maximum network chunks of an incomplete message. Each takes memory until the message is complete.
 */
const MAX_BUFFERED_CHUNKS = 8_192;

/**
 * Terminates the connection if its client does not answer pings, for example because the client has
 * lost its network. While data such as a long log waits to be sent, the client only has to read,
 * because its answers may be late.
 */
function watchLiveness(socket: WebSocket, carrier: Socket, pingMs: number, stalledMs: number) {
  let isAlive = true;
  const onSign = () => {
    isAlive = true;
  };
  // A message counts like a pong, because a pong that follows many messages is handled late.
  socket.on('pong', onSign).on('message', onSign);
  const check = () => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  };
  const timer = setInterval(() => {
    if (socket.bufferedAmount > 0) isAlive = true;
    // A pong may have arrived while the event loop was busy. With `setImmediate`, Node reads it
    // before `check` runs.
    else setImmediate(check);
  }, pingMs);
  // The `timeout` event is emitted at each timeout. A callback of `setTimeout` is called only once.
  carrier.setTimeout(stalledMs);
  carrier.on('timeout', () => {
    if (socket.bufferedAmount > 0) socket.terminate();
  });
  socket.once('close', () => clearInterval(timer));
}

/** Returns why a message is too large to be parsed; undefined if it is small enough. */
function problemOf(message: Buffer, { isInitialized }: Connection): string | undefined {
  if (!isInitialized && message.length > MAX_INIT_BYTES)
    return `connection_init has more than ${MAX_INIT_BYTES} bytes`;
  if (hasTooManyValues(message)) return `A message has more than ${MAX_JSON_VALUES} JSON values`;
  return undefined;
}

/** Passes the messages and the close event of a socket to the protocol. */
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
          // Resolves even if sending fails: the socket's `close` event then ends all operations.
          if (socket.readyState !== socket.OPEN) return resolve();
          connection.payloads.send(socket, data, () => resolve());
        }),
      close: connection.close,
      onMessage(handle) {
        const pass = sequenceById(handle, connection.cancel);
        socket.on('message', (data: Buffer) => {
          // Ignores messages after the close frame: a client may send until it has answered that
          // frame.
          if (socket.readyState !== socket.OPEN) return;
          const problem = problemOf(data, connection);
          if (problem) return socket.close(BAD_REQUEST, problem);
          pass(quoteLargeIntegers(String(data))).catch((error: unknown) => {
            if (!(error instanceof TooManyMessagesError))
              return socket.close(BAD_REQUEST, 'Invalid message received');
            return socket.close(TOO_MANY_REQUESTS, 'Too many operations wait for others');
          });
        });
      },
    },
    { connection },
  );
  // Malformed frames and broken connections cause this event. A `close` event follows.
  socket.on('error', () => {});
  socket.once('close', (code, reason) => {
    connection.abandon();
    void closed(code, String(reason));
  });
  return connection;
}

function refuse(socket: Duplex, status: string, message = ''): void {
  // Some clients never close their side, but the shutdown waits until all connections are closed.
  socket.once('finish', () => socket.destroy());
  const body = Buffer.from(message);
  socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`);
  socket.end(body);
}

/** Serves GraphQL over WebSocket (graphql-transport-ws) at /graphql of an HTTP server. */
export function serveWebSockets(server: Server, options: WebSocketOptions) {
  const { isForeign, checkHost, maxMessageBytes, pingMs = 2_000, stalledMs } = options;
  const protocol = createProtocol(options);
  /** The open connections; each promise resolves when its connection is closed. */
  const connections = new Map<Connection, Promise<void>>();
  let isDraining = false;
  // This server is not bound to the HTTP server, because `ws` would rethrow errors of that server,
  // such as a port in use.
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    // Makes sure that other connections are served between two messages of one connection.
    allowSynchronousEvents: false,
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  });
  const refusal = ({ url = '/', headers }: IncomingMessage): string | undefined => {
    if (!/^\/graphql\/?(?:\?|$)/.test(url)) return '404 Not Found';
    if (isForeign((name) => headers[name]?.toString())) return '403 Forbidden';
    return isDraining ? '503 Service Unavailable' : undefined;
  };
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const hostProblem = checkHost(request.headers.host);
    if (hostProblem) return refuse(socket, '421 Misdirected Request', hostProblem);
    const status = refusal(request);
    if (status) return refuse(socket, status);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      watchLiveness(opened, request.socket, pingMs, stalledMs);
      const connection = connect(protocol, opened, request);
      const closed = new Promise<void>((resolve) => opened.once('close', () => resolve()));
      connections.set(connection, closed);
      opened.once('close', () => connections.delete(connection));
    });
  });
  return {
    /**
     * Refuses new connections and closes the open ones with "service restart", after their pending
     * responses. Resolves when all are closed.
     */
    async drain() {
      isDraining = true;
      for (const connection of connections.keys()) connection.retire();
      await Promise.all(connections.values());
    },
    /** Terminates all connections. */
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
