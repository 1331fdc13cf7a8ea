import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GraphQLSchema } from 'graphql';
import type { Registry } from 'prom-client';
import type { ContextDeps } from '../context/context.ts';
import { createSubgraph } from '../federation/subgraph.ts';
import type { Credential } from '../gitlab/credential.ts';
import type { Probe } from '../gitlab/transport/probe.ts';
import { createTransport, type TransportOptions } from '../gitlab/transport/transport.ts';
import { schema as standalone } from '../graphql/schema.ts';
import { createHostCheck } from '../http/allowed-hosts.ts';
import { createArtifactsRoute } from '../http/artifacts.ts';
import { BOARD_DOCUMENTS, createBoardRoute } from '../http/board.ts';
import { createBodyReader } from '../http/body.ts';
import {
  arrivalTimes,
  closeStalled,
  dropUnreadBodies,
  handleInSequence,
  limitConnections,
  MAX_CONNECTIONS,
} from '../http/connections.ts';
import { createDownloads } from '../http/downloads.ts';
import { createDrain } from '../http/drain.ts';
import { createGraphiqlRoute } from '../http/graphiql.ts';
import { createGraphqlHandler } from '../http/graphql.ts';
import {
  createHealthRoute,
  createOperatorServer,
  healthEndpoints,
  metricsEndpoint,
} from '../http/health.ts';
import { createSendDownload } from '../http/job-download.ts';
import { createMcpRoute } from '../http/mcp.ts';
import { isFromForeignSite } from '../http/origin.ts';
import { createRawLogRoute } from '../http/raw-log.ts';
import { readRequestId } from '../http/request-id.ts';
import { createResponseHeaders } from '../http/response-headers.ts';
import { createHttpListener, type Route } from '../http/server.ts';
import { createStartPageRoute } from '../http/start-page.ts';
import { createWebhookRoute } from '../http/webhooks.ts';
import { createStreamSender } from '../http/yoga.ts';
import { createLiveHub, type LiveHubOptions } from '../live/hub.ts';
import type { ChangeEvent } from '../live/notifications.ts';
import type { McpEndpoint } from '../mcp/server.ts';
import { createToolList } from '../mcp/tool-list.ts';
import { MAX_WAIT_SECONDS } from '../mcp/wait-limit.ts';
import { type Logger, silentLogger } from '../observability/logger.ts';
import { createTelemetry } from '../observability/telemetry.ts';
import { createOperationCache } from '../operation/document-cache.ts';
import { createOperationTracker } from '../operation/operation-tracker.ts';
import { createOperations, openContext } from '../operation/run.ts';
import {
  createTrustedDocuments,
  type Manifest,
  readManifest,
} from '../operation/trusted-documents.ts';
import { createLogBudget } from '../trace/log-budget.ts';
import { systemClock } from '../util/clock.ts';
import { createServer } from '../util/http.ts';
import { loadOnce } from '../util/load-once.ts';
import { createWebhookEndpoint } from '../webhooks/endpoint.ts';
import { createReplicas, type Replicas } from '../webhooks/replicas.ts';
import { serveWebSockets } from '../websocket/server.ts';
import { UpgradeRequest } from '../websocket/upgrade-request.ts';
import { type Config, ConfigError } from './config.ts';
import { credentialOf, openTokenFile } from './token-file.ts';

/** A gateway that can listen on a port. */
export interface Gateway {
  /**
   * Resolves with the gateway's URL for browsers, such as `http://localhost:4000`. Rejects if the
   * port is in use.
   */
  listen(host: string, port: number): Promise<string>;
  /**
   * Returns the URL of /metrics once this process serves it on METRICS_PORT; otherwise undefined.
   */
  metricsUrl(): string | undefined;
  /**
   * Ends subscriptions, and refuses new requests except those to /health, /ready and /metrics.
   * Resolves when no request is running.
   */
  drain(): Promise<void>;
  /** Closes all connections, to clients and to GitLab. */
  close(): Promise<void>;
  /**
   * Notifies the subscriptions of this process of a change event (a webhook of GitLab) that another
   * process received.
   */
  receive(event: ChangeEvent): void;
  /**
   * Returns the Prometheus registries for /metrics. The first call starts to collect metrics of the
   * process.
   */
  registries(): Registry[];
}

/**
 * Time until an idle connection is closed. Must be longer than the usual 60 s of reverse proxies:
 * otherwise the gateway could close a connection on which a proxy is sending a request.
 */
const KEEP_ALIVE_MS = 75_000;

/** The dependencies of a gateway besides its configuration. Tests replace some of them. */
export interface GatewayDeps {
  version: string;
  /** @default no log */
  logger?: Logger | undefined;
  /** Reports a bug; clients see a masked error. @default writes to the log, or to stderr */
  report?: (bug: unknown) => void;
  /**
   * Whether this process is one of several workers on one port. With METRICS_PORT, the primary
   * process of the workers serves /metrics.
   */
  isWorker?: boolean | undefined;
  /** Sends a change event to the other workers. Set if several processes serve one port. */
  passOn?: ((event: ChangeEvent) => void) | undefined;
  /** Tokens by header name that GraphiQL shows to everyone: only for the demo. @default none */
  exampleTokens?: Readonly<Record<string, string>> | undefined;
  /**
   * The folder of the built board, the web page of pipelines. @default `dist/board` of this package
   */
  boardFolder?: string | undefined;
  /**
   * The page to which `/` redirects browsers, relative to `/`. @default the board or, if it is not
   * served, GraphiQL
   */
  startPage?: string | undefined;
  /**
   * Options of the transport to GitLab, such as its clock. @default for `timeouts`, those of the
   * configuration; for all other options, the defaults of `createTransport`
   */
  transport?: Omit<TransportOptions, 'baseUrl' | 'version' | 'network'> | undefined;
  /**
   * How often graphql-js executes an operation before the operation is compiled. Trusted documents,
   * subscriptions, and operations with more than five estimated calls to GitLab are compiled at
   * their first use. @default 1
   */
  compileAfterUses?: number | undefined;
  /**
   * Time in ms after which a download or WebSocket is closed if its client takes no data. Any other
   * connection without traffic is closed after this time plus the longest timeout of a request.
   * @default 30 s
   */
  stalledMs?: number | undefined;
  /**
   * Clock and randomness of polls, and ping interval of WebSockets. The clock is also used for the
   * token file, webhooks and MCP. @default the defaults of `LiveHubOptions` and `WebSocketOptions`
   */
  // Does not import WebSocketOptions, because the published types must not need @types/ws.
  live?: (Pick<LiveHubOptions, 'clock' | 'random'> & { pingMs?: number | undefined }) | undefined;
}

/** Reads the gateway's own token, from a setting or a file. */
function openOwnToken(
  { gitlabToken, gitlabTokenFile }: Config,
  { live, logger = silentLogger }: GatewayDeps,
): { latest(): Credential | undefined; close(): void } {
  if (gitlabTokenFile) {
    return openTokenFile(gitlabTokenFile, { clock: live?.clock ?? systemClock, logger });
  }
  const credential = gitlabToken && credentialOf(gitlabToken.reveal());
  return { latest: () => credential, close: () => {} };
}

function createContextDeps(
  config: Config,
  { version, live, ...deps }: GatewayDeps,
  { notifications }: Replicas,
  fallback: ContextDeps['fallback'],
): ContextDeps {
  const transport = createTransport({
    timeouts: config.upstreamTimeouts,
    ...deps.transport,
    baseUrl: config.gitlabUrl,
    network: config.network,
    version,
  });
  return {
    transport,
    live: createLiveHub({
      ...live,
      transport,
      notifications,
      intervalMs: config.pollIntervalMs,
      maxSubscribers: config.maxSubscriptions,
      maxPerCaller: config.maxSubscriptionsPerCaller,
    }),
    fallback,
    fallbackWrites: config.gitlabTokenWrites,
    webUrls: [...new Set([config.gitlabExternalUrl, config.gitlabUrl])],
    logBudget: createLogBudget(config.maxTraceBytes),
    operationTimeoutMs: config.operationTimeoutMs,
    maxUpstreamCalls: config.limits.upstreamCalls,
  };
}

/** Returns the standalone schema or, with FEDERATION, the subgraph. */
function createSchema(config: Config): GraphQLSchema {
  if (!config.federation) return standalone;
  const { federationMaxReferences: maxReferences, federationTypePrefix: typePrefix } = config;
  return createSubgraph(standalone, { maxReferences, typePrefix });
}

/**
 * Creates telemetry, and options that make the transport (the HTTP client for GitLab) report to it.
 */
function observe(given: GatewayDeps, probe: Probe) {
  const telemetry = createTelemetry({
    logger: given.logger ?? silentLogger,
    now: () => performance.now(),
    probe,
  });
  const { upstream } = telemetry;
  const onCall: typeof upstream.onCall = (event) => {
    upstream.onCall(event);
    given.transport?.onCall?.(event);
  };
  return { telemetry, transport: { ...given.transport, ...upstream, onCall } };
}

function createReport(logger: Logger | undefined): (bug: unknown) => void {
  if (logger) return (bug) => logger.error({ err: bug }, 'bug');
  return (bug) => {
    process.stderr.write(`${bug instanceof Error ? bug.stack : String(bug)}\n`);
  };
}

/**
 * The folder of the built board. Both `src/app` and `dist/app` are two levels below the package
 * root.
 */
export const BOARD_FOLDER = fileURLToPath(new URL('../../dist/board', import.meta.url));

/**
 * Returns the result of `read`, which reads files that a setting needs. If `read` throws, throws a
 * ConfigError whose only problem is the text `problem` and the reason.
 */
function readFor<T>(problem: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ConfigError([`${problem}: ${(error as Error).message}`], { cause: error });
  }
}

const BOARD_PROBLEM =
  'BOARD=true needs the files of the board, which `npm run build` creates. They cannot be used';

function readBoard(folder = BOARD_FOLDER): { route: Route; documents: Manifest } {
  return readFor(BOARD_PROBLEM, () => ({
    route: createBoardRoute(folder),
    documents: readManifest(join(folder, BOARD_DOCUMENTS)),
  }));
}

/** Returns the documents of TRUSTED_DOCUMENTS_FILE; undefined if that is not set. */
function readTrustedDocuments(file: string | undefined): Manifest | undefined {
  if (file === undefined) return undefined;
  return readFor('TRUSTED_DOCUMENTS_FILE cannot be used', () => readManifest(file));
}

/** The parts that the HTTP and WebSocket servers share. */
type Parts = ReturnType<typeof createParts>;

function createParts(config: Config, given: GatewayDeps) {
  const { report = createReport(given.logger) } = given;
  const { telemetry, transport } = observe(given, () => context.transport.probe());
  const replicas = createReplicas({
    clock: given.live?.clock ?? systemClock,
    redisUrl: config.redisUrl?.reveal(),
    onRelay: telemetry.onRelay,
    passOn: given.passOn,
  });
  const ownToken = openOwnToken(config, given);
  const deps = { ...given, transport };
  const context: ContextDeps = createContextDeps(config, deps, replicas, ownToken.latest);
  const schema = createSchema(config);
  const { limits, introspection, compiledExecution, upstreamExtension, trustedDocuments } = config;
  const { compileAfterUses } = given;
  const { webUrls } = context;
  const cacheOptions = { schema, limits, webUrls, introspection };
  const board = config.board ? readBoard(given.boardFolder) : undefined;
  const operations = createOperations({
    ...{ schema, limits, introspection, upstreamExtension, context, report },
    documents: createOperationCache({ ...cacheOptions, compiledExecution, compileAfterUses }),
    trustedDocuments: createTrustedDocuments(
      { own: readTrustedDocuments(trustedDocuments.file), board: board?.documents },
      trustedDocuments.only,
    ),
    tracker: createOperationTracker(telemetry.observer, () => performance.now()),
  });
  const checkHost = createHostCheck(config.allowedHosts);
  const shared = { schema, context, telemetry, operations, replicas, report, board };
  return { ...shared, drain: createDrain(), checkHost, ownToken };
}

/** Returns the routes of the pages for browsers. */
function createPageRoutes(config: Config, given: GatewayDeps, { board }: Parts): Route[] {
  const { startPage = board ? 'board' : 'graphql' } = given;
  return [
    ...(board ? [board.route] : []),
    ...(config.graphiql ? [createGraphiqlRoute(given.exampleTokens)] : []),
    ...(board || config.graphiql ? [createStartPageRoute(startPage)] : []),
  ];
}

/**
 * Creates the MCP endpoint. Starts to load the tools and the MCP SDK immediately; requests wait
 * until they are loaded. If loading fails, each request tries to load them again.
 */
function createMcp(config: Config, { version, live }: GatewayDeps, parts: Parts): McpEndpoint {
  const { operations, schema, context, telemetry, report, drain } = parts;
  const load = loadOnce(async () => {
    const { createMcpEndpoint } = await import('../mcp/server.ts');
    return createMcpEndpoint({
      ...{ operations, schema, version, report },
      ...{ webUrls: context.webUrls, fallback: context.fallback },
      ...{ writes: config.mcp.writes, maxChars: config.mcp.maxChars },
      ...{ clock: live?.clock ?? systemClock, shutdown: drain.signal },
      onToolCall: telemetry.toolCalled,
    });
  });
  load().catch(report);
  return async (request, parsedBody) => (await load())(request, parsedBody);
}

/**
 * Creates the listener for all HTTP requests: GraphQL, pages, raw logs, artifacts, MCP, webhooks,
 * health and metrics.
 */
function createListener(config: Config, given: GatewayDeps, parts: Parts) {
  const { context, telemetry, operations, drain, replicas, report, checkHost } = parts;
  const { corsOrigins: origins, limits } = config;
  const headers = createResponseHeaders(origins);
  const readBytes = createBodyReader();
  const maxBodyBytes = limits.bodyBytes;
  const graphql = createGraphqlHandler({
    ...{ operations, headers, drain, origins, report },
    streams: createStreamSender(headers, drain),
    readBytes,
    maxBodyBytes,
    maxBatch: limits.batch,
    refused: telemetry.observer.refused,
  });
  const sendDownload = createSendDownload(
    (caller) => openContext(caller, context),
    createDownloads({
      stalledMs: given.stalledMs ?? 30_000,
      isKnown: context.transport.known.has,
    }),
  );
  const secret = config.gitlabWebhookSecret?.reveal();
  const endpoint = secret && createWebhookEndpoint(secret, replicas.publish);
  const routes = [
    createHealthRoute(
      operatorEndpoints(parts, config.metricsPort === undefined && !given.isWorker),
    ),
    ...createPageRoutes(config, given, parts),
    createRawLogRoute(sendDownload),
    createArtifactsRoute(sendDownload),
    ...(endpoint ? [createWebhookRoute(endpoint, readBytes)] : []),
    ...(config.mcp.enabled
      ? [
          createMcpRoute(createMcp(config, given, parts), {
            ...{ origins, readBytes, maxBodyBytes },
            listTools: createToolList(),
          }),
        ]
      : []),
  ];
  const { refused } = telemetry.observer;
  return createHttpListener({ graphql, routes, headers, drain, report, checkHost, refused });
}

function operatorEndpoints({ telemetry, drain }: Parts, withMetrics: boolean) {
  const { readiness, metricsText } = telemetry;
  return new Map([
    ...healthEndpoints({ readiness, isDraining: () => drain.isDraining }),
    ...metricsEndpoint(withMetrics ? metricsText : undefined),
  ]);
}

/**
 * Creates a gateway from its parts: the client for GitLab, the GraphQL operations, and the HTTP and
 * WebSocket servers.
 */
export function createGateway(config: Config, given: GatewayDeps): Gateway {
  const parts = createParts(config, given);
  const { context, operations, schema, drain, replicas, telemetry } = parts;
  const { stalledMs = 30_000 } = given;
  // TCP keep-alive probes detect idle clients whose network was lost (docs/decisions/006).
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: 1_000 };
  const server = createServer({
    ...{ ...keepAlive, ...arrivalTimes },
    IncomingMessage: UpgradeRequest,
  });
  const listener = createListener(config, given, parts);
  handleInSequence(server, (request, response) => {
    drain.watch(response);
    listener(request, response);
  });
  dropUnreadBodies(server);
  limitConnections(server, Math.max(MAX_CONNECTIONS, 2 * config.maxSubscriptions));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // Stalled connections are closed only after the longest timeout of a request, so that a client
  // receives the timeout error first.
  const waitMs = config.mcp.enabled ? MAX_WAIT_SECONDS * 1_000 : 0;
  const longestMs = Math.max(config.operationTimeoutMs, config.upstreamTimeouts.bodyMs, waitMs);
  closeStalled(server, longestMs + stalledMs);
  const webSockets = serveWebSockets(server, {
    ...{ operations, schema, stalledMs, pingMs: given.live?.pingMs },
    readRequestId,
    isForeign: (header) => isFromForeignSite(header, config.corsOrigins),
    checkHost: parts.checkHost,
    maxMessageBytes: config.limits.bodyBytes,
  });
  const operators =
    config.metricsPort === undefined || given.isWorker
      ? undefined
      : createOperatorServer(operatorEndpoints(parts, true));
  let metricsUrl: string | undefined;
  return {
    async listen(host, port) {
      if (operators)
        metricsUrl = `${await listen(operators, host, config.metricsPort ?? 0)}/metrics`;
      const address = await listen(server, host, port);
      // Logs an error such as a lack of file descriptors for a new connection. Open connections
      // continue.
      server.on('error', (error) => given.logger?.error({ err: error }, 'no new connection'));
      return address;
    },
    metricsUrl: () => metricsUrl,
    async drain() {
      const webSocketsClosed = webSockets.drain();
      drain.begin();
      server.closeIdleConnections();
      await Promise.all([drain.idle(), webSocketsClosed]);
    },
    receive: replicas.notifications.receive,
    registries: telemetry.registries,
    async close() {
      context.live.close();
      webSockets.close();
      replicas.close();
      parts.ownToken.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      operators?.close();
      operators?.closeAllConnections();
      await context.transport.close();
    },
  };
}

/**
 * Listens. Resolves with the server's URL for browsers, which has `localhost` instead of `0.0.0.0`
 * or `[::]`.
 */
export function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address() as AddressInfo;
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      const shown = name === '0.0.0.0' || name === '[::]' ? 'localhost' : name;
      resolve(`http://${shown}:${address.port}`);
    });
  });
}
