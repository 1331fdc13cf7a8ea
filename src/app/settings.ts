import { availableParallelism } from 'node:os';
import * as z from 'zod';
import { ANY_HOST, isLoopback } from '../http/allowed-hosts.ts';
import {
  boolean,
  certificates,
  extraHeaders,
  file,
  gitlabUrl,
  hostNames,
  integer,
  oneOf,
  origins,
  proxyUrl,
  redisUrl,
  secretFile,
  token,
  tokenFile,
  typePrefix,
  webhookSecret,
} from './schemas.ts';

/** The values from which a default is computed. */
interface Given {
  readonly demo: boolean;
  readonly production: boolean;
  /** Parsed values by variable name, but only those of the preceding settings in `settings`. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** A default, and how the documentation shows it. */
interface Default<T> {
  readonly shown: string;
  value(given: Given): T;
}

/** An environment variable: how it is parsed, and how it is documented. */
export interface Setting<T> {
  readonly name: string;
  readonly schema: z.ZodType<T, string>;
  readonly byDefault: Default<T>;
  readonly description: string;
  /** The range of a number, such as "0 to 65535"; otherwise empty. */
  readonly range: string;
  /** Whether README and --help list the setting. */
  readonly isCommon: boolean;
  /** Whether the variable is also read in lower case, which takes precedence. */
  readonly isAnyCase: boolean;
}

/** A group of settings, with the keys and nesting of the configuration. */
export interface Settings {
  readonly [key: string]: Setting<unknown> | Settings;
}

/** The type of the configuration that a group of settings produces. */
export type Values<S> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : Values<S[K]>;
};

export function isSetting(node: Setting<unknown> | Settings): node is Setting<unknown> {
  return typeof node['name'] === 'string';
}

function define<T>(name: string, schema: z.ZodType<T, string>, byDefault: Default<T>, range = '') {
  const setting = { name, schema, byDefault, range, isCommon: false, isAnyCase: false };
  return {
    describe: (description: string): Setting<T> => ({ ...setting, description }),
    describeCommon: (description: string) => ({ ...setting, description, isCommon: true }),
  };
}

const derived = <T>(shown: string, value: (given: Given) => T): Default<T> => ({ shown, value });
const fixed = <T>(value: T, shown: string) => derived(shown, () => value);

function optional<T>(name: string, schema: z.ZodType<T, string>, range?: string) {
  return define<T | undefined>(name, schema, fixed(undefined, '–'), range);
}

/**
 * Defines a setting that is read from a variable in lower or upper case, as other programs do:
 * `https_proxy`, `HTTPS_PROXY`.
 */
function fromAnyCase<T>(name: string, schema: z.ZodType<T, string>) {
  const { describe } = optional(name, schema);
  return {
    describe: (text: string): Setting<T | undefined> => ({ ...describe(text), isAnyCase: true }),
  };
}

/**
 * Returns the default of ALLOWED_HOSTS:
 * - `localhost` for the demo, and if only this machine can connect;
 * - all hosts if the gateway has no token of its own;
 * - otherwise no host, which config.ts reports as a missing setting. Web pages of other sites could
 *   misuse the token of the gateway (DNS rebinding), so the operator must list the hosts.
 */
function defaultHosts({ demo, values }: Given): string[] {
  if (demo || isLoopback(String(values['HOST']))) return ['localhost'];
  return values['GITLAB_TOKEN'] || values['GITLAB_TOKEN_FILE'] ? [] : [ANY_HOST];
}

function flag(name: string, byDefault: boolean | Default<boolean>) {
  const given = typeof byDefault === 'boolean' ? fixed(byDefault, `\`${byDefault}\``) : byDefault;
  return define(name, boolean, given);
}

function whole(
  name: string,
  byDefault: number | Default<number>,
  [min, max]: readonly [number, number],
  convert = (value: number) => value,
) {
  const given =
    typeof byDefault === 'number' ? fixed(convert(byDefault), `\`${byDefault}\``) : byDefault;
  return define(name, integer(min, max).transform(convert), given, `${min} to ${max}`);
}

const PORTS = [0, 65_535] as const;
const MILLION = [1, 1_000_000] as const;
const MILLION_OR_NONE = [0, 1_000_000] as const;
const TIMEOUT_MS = [10, 3_600_000] as const;
const logLevels = ['debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const addresses = {
  gitlabUrl: define('GITLAB_URL', gitlabUrl, fixed('', '–')).describeCommon(
    'Address of GitLab, with a path if it has one. Required unless `--demo`',
  ),
  gitlabExternalUrl: define(
    'GITLAB_EXTERNAL_URL',
    gitlabUrl,
    derived('as `GITLAB_URL`', ({ values }) => String(values['GITLAB_URL'])),
  ).describe('Address of GitLab for users, if it differs. `resource(url:)` accepts both'),
  gitlabToken: optional('GITLAB_TOKEN', token).describeCommon(
    'Token for reads by callers without a credential; they all act as its user',
  ),
  gitlabTokenFile: optional('GITLAB_TOKEN_FILE', tokenFile).describe(
    'File with that token, instead of `GITLAB_TOKEN`. It is read again when it changes: [rotate the token](#rotating-the-token)',
  ),
  gitlabTokenWrites: flag('GITLAB_TOKEN_WRITES', false).describe(
    'Whether that token is used for mutations, too',
  ),
  host: define(
    'HOST',
    z.string(),
    derived('`0.0.0.0`', ({ demo }) => (demo ? '127.0.0.1' : '0.0.0.0')),
  ).describe('Address to listen on. `127.0.0.1` in the demo'),
  port: whole('PORT', 4000, PORTS).describeCommon('Port to listen on; `0` picks a free one'),
  metricsPort: optional('METRICS_PORT', integer(...PORTS), PORTS.join(' to ')).describeCommon(
    'Port for `/metrics`, instead of `PORT`. With `WORKERS` above 1, metrics are only available with this setting',
  ),
  mcp: {
    enabled: flag(
      'MCP',
      derived('`false`', ({ demo }) => demo),
    ).describe('Serve tools for coding agents at `/mcp` (MCP). `true` in the demo'),
    writes: flag('MCP_WRITES', false).describe(
      'Whether these tools may change something in GitLab: retry, cancel and play jobs',
    ),
    maxChars: whole('MCP_MAX_CHARS', 6000, [1000, 40_000]).describe(
      'Maximum characters of an answer of a tool',
    ),
  },
  federation: flag('FEDERATION', false).describe(
    'Serve the schema as a Federation v2 subgraph: [federation.md](federation.md)',
  ),
  federationTypePrefix: optional('FEDERATION_TYPE_PREFIX', typePrefix).describe(
    'Start of the names of all types of the subgraph, such as `Ci`: [federation.md](federation.md#type-names)',
  ),
  federationMaxReferences: whole('FEDERATION_MAX_REFERENCES', 1000, [1, 100_000]).describe(
    'Maximum references in one `_entities` field',
  ),
};

const network = {
  proxies: {
    https: fromAnyCase('HTTPS_PROXY', proxyUrl).describe(
      'Proxy for an `https://` GitLab: [behind a proxy](#behind-a-proxy)',
    ),
    http: fromAnyCase('HTTP_PROXY', proxyUrl).describe('Proxy for an `http://` GitLab'),
    except: fromAnyCase('NO_PROXY', z.string()).describe(
      'Hosts that are reached without a proxy: names with their subdomains, IP addresses and networks, separated by commas; `*`: all',
    ),
  },
  ca: optional('GITLAB_CA_FILE', certificates).describe(
    'Certificates of authorities (PEM) that GitLab and the proxy may use, besides the usual ones',
  ),
  clientCert: optional('GITLAB_CLIENT_CERT_FILE', file).describe(
    'Client certificate for GitLab (PEM). Needs `GITLAB_CLIENT_KEY_FILE`',
  ),
  clientKey: optional('GITLAB_CLIENT_KEY_FILE', secretFile).describe(
    'Key of the client certificate (PEM, not encrypted)',
  ),
  headers: optional('GITLAB_HEADERS_FILE', extraHeaders).describe(
    'File with headers for an access proxy in front of GitLab, `Name: value` on each line',
  ),
};

const access = {
  allowedHosts: define(
    'ALLOWED_HOSTS',
    hostNames,
    derived('`localhost` or `*`', defaultHosts),
  ).describeCommon(
    'Host names that clients use for the gateway, separated by commas; `*`: any. Required with `GITLAB_TOKEN`, unless `HOST` is a loopback address',
  ),
  graphiql: flag(
    'GRAPHIQL',
    derived('`true`', ({ demo, production }) => demo || !production),
  ).describeCommon('GraphiQL for browsers. `false` if `NODE_ENV` is `production`'),
  introspection: flag(
    'INTROSPECTION',
    derived('as `GRAPHIQL`', ({ values }) => Boolean(values['GRAPHIQL'])),
  ).describe('Introspection, and "Did you mean" in error messages'),
  board: flag(
    'BOARD',
    derived('`false`', ({ demo, values }) => demo && !values['FEDERATION_TYPE_PREFIX']),
  ).describeCommon(
    'A web page of pipelines, jobs and logs at `/board`: [the board](#the-board). `true` in the demo',
  ),
  upstreamExtension: flag(
    'UPSTREAM_EXTENSION',
    derived('as `BOARD`', ({ demo, values }) => demo || Boolean(values['BOARD'])),
  ).describe('Report calls to GitLab in `extensions.upstream`. `true` in the demo'),
  compiledExecution: flag('COMPILED_EXECUTION', true).describe(
    'Compile operations that are used repeatedly; `false`: graphql-js executes all',
  ),
  corsOrigins: define('CORS_ORIGINS', origins, fixed<string[]>([], '–')).describeCommon(
    'Web pages that may send requests: origins, separated by commas',
  ),
  trustedDocuments: {
    file: optional('TRUSTED_DOCUMENTS_FILE', z.string()).describe(
      'Manifest of trusted operations: [security.md](security.md#trusted-documents)',
    ),
    only: define(
      'TRUSTED_DOCUMENTS',
      oneOf(['also', 'only']).transform((word) => word === 'only'),
      fixed(false, '`also`'),
    ).describe(
      '`only` rejects operations that are not in the manifest or the board; `also` allows them',
    ),
  },
  limits: {
    upstreamCalls: whole('MAX_UPSTREAM_CALLS', 50, MILLION).describeCommon(
      'Calls to GitLab per operation: [security.md](security.md#the-estimate-of-calls)',
    ),
    depth: whole('MAX_DEPTH', 16, MILLION).describe('Nesting of fields'),
    fields: whole('MAX_FIELDS', 10_000, MILLION).describe(
      'Selected fields, fragments expanded; those on an interface count for each of its types',
    ),
    aliases: whole('MAX_ALIASES', 500, MILLION_OR_NONE).describe('Aliases'),
    rootFields: whole('MAX_ROOT_FIELDS', 200, MILLION).describe('Fields of the operation itself'),
    directives: whole('MAX_DIRECTIVES', 50, MILLION_OR_NONE).describe('Directives'),
    tokens: whole('MAX_TOKENS', 20_000, MILLION).describe(
      'Lexical tokens of a document, and at most as many lines',
    ),
    listItems: whole(
      'MAX_LIST_ITEMS',
      // At least FEDERATION_MAX_REFERENCES, because the references of `_entities` are items of a
      // list argument, too.
      derived('`1000`', ({ values }) =>
        Math.max(1000, Number(values['FEDERATION_MAX_REFERENCES'])),
      ),
      MILLION,
    ).describe('Items of a list argument. By default at least `FEDERATION_MAX_REFERENCES`'),
    bodyBytes: whole('MAX_BODY_BYTES', 1_048_576, [1, 100_000_000]).describe(
      'Size of a request body, and of a WebSocket message',
    ),
    batch: whole('MAX_BATCH', 0, [0, 1000]).describe(
      'Operations per request, which share `MAX_UPSTREAM_CALLS`; `0`: no batches',
    ),
  },
  maxSubscriptions: whole('MAX_SUBSCRIPTIONS', 10_000, MILLION_OR_NONE).describe(
    'Concurrent subscriptions per process',
  ),
  maxSubscriptionsPerCaller: whole(
    'MAX_SUBSCRIPTIONS_PER_CALLER',
    // Half of MAX_SUBSCRIPTIONS, so that one caller cannot use up all subscriptions.
    derived('half of `MAX_SUBSCRIPTIONS`', ({ values }) =>
      Math.ceil(Number(values['MAX_SUBSCRIPTIONS']) / 2),
    ),
    MILLION_OR_NONE,
  ).describe('Concurrent subscriptions per credential, or of all callers without one'),
  maxTraceBytes: whole('MAX_TRACE_BYTES', 16_777_216, [1024, 268_435_456]).describe(
    'Bytes of a job log that are kept: its end. All concurrent reads share twice that',
  ),
};

const liveUpdates = {
  pollIntervalMs: whole('POLL_INTERVAL_MS', 1200, [100, 60_000]).describe(
    'Poll interval for running jobs and pipelines that have subscribers',
  ),
  gitlabWebhookSecret: optional('GITLAB_WEBHOOK_SECRET', webhookSecret).describeCommon(
    'Secret or signing token (`whsec_…`) of a GitLab webhook; enables `/webhooks/gitlab`',
  ),
  redisUrl: optional('REDIS_URL', redisUrl).describeCommon(
    'Redis or Valkey through which replicas share webhooks: `redis://` or `rediss://`',
  ),
};

const operation = {
  operationTimeoutMs: whole('OPERATION_TIMEOUT_MS', 60_000, [100, 3_600_000]).describe(
    'Timeout of an operation, or of one event of a subscription',
  ),
  upstreamTimeouts: {
    connectMs: whole('UPSTREAM_CONNECT_TIMEOUT_MS', 5000, TIMEOUT_MS).describe(
      'Timeout for connecting to GitLab',
    ),
    headersMs: whole('UPSTREAM_HEADERS_TIMEOUT_MS', 15_000, TIMEOUT_MS).describe(
      "Timeout for the headers of GitLab's response",
    ),
    bodyMs: whole('UPSTREAM_BODY_TIMEOUT_MS', 15_000, TIMEOUT_MS).describe(
      "Longest pause within the body of GitLab's response",
    ),
    totalMs: whole('UPSTREAM_TIMEOUT_MS', 30_000, TIMEOUT_MS).describe(
      'Timeout of one call, including retries and waits for the rate limit',
    ),
  },
  logLevel: define(
    'LOG_LEVEL',
    oneOf(logLevels),
    // The demo prints its addresses to the terminal. Log lines of each operation would hide them.
    derived('`info`', ({ demo }) => (demo ? 'warn' : 'info')),
  ).describeCommon(`${logLevels.map((level) => `\`${level}\``).join(', ')}. \`warn\` in the demo`),
  workers: whole('WORKERS', 1, [0, 128], (count) => count || availableParallelism()).describe(
    'Number of processes; `0`: one per core. The demo has one',
  ),
  shutdownTimeoutMs: whole('SHUTDOWN_TIMEOUT', 25, [0, 3600], (seconds) => seconds * 1000).describe(
    'Seconds that running operations get after SIGTERM',
  ),
};

/** All settings, by the heading under which docs/operations.md lists them. */
export const sections: Readonly<Record<string, Settings>> = {
  'Addresses and credentials': addresses,
  'Network to GitLab': network,
  'Access and limits': access,
  'Live updates': liveUpdates,
  'Timeouts, log, processes': operation,
};

/** All settings. To add a setting, add an entry to a section above. */
export const settings = { ...addresses, network, ...access, ...liveUpdates, ...operation };

/**
 * Settings that the demo ignores. Its simulated GitLab needs no network and accepts only its own
 * tokens. So a proxy or token in the user's environment must not break the demo.
 */
export const ignoredInDemo: readonly Setting<unknown>[] = [
  ...listSettings(network),
  addresses.gitlabToken,
  addresses.gitlabTokenFile,
  addresses.gitlabTokenWrites,
];

/** Returns the settings of a group, including nested groups. */
export function listSettings(group: Settings): Setting<unknown>[] {
  return Object.values(group).flatMap((node) => (isSetting(node) ? [node] : listSettings(node)));
}
