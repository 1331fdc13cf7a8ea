import { request } from 'undici';
import { expect, onTestFinished } from 'vitest';
import type { Config } from '../../src/app/config.ts';
import { createGateway, type Gateway, type GatewayDeps } from '../../src/app/gateway.ts';
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../src/simulator/simulator.ts';
import { configOf } from './config.ts';

/** An entry of a response's `errors`. */
export interface AnswerError {
  message: string;
  path?: (string | number)[];
  extensions: Record<string, unknown>;
}

/** A GraphQL response. The functions `at` and `textAt` read values from its `data`. */
export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: AnswerError[];
  extensions?: { upstream?: { calls: number; coalesced: number; notModified: number } };
}

/**
 * A gateway and a simulated GitLab, which both listen over HTTP. They are closed when the test
 * ends.
 */
export interface Started {
  url: string;
  simulator: Simulator;
  gateway: Gateway;
  /** The internal errors that the gateway has reported. */
  bugs: unknown[];
  query(query: string, options?: QueryOptions): Promise<Answer>;
  /** Sends a query and returns the HTTP response. */
  post(query: string, options?: QueryOptions): Promise<Response>;
  /** Reads a path below /api/v4 directly from GitLab. `calls()` does not include these requests. */
  rest(path: string, options?: Pick<QueryOptions, 'token' | 'headers'>): Promise<unknown>;
  /**
   * Returns the requests to GitLab since the last call of this function, as `GET /path`, in order
   * of arrival.
   */
  calls(): string[];
  /** Returns the number of active subscriptions, as text from the metrics. */
  subscriptions(): Promise<string | undefined>;
}

export interface QueryOptions {
  variables?: Record<string, unknown>;
  /** The value of the header PRIVATE-TOKEN; null to send no credential. */
  token?: string | null;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface StartOptions {
  simulator?: SimulatorOptions;
  /** Added to GITLAB_URL, ALLOWED_HOSTS=* and UPSTREAM_EXTENSION=true, or overrides them. */
  env?: Record<string, string>;
  /** Settings that override the settings in `env`. */
  config?: Partial<Config>;
  /** The token of queries that do not set their own. */
  token?: string;
  /** @default retries without delay */
  transport?: GatewayDeps['transport'];
  /** @default no log */
  logger?: GatewayDeps['logger'];
  /** How many ms a connection may stall before it is closed. @default as in production */
  stalledMs?: GatewayDeps['stalledMs'];
  /** The clock, random generator and ping interval of live updates. @default as in production */
  live?: GatewayDeps['live'];
  /** How often an operation is executed by graphql-js before it is compiled. @default 0 */
  compileAfterUses?: number;
  /** The folder of the built board, for BOARD=true. @default the folder in the package */
  boardFolder?: string;
  /** The address on which the gateway listens. @default '127.0.0.1' */
  host?: string;
}

/** Starts a gateway and a simulated GitLab. */
export async function startGateway(options: StartOptions = {}): Promise<Started> {
  const simulator = await createSimulator(options.simulator);
  const env = {
    GITLAB_URL: simulator.url,
    ALLOWED_HOSTS: '*',
    UPSTREAM_EXTENSION: 'true',
    // With COMPILED_EXECUTION=false, the tests run with graphql-js instead of compiled operations.
    COMPILED_EXECUTION: process.env['COMPILED_EXECUTION'],
    ...options.env,
  };
  const bugs: unknown[] = [];
  const config = { ...configOf(env), ...options.config };
  const gateway = createGateway(config, {
    version: '0.0.0-test',
    report: (bug) => bugs.push(bug),
    transport: { random: () => 0, ...options.transport },
    logger: options.logger,
    live: options.live,
    stalledMs: options.stalledMs,
    boardFolder: options.boardFolder,
    // By default, operations are compiled at their first use, so that all tests execute compiled
    // operations.
    compileAfterUses: options.compileAfterUses ?? 0,
  });
  const url = await gateway.listen(options.host ?? '127.0.0.1', 0);
  onTestFinished(async () => {
    await gateway.close();
    await simulator.close();
  });
  const endpoint = `${url}/graphql`;
  const toPost = (query: string, given: QueryOptions = {}) =>
    toRequest(query, { token: options.token ?? null, ...given });
  return {
    url,
    simulator,
    gateway,
    bugs,
    // With `fetch`, the tests take a tenth more CPU time.
    query: async (query, given) =>
      (await (await request(endpoint, toPost(query, given))).body.json()) as Answer,
    post: (query, given) => fetch(endpoint, toPost(query, given)),
    rest: (path, given) => readRest(simulator, path, { token: options.token ?? null, ...given }),
    calls: () =>
      simulator.requests.splice(0).map(({ method, path }) => `${method} ${shorten(path)}`),
    async subscriptions() {
      const [registry] = gateway.registries();
      const metric = await registry?.getSingleMetricAsString('gateway_live_subscriptions');
      return / (\d+)$/.exec(metric ?? '')?.[1];
    },
  };
}

/** Sends a query and disconnects while its request to GitLab is pending. */
export async function askAndLeave(
  { post, simulator }: Pick<Started, 'post' | 'simulator'>,
  query: string,
) {
  simulator.fail({ kind: 'hang' });
  const caller = new AbortController();
  const answer = post(query, { signal: caller.signal }).catch(() => 'left');
  await expect.poll(() => simulator.requests.length).toBe(1);
  caller.abort();
  expect(await answer).toBe('left');
}

/** Returns the part of a path below /api/v4, with decoded brackets. */
function shorten(path: string): string {
  return path
    .replace(/^.*?\/api\/v4/, '')
    .replaceAll('%5B', '[')
    .replaceAll('%5D', ']');
}

function toRequest(query: string, options: QueryOptions) {
  const { token, variables, headers, signal } = options;
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...credentials(token), ...headers },
    body: JSON.stringify({ query, variables }),
    ...(signal && { signal }),
  } as const;
}

function credentials(token: string | null | undefined): Record<string, string> {
  return token ? { 'private-token': token } : {};
}

async function readRest(simulator: Simulator, path: string, options: QueryOptions) {
  const { requests } = simulator;
  const seen = requests.length;
  const headers = { ...credentials(options.token), ...options.headers };
  const response = await fetch(`${simulator.url}/api/v4${path}`, { headers });
  requests.length = seen;
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as unknown;
}

/** Returns the value at a path of a response's data: `at(answer, 'project.jobs.nodes.0.id')`. */
export function at(answer: Answer, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => {
    const isObject = typeof value === 'object' && value !== null;
    return isObject ? (value as Record<string, unknown>)[key] : undefined;
  }, answer.data);
}

/** Returns the string at a path of a response's data. Throws if the value is not a string. */
export function textAt(answer: Answer, path: string): string {
  const value = at(answer, path);
  if (typeof value === 'string') return value;
  throw new Error(`no text at ${path}: ${JSON.stringify(answer)}`);
}

/** Returns the codes of a response's errors by path: `{ 'job.trace': 'FORBIDDEN' }`. */
export function codesOf(answer: Answer): Record<string, unknown> {
  const errors = answer.errors ?? [];
  return Object.fromEntries(
    errors.map(({ path = [], extensions }) => [path.join('.'), extensions['code']]),
  );
}
