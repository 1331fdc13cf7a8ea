import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import { createYoga, useExecutionCancellation } from 'graphql-yoga';
import type { Config } from './config.ts';
import { type Context, type ContextDeps, createContext } from './context.ts';
import { systemClock } from './gitlab/clock.ts';
import { CredentialError, readCredential } from './gitlab/credential.ts';
import { createTransport, type TransportOptions } from './gitlab/transport.ts';
import { toClientError, unauthenticated } from './graphql/errors.ts';
import { schema } from './graphql/schema.ts';
import { createSubgraph } from './graphql/subgraph.ts';
import { createLiveHub, type LiveHubOptions } from './live/hub.ts';
import { createWakeUps, type WakeUps } from './live/wake-ups.ts';
import { useCacheControl } from './plugins/use-cache-control.ts';
import { useGraphiQL } from './plugins/use-graphiql.ts';
import { useRawLog } from './plugins/use-raw-log.ts';
import { useUpstreamCost } from './plugins/use-upstream-cost.ts';

/** A gateway that can be put on a port. */
export interface Gateway {
  /** Listens; resolves with the address as a browser takes it. Rejects when the port is taken. */
  listen(host: string, port: number): Promise<string>;
  /** Takes no more requests, ends connections, and lets go of GitLab. */
  close(): Promise<void>;
}

/** What a gateway takes from outside, so that tests can put their own in. */
export interface GatewayDeps {
  version: string;
  /** Told of bugs of ours; clients see them masked. @default writes to stderr */
  report?: (bug: unknown) => void;
  /** Tokens by header name that GraphiQL shows to everybody: for the demo alone. @default none */
  exampleTokens?: Readonly<Record<string, string>> | undefined;
  /** How calls to GitLab are made: timeouts, clock, chance. @default as `createTransport` */
  transport?: Omit<TransportOptions, 'baseUrl' | 'version'> | undefined;
  /** How live updates are paced: clock, chance. @default as `createLiveHub` */
  live?: Pick<LiveHubOptions, 'clock' | 'random'> | undefined;
}

function contextDeps(config: Config, deps: GatewayDeps, wakeUps: WakeUps): ContextDeps {
  const headers: Record<string, string | undefined> = {
    'private-token': config.gitlabToken?.reveal(),
  };
  const { version, live } = deps;
  const transport = createTransport({ ...deps.transport, baseUrl: config.gitlabUrl, version });
  const { pollIntervalMs: intervalMs, maxSubscriptions: maxSubscribers } = config;
  return {
    transport,
    live: createLiveHub({ ...live, transport, wakeUps, intervalMs, maxSubscribers }),
    fallback: config.gitlabToken
      ? readCredential((name) => headers[name.toLowerCase()])
      : undefined,
    fallbackWrites: config.gitlabTokenWrites,
    webUrls: [...new Set([config.gitlabUrl, config.gitlabExternalUrl])],
    maxTraceBytes: config.maxTraceBytes,
    operationTimeoutMs: config.operationTimeoutMs,
  };
}

function contextOf(request: Request, deps: ContextDeps): Context {
  try {
    return createContext(
      { header: (name) => request.headers.get(name), signal: request.signal },
      deps,
    );
  } catch (error) {
    if (error instanceof CredentialError) throw unauthenticated(error.message);
    throw error;
  }
}

/** The standalone schema, or the same as a subgraph of a larger graph. */
function schemaFor({ federation, federationMaxReferences }: Config): GraphQLSchema {
  return federation ? createSubgraph(schema, { maxReferences: federationMaxReferences }) : schema;
}

function reportToStderr(bug: unknown): void {
  process.stderr.write(`${bug instanceof Error ? bug.stack : String(bug)}\n`);
}

/** The composition root: Yoga with its plugins, one transport to GitLab, one HTTP server. */
export function createGateway(config: Config, given: GatewayDeps): Gateway {
  const { report = reportToStderr, exampleTokens } = given;
  const wakeUps = createWakeUps(given.live?.clock ?? systemClock);
  const deps = contextDeps(config, given, wakeUps);
  const yoga = createYoga<object, Context>({
    schema: schemaFor(config),
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    logging: false,
    multipart: false,
    batching: false,
    cors: false,
    context: ({ request }) => contextOf(request, deps),
    maskedErrors: { maskError: (error) => toClientError(error, report) },
    plugins: [
      ...(config.graphiql ? [useGraphiQL({ tokens: exampleTokens })] : []),
      // Ends resolvers when the caller leaves.
      useExecutionCancellation(),
      useCacheControl(),
      useRawLog({
        open: async (request, job) => (await contextOf(request, deps)).openTrace(job),
      }),
      ...(config.upstreamExtension ? [useUpstreamCost()] : []),
    ],
  });
  const server = createServer(yoga);
  return {
    listen: (host, port) => listen(server, host, port),
    async close() {
      deps.live.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
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
