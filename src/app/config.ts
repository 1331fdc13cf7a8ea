import { createSecureContext } from 'node:tls';
import { parseArgs } from 'node:util';
import { ALLOWED_HOSTS_RULE } from '../http/allowed-hosts.ts';
import { certificates } from './schemas.ts';
import {
  ignoredInDemo,
  isSetting,
  listSettings,
  type Setting,
  type Settings,
  sections,
  settings,
  type Values,
} from './settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

type Raw = Values<typeof settings>;

/** The checked configuration, with defaults. */
export interface Config extends Raw {
  /** Whether to start the simulated GitLab. When it listens, `startDemo` sets the GitLab URLs. */
  readonly demo: boolean;
}

type Command =
  | { name: 'serve'; config: Config }
  | { name: 'print-subgraph'; typePrefix: string | undefined }
  | { name: 'help' | 'version' | 'print-schema' };

/** Thrown for settings or flags that cannot be used. There may be several problems. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(`Cannot start:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`, options);
    this.problems = problems;
  }
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

/**
 * Returns the trimmed text of a setting, and the name of the environment variable with this text.
 * The text is undefined or empty if the setting is not set.
 */
function textOf(env: Env, { name, isAnyCase }: Setting<unknown>) {
  const names = isAnyCase ? [name.toLowerCase(), name] : [name];
  const given = names.find((one) => env[one]?.trim()) ?? name;
  return { name: given, text: env[given]?.trim() };
}

/**
 * Parses the settings in `list`, by default all settings. For an invalid value, adds an error to
 * `problems` and uses the default.
 */
function readValues(
  env: Env,
  demo: boolean,
  problems: string[],
  list = listSettings(settings),
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const given = { demo, production: env['NODE_ENV'] === 'production', values };
  for (const setting of list) {
    const { schema, byDefault } = setting;
    const { name, text } = textOf(env, setting);
    const parsed = text ? schema.safeParse(text) : undefined;
    for (const { message } of parsed?.error?.issues ?? []) problems.push(`${name} ${message}`);
    values[setting.name] = parsed?.success ? parsed.data : byDefault.value(given);
  }
  return values;
}

/**
 * Arranges `values`, whose keys are variable names, in the nested structure of the configuration.
 */
function arrange(group: Settings, values: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(group).map(([key, node]) => [
    key,
    isSetting(node) ? values[node.name] : arrange(node, values),
  ]);
  return Object.fromEntries(entries);
}

/**
 * Each setting `name` needs at least one of the settings `needed`. A value in a name, as in
 * `TRUSTED_DOCUMENTS=only`, is not compared; it only appears in the error message.
 */
const dependencies: readonly (readonly [name: string, needed: readonly string[]])[] = [
  ['GITLAB_TOKEN_WRITES', ['GITLAB_TOKEN', 'GITLAB_TOKEN_FILE']],
  ['GITLAB_CLIENT_CERT_FILE', ['GITLAB_CLIENT_KEY_FILE']],
  ['GITLAB_CLIENT_KEY_FILE', ['GITLAB_CLIENT_CERT_FILE']],
  ['FEDERATION_TYPE_PREFIX', ['FEDERATION']],
  ['TRUSTED_DOCUMENTS=only', ['TRUSTED_DOCUMENTS_FILE', 'BOARD']],
];

/**
 * Returns why the client certificate and its key cannot be used. Undefined if they can, or if one
 * of them is not set.
 */
function findCertificateProblem({ gitlabUrl, network }: Raw): string | undefined {
  const { clientCert: cert, clientKey } = network;
  if (!cert || !clientKey) return undefined;
  if (gitlabUrl.startsWith('http:')) return 'GITLAB_CLIENT_CERT_FILE needs an https:// GITLAB_URL';
  try {
    createSecureContext({ cert, key: clientKey.reveal() });
    return undefined;
  } catch (error) {
    const reason = (error as Error).message;
    return `GITLAB_CLIENT_CERT_FILE and GITLAB_CLIENT_KEY_FILE cannot be used together: ${reason}`;
  }
}

/**
 * Returns the problems of combinations: settings that exclude each other, or that need another one.
 */
function findContradictions(raw: Raw, isOn: (name: string) => boolean): string[] {
  const { port, metricsPort, allowedHosts } = raw;
  const certificateProblem = findCertificateProblem(raw);
  return [
    ...dependencies
      .filter(([name, needed]) => isOn(name.split('=')[0] ?? '') && !needed.some(isOn))
      .map(([name, needed]) => `${name} needs ${needed.join(' or ')}`),
    ...(isOn('GITLAB_TOKEN') && isOn('GITLAB_TOKEN_FILE')
      ? ['GITLAB_TOKEN and GITLAB_TOKEN_FILE exclude each other: set one of them']
      : []),
    ...(isOn('BOARD') && isOn('FEDERATION_TYPE_PREFIX')
      ? [
          'BOARD and FEDERATION_TYPE_PREFIX exclude each other: the board needs types without prefix',
        ]
      : []),
    ...(metricsPort && metricsPort === port ? ['METRICS_PORT must be another port than PORT'] : []),
    ...(allowedHosts.length === 0 && !isOn('ALLOWED_HOSTS')
      ? [
          `${ALLOWED_HOSTS_RULE} It is required, because callers without a credential use the token of the gateway, and HOST is not a loopback address.`,
        ]
      : []),
    ...(certificateProblem ? [certificateProblem] : []),
  ];
}

/**
 * Adds the certificates of NODE_EXTRA_CA_CERTS, a setting of Node, to the configured certificates
 * `ca`. Needed because Node 20 ignores NODE_EXTRA_CA_CERTS if other certificates are configured. As
 * in Node, a file that cannot be read is ignored.
 */
function withNodeAuthorities(ca: string | undefined, env: Env): string | undefined {
  if (!ca) return ca;
  const { data } = certificates.safeParse(env['NODE_EXTRA_CA_CERTS'] ?? '');
  return data ? `${ca}\n${data}` : ca;
}

/** Returns the environment without the settings in `omitted`. */
function omitSettings(env: Env, omitted: readonly Setting<unknown>[]): Env {
  const names = omitted.flatMap(({ name }) => [name, name.toLowerCase()]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

function readConfig(given: Env, demo: boolean): Config {
  const env = demo ? omitSettings(given, ignoredInDemo) : given;
  const problems: string[] = [];
  const values = readValues(env, demo, problems);
  const raw = arrange(settings, values) as Raw;
  if (!demo && !env['GITLAB_URL']?.trim()) {
    problems.push('GITLAB_URL is needed: the address of your GitLab (or start with --demo)');
  }
  // A boolean setting is on if its value is true, even if that is the default. Any other setting is
  // on if it is set.
  const isOn = (name: string) =>
    values[name] === true || (Boolean(env[name]?.trim()) && values[name] !== false);
  problems.push(...findContradictions(raw, isOn));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    ...raw,
    network: { ...raw.network, ca: withNodeAuthorities(raw.network.ca, env) },
    demo,
    // The demo runs in one process, because each worker would have its own simulated GitLab.
    workers: demo ? 1 : raw.workers,
  });
}

/** Reads the type prefix for --print-subgraph without checking other settings. */
function readTypePrefix(env: Env): string | undefined {
  const problems: string[] = [];
  const setting = settings.federationTypePrefix;
  const { [setting.name]: prefix } = readValues(env, true, problems, [setting]);
  if (problems.length > 0) throw new ConfigError(problems);
  return prefix as string | undefined;
}

/**
 * Parses the command line and the environment. Throws a ConfigError for a wrong flag, or for wrong
 * settings. The error for settings lists all their problems.
 */
export function parseConfig(env: Env, argv: readonly string[]): Command {
  const options = parseFlags(argv);
  if (options.help) return { name: 'help' };
  if (options.version) return { name: 'version' };
  if (options['print-schema']) return { name: 'print-schema' };
  if (options['print-subgraph']) {
    return { name: 'print-subgraph', typePrefix: readTypePrefix(env) };
  }
  const given = options.port === undefined ? env : { ...env, PORT: options.port };
  return { name: 'serve', config: readConfig(given, options.demo ?? false) };
}

const commonSettings = listSettings(settings).filter(({ isCommon }) => isCommon);
/** Removes links from a description, because they are relative to docs/operations.md. */
const withoutLinks = (text: string) => text.replace(/:? \[[^\]]*\]\([^)]*\)/g, '');

/** The text of --help. */
export const usage = `gitlab-jobs-gateway: GitLab CI jobs as GraphQL

Flags:
  --demo            serve an embedded GitLab, too; needs no settings
  --port <number>   listen on this port; 0 picks a free one (overrides PORT)
  --print-schema    print the schema and exit
  --print-subgraph  print the schema as a federation subgraph and exit
  --version         print the version and exit
  --help            print this help and exit

Environment variables (docs/operations.md lists all):
${commonSettings
  .map(
    ({ name, description }) =>
      `  ${name.padEnd(22)} ${withoutLinks(description).replaceAll('`', '')}`,
  )
  .join('\n')}`;

/** Returns README's table of the settings that most users need. */
export function commonSettingsTable(): string {
  const rows = commonSettings.map(
    ({ name, byDefault, description }) =>
      `| \`${name}\` | ${byDefault.shown} | ${withoutLinks(description)} |`,
  );
  return ['| variable | default | |', '|---|---|---|', ...rows].join('\n');
}

/** Returns the tables of all settings for docs/operations.md. */
export function allSettingsTables(): string {
  const tables = Object.entries(sections).map(([title, group]) => {
    const rows = listSettings(group).map(
      ({ name, byDefault, range, description }) =>
        `| \`${name}\` | ${byDefault.shown} | ${range} | ${description} |`,
    );
    const head = ['| variable | default | allowed | |', '|---|---|---|---|'];
    return [`### ${title}`, '', ...head, ...rows].join('\n');
  });
  return tables.join('\n\n');
}
