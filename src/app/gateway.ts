import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import type { Registry } from 'prom-client';
import { type ContextDeps, createContext } from '../context/context.ts';
import { createSubgraph } from '../federation/subgraph.ts';
import { readCredential } from '../gitlab/credential.ts';
import type { CallEvent } from '../gitlab/request.ts';
import { ping } from '../gitlab/transport/ping.ts';
import { createTransport, type TransportOptions } from '../gitlab/transport/transport.ts';
import { toClientError } from '../graphql/client-errors.ts';
import { schema as standalone } from '../graphql/schema.ts';
import { refuseBadAddress } from '../http/bad-address.ts';
import { cutStalled, onTurn } from '../http/connections.ts';
import { createDrain } from '../http/drain.ts';
import { createEndpoints, createOperatorServer } from '../http/health.ts';
import { isFromForeignSite } from '../http/origin.ts';
import { createEngine, type Engine, type Parts, parseAndValidate } from '../http/yoga.ts';
import { createLiveHub, type LiveHubOptions } from '../live/hub.ts';
import type { ChangeEvent } from '../live/notifications.ts';
import { type Logger, silentLogger } from '../observability/logger.ts';
import { createTelemetry, type TelemetryDeps } from '../observability/telemetry.ts';
import { createOperationCache } from '../operation/document-cache.ts';
import { createOperationTracker } from '../operation/operation-tracker.ts';
import { createDirect } from '../operation/run.ts';
import { createLogBudget } from '../trace/log-budget.ts';
import { systemClock } from '../util/clock.ts';
import { createReplicas, type Replicas } from '../webhooks/replicas.ts';
import { serveWebSockets, type WebSocketOptions } from '../websocket/server.ts';
import { UpgradeRequest } from '../websocket/upgrade-request.ts';
import type { Config } from './config.ts';

/** A gateway that can be put on a port. */
export interface Gateway {
  /** Listens; resolves with the address as a browser takes it. Rejects when the port is taken. */
  listen(host: string, port: number): Promise<string>;
  /** Takes nothing new, tells subscribers to come again, and resolves when all that runs has finished. */
  drain(): Promise<void>;
  /** Takes no more requests, ends connections, and lets go of GitLab. */
  close(): Promise<void>;
  /** Takes a hint that came to another process: something may have changed. */
  receive(hint: ChangeEvent): void;
  /** The registries of this process's metrics. Metrics of the process are collected from the first call on. */
  registries(): Registry[];
}

/**
 * How long a connection is kept for the next request. Longer than the 60 s of usual proxies: where a connection ends on
 * this side, a request that is already on its way there comes to nothing.
 */
const KEEP_ALIVE_MS = 75_000;

type LiveDeps = Pick<LiveHubOptions, 'clock' | 'random'> & Pick<WebSocketOptions, 'pingMs'>;

/** What a gateway takes from outside, so that tests can put their own in. */
export interface GatewayDeps {
  version: string;
  /** Told of operations, and of what operators should know. @default nobody */
  logger?: Logger | undefined;
  /** Told of bugs of ours; clients see them masked. @default writes to the log, or to stderr without one */
  report?: (bug: unknown) => void;
  /** Whether this is one of several processes on one port. Their primary process serves /metrics. */
  isWorker?: boolean | undefined;
  /** Set where several processes serve one port: hands a hint on to the others. */
  passOn?: ((hint: ChangeEvent) => void) | undefined;
  /** Tokens by header name that GraphiQL shows to everybody: for the demo alone. @default none */
  exampleTokens?: Readonly<Record<string, string>> | undefined;
  /** How calls to GitLab are made: timeouts, clock, chance. @default as `createTransport` */
  transport?: Omit<TransportOptions, 'baseUrl' | 'version'> | undefined;
  /** How often an operation is executed in general before it is compiled. @default 1 */
  compileAfterUses?: number | undefined;
  /** How long a connection may be without a byte beyond what its work may take, in ms. @default 30 s */
  stalledMs?: number | undefined;
  /** How live updates are paced: clock, chance. @default as `createLiveHub` */
  live?: LiveDeps | undefined;
}

function contextDeps(
  config: Config,
  deps: GatewayDeps,
  { notifications: wakeUps }: Replicas,
): ContextDeps {
  const headers: Record<string, string | undefined> = {
    'private-token': config.gitlabToken?.reveal(),
  };
  const { version, live } = deps;
  const transport = createTransport({
    timeouts: config.upstreamTimeouts,
    ...deps.transport,
    baseUrl: config.gitlabUrl,
    version,
  });
  return {
    transport,
    live: createLiveHub({
      ...live,
      transport,
      notifications: wakeUps,
      intervalMs: config.pollIntervalMs,
      maxSubscribers: config.maxSubscriptions,
      maxPerCaller: config.maxSubscriptionsPerCaller,
    }),
    fallback: config.gitlabToken
      ? readCredential((name) => headers[name.toLowerCase()])
      : undefined,
    fallbackWrites: config.gitlabTokenWrites,
    webUrls: [...new Set([config.gitlabUrl, config.gitlabExternalUrl])],
    logBudget: createLogBudget(config.maxTraceBytes),
    operationTimeoutMs: config.operationTimeoutMs,
    maxUpstreamCalls: config.limits.upstreamCalls,
  };
}

/** The standalone schema, or the same as a subgraph of a larger graph. */
function schemaFor({ federation, federationMaxReferences }: Config): GraphQLSchema {
  return federation
    ? createSubgraph(standalone, { maxReferences: federationMaxReferences })
    : standalone;
}

/** Log, metrics, readiness and tracing, and a transport that tells them of its calls. */
function observe(given: GatewayDeps, ping: TelemetryDeps['ping']) {
  const observation = createTelemetry({
    logger: given.logger ?? silentLogger,
    now: () => performance.now(),
    ping,
  });
  const { onCall } = given.transport ?? {};
  const { upstream } = observation;
  const tellBoth = (event: CallEvent) => {
    upstream.onCall(event);
    onCall?.(event);
  };
  return { observation, transport: { ...given.transport, ...upstream, onCall: tellBoth } };
}

function reportTo(logger: Logger | undefined): (bug: unknown) => void {
  return logger ? (bug) => logger.error({ err: bug }, 'bug') : reportToStderr;
}

function reportToStderr(bug: unknown): void {
  process.stderr.write(`${bug instanceof Error ? bug.stack : String(bug)}\n`);
}

/** The way of requests: the short one for what is asked for again and again, Yoga's for all else. */
function listenerOf(yoga: Engine, config: Config, given: GatewayDeps, parts: Parts) {
  const { schema, deps, follower, drain, report } = parts;
  if (!config.compiledExecution) return refuseBadAddress(yoga);
  const direct = createDirect({
    otherwise: yoga,
    programs: createOperationCache({
      schema,
      admit: parseAndValidate(yoga),
      usesBefore: given.compileAfterUses,
    }),
    ...{ schema, follower, limits: config.limits, origins: config.corsOrigins },
    webUrls: deps.webUrls,
    operationTimeoutMs: config.operationTimeoutMs,
    isDraining: () => drain.isDraining,
    createContext: (caller) => createContext(caller, deps),
    mask: (error) => toClientError(error, report),
    tellsCost: config.upstreamExtension,
  });
  return refuseBadAddress(direct);
}

/** GraphQL over WebSocket, beside what Yoga answers itself. */
function addWebSockets(
  server: Server,
  config: Config,
  {
    report,
    ...options
  }: Pick<Parts, 'report'> & Pick<WebSocketOptions, 'yoga' | 'pingMs' | 'stalledMs'>,
) {
  return serveWebSockets(server, {
    ...options,
    mask: (error) => toClientError(error, report),
    isForeign: (header) => isFromForeignSite(header, config.corsOrigins),
    maxMessageBytes: config.limits.bodyBytes,
  });
}

/** The composition root: Yoga with its plugins, one transport to GitLab, one HTTP server. */
export function createGateway(config: Config, given: GatewayDeps): Gateway {
  const { report = reportTo(given.logger), stalledMs = 30_000, exampleTokens } = given;
  const drain = createDrain();
  const { observation, transport } = observe(given, (signal) => ping(deps.transport, signal));
  const hints = createReplicas({
    clock: given.live?.clock ?? systemClock,
    redisUrl: config.redisUrl?.reveal(),
    onRelay: observation.onRelay,
    passOn: given.passOn,
  });
  const deps = contextDeps(config, { ...given, transport }, hints);
  const follower = createOperationTracker(observation.observer, () => performance.now());
  const schema = schemaFor(config);
  const endpointsOf = (withMetrics: boolean) =>
    createEndpoints({
      readiness: observation.readiness,
      isDraining: () => drain.isDraining,
      metrics: withMetrics ? observation.metricsText : undefined,
    });
  const endpoints = endpointsOf(config.metricsPort === undefined && !given.isWorker);
  const shared = { schema, deps, observation, endpoints, follower, drain, hints };
  const parts = { ...shared, report, exampleTokens };
  const yoga = createEngine(config, parts);
  // TCP keep-alive probes find idle peers whose network was lost (docs/decisions/006).
  const liveness = { keepAlive: true, keepAliveInitialDelay: 1_000 };
  const server = createServer({ ...liveness, IncomingMessage: UpgradeRequest });
  const answer = listenerOf(yoga, config, given, parts);
  onTurn(server, (request, response) => {
    drain.watch(response);
    answer(request, response);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // GitLab's own pauses come to an end first.
  const longestMs = Math.max(config.operationTimeoutMs, config.upstreamTimeouts.bodyMs);
  cutStalled(server, longestMs + stalledMs);
  const { pingMs } = given.live ?? {};
  const webSockets = addWebSockets(server, config, { yoga, report, pingMs, stalledMs });
  const operators =
    config.metricsPort === undefined || given.isWorker
      ? undefined
      : createOperatorServer(endpointsOf(true));
  return {
    async listen(host, port) {
      if (operators) await listen(operators, host, config.metricsPort ?? 0);
      const address = await listen(server, host, port);
      // Such as having no file descriptor left for a connection: those that are open go on.
      server.on('error', (error) => given.logger?.error({ err: error }, 'no new connection'));
      return address;
    },
    async drain() {
      // Before event streams are told to end: a WebSocket's are not, it is closed whole.
      const webSocketsClosed = webSockets.drain();
      drain.begin();
      server.closeIdleConnections();
      await Promise.all([drain.idle(), webSocketsClosed]);
    },
    receive: hints.notifications.receive,
    registries: observation.registries,
    async close() {
      deps.live.close();
      webSockets.close();
      hints.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      operators?.close();
      operators?.closeAllConnections();
      await deps.transport.close();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<string> {
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
