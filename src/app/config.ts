import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Secret } from '../util/secret.ts';

/** The environment, as a program gets it. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Reads values one by one and collects what is wrong with them. */
export function createReader(env: Env) {
  const problems: string[] = [];
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  return {
    problems,
    text,
    secret(name: string): Secret | undefined {
      const value = text(name);
      return value === undefined ? undefined : new Secret(value);
    },
    /** A secret that goes into a header. */
    token(name: string): Secret | undefined {
      const token = this.secret(name);
      if (!token || /^[\x21-\x7e]+$/.test(token.reveal())) return token;
      problems.push(`${name} holds characters that no token has`);
      return undefined;
    },
    flag(name: string, byDefault: boolean): boolean {
      const value = text(name)?.toLowerCase();
      if (value === undefined) return byDefault;
      if (['true', '1', 'yes', 'on'].includes(value)) return true;
      if (!['false', '0', 'no', 'off'].includes(value)) {
        problems.push(`${name} must be true or false, not ${JSON.stringify(env[name])}`);
      }
      return false;
    },
    whole(name: string, range: { byDefault: number; least: number; most: number }): number {
      const value = text(name);
      if (value === undefined) return range.byDefault;
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= range.least && number <= range.most) return number;
      problems.push(
        `${name} must be a whole number from ${range.least} to ${range.most}, not ${JSON.stringify(value)}`,
      );
      return range.byDefault;
    },
    oneOf<T extends string>(name: string, words: readonly T[], byDefault: T): T {
      const value = text(name)?.toLowerCase();
      const known = words.find((word) => word === value);
      if (value !== undefined && known === undefined) {
        problems.push(`${name} must be one of ${words.join(', ')}, not ${JSON.stringify(value)}`);
      }
      return known ?? byDefault;
    },
    url(name: string): string | undefined {
      const value = text(name);
      const url = value !== undefined && URL.canParse(value) ? new URL(value) : undefined;
      const usable = /^https?:$/.test(url?.protocol ?? '') && !url?.username && !url?.password;
      if (value === undefined || (usable && !url?.search && !url?.hash)) {
        return value?.replace(/\/+$/, '');
      }
      problems.push(
        `${name} must be an address such as "https://gitlab.example.com", without user, query and fragment`,
      );
      return undefined;
    },
  };
}

/** What {@link createReader} makes. */
export type Reader = ReturnType<typeof createReader>;

/** Everything that can be set, checked and with defaults filled in. Frozen. */
export interface Config {
  /** Serve an embedded GitLab with it. */
  demo: boolean;
  /** Where GitLab is called; may have a path. Empty in the demo, which has its own. */
  gitlabUrl: string;
  /** Where users see GitLab. Empty in the demo. */
  gitlabExternalUrl: string;
  /** Speaks for requests without a credential; undefined for nobody. */
  gitlabToken: Secret | undefined;
  gitlabTokenWrites: boolean;
  host: string;
  /** 0 picks a free one. */
  port: number;
  graphiql: boolean;
  /** Answer questions about the schema, and suggest names in errors. */
  introspection: boolean;
  limits: Limits;
  /** Origins of other sites whose pages may ask, such as `https://ci.example.com`. */
  corsOrigins: readonly string[];
  trustedDocuments: TrustedDocumentsConfig | undefined;
  /** Put what an operation cost into `extensions.upstream`. */
  upstreamExtension: boolean;
  /** Compile operations that are asked for again, and answer them without the general pipeline. */
  compiledExecution: boolean;
  /** Serve the schema as a Federation v2 subgraph. */
  federation: boolean;
  /** The most references in one `_entities`. */
  federationMaxReferences: number;
  /** How long a change of a running job may take to be seen by polling, in ms. */
  pollIntervalMs: number;
  /** Subscriptions at once. */
  maxSubscriptions: number;
  /** The same for one credential, or for all who bring none. */
  maxSubscriptionsPerCaller: number;
  /** Switches GitLab's hooks on: their secret token, or a signing token. */
  gitlabWebhookSecret: Secret | undefined;
  /** Where several replicas meet; it may hold a password. */
  redisUrl: Secret | undefined;
  /** How much of a job's log is kept: its end. */
  maxTraceBytes: number;
  /** How long an operation may take in all, in ms. */
  operationTimeoutMs: number;
  /** How long each part of a call to GitLab may take, in ms. */
  upstreamTimeouts: { connectMs: number; headersMs: number; bodyMs: number; totalMs: number };
  logLevel: LogLevel;
  /** Where /metrics is served instead of on `port`; undefined for there. */
  metricsPort: number | undefined;
  /** Processes that serve. */
  workers: number;
  /** How long running operations may go on once the end was asked for, in ms. */
  shutdownTimeoutMs: number;
}

/** The most that one request may hold or cost. */
export interface Limits {
  /** Calls to GitLab, estimated before the first. */
  upstreamCalls: number;
  /** Fields within fields. */
  depth: number;
  /** Selected fields, with fragments laid out. */
  fields: number;
  aliases: number;
  rootFields: number;
  directives: number;
  tokens: number;
  /** Items of one list in an argument or a variable. */
  listItems: number;
  bodyBytes: number;
  /** Operations in one request; 0 for a request that is one operation. */
  batch: number;
}

/** Operations that were agreed on before. */
export interface TrustedDocumentsConfig {
  /** The manifest: JSON of hashes and documents. */
  file: string;
  /** Whether any other operation is refused. */
  only: boolean;
}

/** What is logged: this and everything graver. */
export type LogLevel = (typeof logLevels)[number];
const logLevels = ['debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** What the command line asks for. */
export type Command =
  | { name: 'serve'; config: Config }
  | { name: 'help' | 'version' | 'print-schema' | 'print-subgraph' };

/** Values that cannot be used, all of them at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(`Cannot start:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`, options);
    this.problems = problems;
  }
}

/** What --help prints. */
export const usage = `gitlab-jobs-gateway: the jobs of GitLab CI as GraphQL

  --demo            serve an embedded GitLab with it; needs nothing else
  --port <number>   listen there; 0 picks a free port (as PORT)
  --print-schema    print the schema and exit
  --print-subgraph  print the schema as a federation subgraph and exit
  --version         print the version and exit
  --help            print this and exit

Set GITLAB_URL to serve a real GitLab. README.md lists all variables.`;

const flags = {
  demo: { type: 'boolean' },
  port: { type: 'string' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
  'print-schema': { type: 'boolean' },
  'print-subgraph': { type: 'boolean' },
} as const;

function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, strict: true }).values;
  } catch (error) {
    const problem = (error as Error).message.split('. ')[0] ?? '';
    throw new ConfigError([`${problem} (see --help)`], { cause: error });
  }
}

/** What only operators care for. */
function readOperation(read: Reader, demo: boolean) {
  const ms = (name: string, byDefault: number) =>
    read.whole(name, { byDefault, least: 10, most: 3_600_000 });
  const metricsPort = read.whole('METRICS_PORT', { byDefault: -1, least: 0, most: 65_535 });
  const workers = read.whole('WORKERS', { byDefault: 1, least: 0, most: 128 });
  return {
    upstreamTimeouts: {
      connectMs: ms('UPSTREAM_CONNECT_TIMEOUT_MS', 5_000),
      headersMs: ms('UPSTREAM_HEADERS_TIMEOUT_MS', 15_000),
      bodyMs: ms('UPSTREAM_BODY_TIMEOUT_MS', 15_000),
      totalMs: ms('UPSTREAM_TIMEOUT_MS', 30_000),
    },
    // The demo is for reading: its output is one line, and what goes wrong.
    logLevel: read.oneOf('LOG_LEVEL', logLevels, demo ? 'warn' : 'info'),
    metricsPort: metricsPort < 0 ? undefined : metricsPort,
    // The demo's GitLab lives in the process that serves.
    workers: demo ? 1 : workers || availableParallelism(),
    shutdownTimeoutMs:
      1000 * read.whole('SHUTDOWN_TIMEOUT', { byDefault: 25, least: 0, most: 3_600 }),
  };
}

function readLimits(read: Reader, maxReferences: number): Limits {
  const most = (name: string, byDefault: number, range: { least?: number; most?: number } = {}) =>
    read.whole(name, { byDefault, least: 1, most: 1_000_000, ...range });
  return {
    upstreamCalls: most('MAX_UPSTREAM_CALLS', 50),
    depth: most('MAX_DEPTH', 16),
    fields: most('MAX_FIELDS', 1_000),
    aliases: most('MAX_ALIASES', 100, { least: 0 }),
    rootFields: most('MAX_ROOT_FIELDS', 50),
    directives: most('MAX_DIRECTIVES', 50, { least: 0 }),
    tokens: most('MAX_TOKENS', 2_000),
    // References are items too: who allows more of them need not say so twice.
    listItems: most('MAX_LIST_ITEMS', Math.max(1_000, maxReferences)),
    bodyBytes: most('MAX_BODY_BYTES', 1_048_576, { most: 100_000_000 }),
    batch: most('MAX_BATCH', 0, { least: 0, most: 1_000 }),
  };
}

function readSubscriptions(read: Reader) {
  const range = { least: 0, most: 1_000_000 };
  const maxSubscriptions = read.whole('MAX_SUBSCRIPTIONS', { byDefault: 10_000, ...range });
  return {
    maxSubscriptions,
    maxSubscriptionsPerCaller: read.whole('MAX_SUBSCRIPTIONS_PER_CALLER', {
      // Whoever has one token cannot shut all others out.
      byDefault: Math.ceil(maxSubscriptions / 2),
      ...range,
    }),
  };
}

function readCorsOrigins(read: Reader): readonly string[] {
  const origins = read.text('CORS_ORIGINS')?.split(/[\s,]+/) ?? [];
  for (const origin of origins) {
    const isOrigin = URL.canParse(origin) && new URL(origin).origin === origin;
    if (isOrigin && !origin.includes('*')) continue;
    read.problems.push(
      `CORS_ORIGINS must be origins such as "https://ci.example.com", each named in full, not ${JSON.stringify(origin)}`,
    );
  }
  return origins;
}

/** Whether ioredis can take it apart: it finds out only when it connects, and then there is no telling the operator. */
function isRedisUrl(text: string): boolean {
  if (!/^rediss?:\/\/./.test(text) || !URL.canParse(text)) return false;
  const { username, password, pathname } = new URL(text);
  try {
    decodeURIComponent(`${username}:${password}`);
  } catch {
    return false;
  }
  return /^(\/\d*)?$/.test(pathname);
}

/** The value may hold a password, so it is not repeated where it cannot be used. */
function readRedisUrl(read: Reader): Secret | undefined {
  const url = read.secret('REDIS_URL');
  if (!url || isRedisUrl(url.reveal())) return url;
  read.problems.push('REDIS_URL must be an address such as "redis://redis.example.com:6379"');
  return undefined;
}

function readTrustedDocuments(read: Reader): TrustedDocumentsConfig | undefined {
  const only = read.oneOf('TRUSTED_DOCUMENTS', ['also', 'only'], 'also') === 'only';
  const file = read.text('TRUSTED_DOCUMENTS_FILE');
  if (file) return { file, only };
  if (only) read.problems.push('TRUSTED_DOCUMENTS=only needs TRUSTED_DOCUMENTS_FILE');
  return undefined;
}

function readConfig(env: Env, options: ReturnType<typeof parseFlags>): Config {
  const demo = options.demo ?? false;
  const read = createReader(options.port === undefined ? env : { ...env, PORT: options.port });
  const production = env['NODE_ENV'] === 'production';
  const gitlabUrl = read.url('GITLAB_URL') ?? '';
  if (!demo && !read.text('GITLAB_URL')) {
    read.problems.push('GITLAB_URL is needed: the address of your GitLab (or start with --demo)');
  }
  const graphiql = read.flag('GRAPHIQL', demo || !production);
  const federationMaxReferences = read.whole('FEDERATION_MAX_REFERENCES', {
    byDefault: 1_000,
    least: 1,
    most: 100_000,
  });
  const config: Config = {
    demo,
    gitlabUrl,
    gitlabExternalUrl: read.url('GITLAB_EXTERNAL_URL') ?? gitlabUrl,
    gitlabToken: read.token('GITLAB_TOKEN'),
    gitlabTokenWrites: read.flag('GITLAB_TOKEN_WRITES', false),
    host: read.text('HOST') ?? (demo ? '127.0.0.1' : '0.0.0.0'),
    port: read.whole('PORT', { byDefault: 4000, least: 0, most: 65_535 }),
    graphiql,
    // GraphiQL is of little use without.
    introspection: read.flag('INTROSPECTION', graphiql),
    limits: readLimits(read, federationMaxReferences),
    corsOrigins: readCorsOrigins(read),
    trustedDocuments: readTrustedDocuments(read),
    upstreamExtension: read.flag('UPSTREAM_EXTENSION', demo),
    compiledExecution: read.flag('COMPILED_EXECUTION', true),
    federation: read.flag('FEDERATION', false),
    federationMaxReferences,
    pollIntervalMs: read.whole('POLL_INTERVAL_MS', { byDefault: 1_200, least: 100, most: 60_000 }),
    ...readSubscriptions(read),
    gitlabWebhookSecret: read.secret('GITLAB_WEBHOOK_SECRET'),
    redisUrl: readRedisUrl(read),
    maxTraceBytes: read.whole('MAX_TRACE_BYTES', {
      byDefault: 16 * 1024 * 1024,
      least: 1024,
      most: 256 * 1024 * 1024,
    }),
    operationTimeoutMs: read.whole('OPERATION_TIMEOUT_MS', {
      byDefault: 60_000,
      least: 100,
      most: 3_600_000,
    }),
    ...readOperation(read, demo),
  };
  if (config.metricsPort && config.metricsPort === config.port) {
    read.problems.push('METRICS_PORT must be another port than PORT');
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return Object.freeze(config);
}

/** Reads environment and command line; throws one ConfigError that lists every problem. Pure. */
export function parseConfig(env: Env, argv: readonly string[]): Command {
  const options = parseFlags(argv);
  if (options.help) return { name: 'help' };
  if (options.version) return { name: 'version' };
  if (options['print-schema']) return { name: 'print-schema' };
  if (options['print-subgraph']) return { name: 'print-subgraph' };
  return { name: 'serve', config: readConfig(env, options) };
}
