import type { DocumentNode, GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { type Config, ConfigError } from '../app/config.ts';
import { type Context, type ContextDeps, createContext } from '../context/context.ts';
import { CredentialError } from '../gitlab/credential.ts';
import { toClientError, unauthenticated } from '../graphql/client-errors.ts';
import type { Telemetry } from '../observability/telemetry.ts';
import type { OperationTracker } from '../operation/operation-tracker.ts';
import { type Manifest, readManifest } from '../operation/trusted-documents.ts';
import { useWebhooks } from '../webhooks/endpoint.ts';
import type { Replicas } from '../webhooks/replicas.ts';
import { useAcceptableAnswers } from './accept.ts';
import { useCancellation } from './cancellation.ts';
import type { Drain } from './drain.ts';
import { useGraphiQL } from './graphiql.ts';
import { guardOptions, useGuards } from './guards.ts';
import type { OperatorEndpoints } from './health.ts';
import { maskFailures } from './mask-failures.ts';
import { useOperators } from './ops-endpoints.ts';
import { useRawLog } from './raw-log.ts';
import { useCacheControl } from './response-headers.ts';
import { useResultErrors } from './result-errors.ts';
import { useLongTexts } from './streamed-strings.ts';
import { useUpstreamCost } from './upstream-cost.ts';

/** What the parts of one gateway share. */
export interface Parts {
  schema: GraphQLSchema;
  deps: ContextDeps;
  observation: Telemetry;
  follower: OperationTracker;
  endpoints: OperatorEndpoints;
  drain: Drain;
  hints: Replicas;
  report(bug: unknown): void;
  /** Tokens by header name that GraphiQL shows to everybody. */
  exampleTokens: Readonly<Record<string, string>> | undefined;
}

function contextOf({ headers, signal }: Request, deps: ContextDeps): Context {
  try {
    return createContext({ header: (name) => headers.get(name), signal }, deps);
  } catch (error) {
    if (error instanceof CredentialError) throw unauthenticated(error.message);
    throw error;
  }
}

function manifestOf({ trustedDocuments }: Config): Manifest | undefined {
  try {
    return trustedDocuments && readManifest(trustedDocuments.file);
  } catch (error) {
    const problem = `TRUSTED_DOCUMENTS_FILE cannot be used: ${(error as Error).message}`;
    throw new ConfigError([problem], { cause: error });
  }
}

/** Yoga with its plugins. */
export function createEngine(config: Config, parts: Parts) {
  const { schema, deps, report } = parts;
  return createYoga<object, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    // Yoga's own, which answers every address that ends with this, is switched off: none has a line break.
    healthCheckEndpoint: '\n',
    graphiql: false,
    logging: false,
    cors: false,
    ...guardOptions(config),
    context: ({ request }) => contextOf(request, deps),
    maskedErrors: { maskError: (error) => toClientError(error, report) },
    plugins: pluginsOf(config, parts).map((plugin) => maskFailures(plugin, report)),
  });
}

/** In the order in which a request meets them. */
function pluginsOf(config: Config, parts: Parts) {
  const { deps, observation, follower, drain, hints } = parts;
  const secret = config.gitlabWebhookSecret?.reveal();
  return [
    ...useOperators({
      observation,
      drain,
      endpoints: parts.endpoints,
      follower,
    }),
    ...(config.graphiql ? [useGraphiQL({ tokens: parts.exampleTokens })] : []),
    ...useGuards(config, manifestOf(config)),
    useCancellation(),
    useAcceptableAnswers(),
    useResultErrors(),
    useCacheControl(),
    useLongTexts(),
    useRawLog({
      open: async (request, job) => (await contextOf(request, deps)).openTrace(job),
    }),
    ...(secret ? [useWebhooks({ secret, onHint: hints.publish })] : []),
    ...(config.upstreamExtension ? [useUpstreamCost()] : []),
  ];
}

/** Yoga, ready to serve. */
export type Engine = ReturnType<typeof createEngine>;

/** Parses and validates a document as Yoga and all its plugins would; undefined for one that they refuse. */
export function parseAndValidate(yoga: Engine): (query: string) => DocumentNode | undefined {
  return (query) => {
    const { parse, validate, schema } = yoga.getEnveloped({});
    try {
      const document: DocumentNode = parse(query);
      return validate(schema, document).length === 0 ? document : undefined;
    } catch {
      return undefined;
    }
  };
}
