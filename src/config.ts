import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/** Everything that can be set, checked and with defaults filled in. Frozen. */
export interface Config {
  /** Serve an embedded GitLab with it. */
  demo: boolean;
  /** Where GitLab is called; may have a path. Empty in the demo, which has its own. */
  gitlabUrl: string;
  /** Where users see GitLab. Empty in the demo. */
  gitlabExternalUrl: string;
  /** Speaks for requests without a credential; undefined for nobody. */
  gitlabToken: string | undefined;
  gitlabTokenWrites: boolean;
  host: string;
  /** 0 picks a free one. */
  port: number;
  graphiql: boolean;
  /** Put what an operation cost into `extensions.upstream`. */
  upstreamExtension: boolean;
  /** Serve the schema as a Federation v2 subgraph. */
  federation: boolean;
  /** The most references in one `_entities`. */
  federationMaxReferences: number;
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

type Env = Readonly<Record<string, string | undefined>>;

/** Reads values one by one and collects what is wrong with them. */
function createReader(env: Env) {
  const problems: string[] = [];
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  return {
    problems,
    text,
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

type Reader = ReturnType<typeof createReader>;

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

function readConfig(env: Env, options: ReturnType<typeof parseFlags>): Config {
  const demo = options.demo ?? false;
  const read = createReader(options.port === undefined ? env : { ...env, PORT: options.port });
  const production = env['NODE_ENV'] === 'production';
  const gitlabUrl = read.url('GITLAB_URL') ?? '';
  if (!demo && !read.text('GITLAB_URL')) {
    read.problems.push('GITLAB_URL is needed: the address of your GitLab (or start with --demo)');
  }
  const config: Config = {
    demo,
    gitlabUrl,
    gitlabExternalUrl: read.url('GITLAB_EXTERNAL_URL') ?? gitlabUrl,
    gitlabToken: read.text('GITLAB_TOKEN'),
    gitlabTokenWrites: read.flag('GITLAB_TOKEN_WRITES', false),
    host: read.text('HOST') ?? (demo ? '127.0.0.1' : '0.0.0.0'),
    port: read.whole('PORT', { byDefault: 4000, least: 0, most: 65_535 }),
    graphiql: read.flag('GRAPHIQL', demo || !production),
    upstreamExtension: read.flag('UPSTREAM_EXTENSION', demo),
    federation: read.flag('FEDERATION', false),
    federationMaxReferences: read.whole('FEDERATION_MAX_REFERENCES', {
      byDefault: 1000,
      least: 1,
      most: 100_000,
    }),
    operationTimeoutMs: read.whole('OPERATION_TIMEOUT_MS', {
      byDefault: 60_000,
      least: 100,
      most: 3_600_000,
    }),
    ...readOperation(read, demo),
  };
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
