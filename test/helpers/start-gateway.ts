import { expect, onTestFinished } from 'vitest';
import type { Config } from '../../src/app/config.ts';
import { parseConfig } from '../../src/app/config.ts';
import { createGateway, type Gateway, type GatewayDeps } from '../../src/app/gateway.ts';
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../src/simulator/simulator.ts';

/** One entry of an answer's `errors`. */
export interface AnswerError {
  message: string;
  path?: (string | number)[];
  extensions: Record<string, unknown>;
}

/**
 * What a GraphQL answer looks like. Look into `data` with `at` and `textAt`, or compare it whole.
 */
export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: AnswerError[];
  extensions?: { upstream?: { calls: number; coalesced: number; notModified: number } };
}

/** A gateway in front of a simulator, both over real HTTP, both gone when the test ends. */
export interface Started {
  url: string;
  simulator: Simulator;
  gateway: Gateway;
  /** Everything the gateway reported as a bug of its own; tests may assert that it stays empty. */
  bugs: unknown[];
  query(query: string, options?: QueryOptions): Promise<Answer>;
  /** The same; the answer as it came over the wire. */
  post(query: string, options?: QueryOptions): Promise<Response>;
  /** What GitLab's own REST answers to a GET below /api/v4; leaves no trace in `calls()`. */
  rest(path: string, options?: Pick<QueryOptions, 'token' | 'headers'>): Promise<unknown>;
  /**
   * `GET /path` of the calls made upstream since the last look, in order of arrival; forgets them.
   */
  calls(): string[];
}

export interface QueryOptions {
  variables?: Record<string, unknown>;
  /** Sent as PRIVATE-TOKEN; null for no credential. */
  token?: string | null;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface StartOptions {
  simulator?: SimulatorOptions;
  /** Variables beside GITLAB_URL, as an operator sets them. */
  env?: Record<string, string>;
  /** Overrides what they say. */
  config?: Partial<Config>;
  /** Speaks in every query that names no other. */
  token?: string;
  /** How the gateway treats GitLab. @default retries wait for nothing */
  transport?: GatewayDeps['transport'];
  /** @default nobody is told */
  logger?: GatewayDeps['logger'];
  /** How long connections may stall. @default as in production */
  stalledMs?: GatewayDeps['stalledMs'];
  /** How live updates are paced. */
  live?: GatewayDeps['live'];
  /** How often an operation is executed by graphql-js before it is compiled. @default 0 */
  compileAfterUses?: number;
  /** Where it listens. @default '127.0.0.1' */
  host?: string;
}

/** Starts both. */
export async function startGateway(options: StartOptions = {}): Promise<Started> {
  const simulator = await createSimulator(options.simulator);
  const env = {
    GITLAB_URL: simulator.url,
    UPSTREAM_EXTENSION: 'true',
    // COMPILED_EXECUTION=false has the same tests try the general way.
    COMPILED_EXECUTION: process.env['COMPILED_EXECUTION'],
    ...options.env,
  };
  const command = parseConfig(env, []);
  if (command.name !== 'serve') throw new Error('unreachable');
  const bugs: unknown[] = [];
  const config = { ...command.config, ...options.config };
  const gateway = createGateway(config, {
    version: '0.0.0-test',
    report: (bug) => bugs.push(bug),
    transport: { random: () => 0, ...options.transport },
    logger: options.logger,
    live: options.live,
    stalledMs: options.stalledMs,
    // By default, operations are compiled at their first use, so that all tests execute compiled
    // operations.
    compileAfterUses: options.compileAfterUses ?? 0,
  });
  const url = await gateway.listen(options.host ?? '127.0.0.1', 0);
  onTestFinished(async () => {
    await gateway.close();
    await simulator.close();
  });
  const send = (query: string, given: QueryOptions = {}) =>
    postTo(url, query, { token: options.token ?? null, ...given });
  return {
    url,
    simulator,
    gateway,
    bugs,
    query: async (query, given) => (await (await send(query, given)).json()) as Answer,
    post: send,
    rest: (path, given) => readRest(simulator, path, { token: options.token ?? null, ...given }),
    calls: () =>
      simulator.requests.splice(0).map(({ method, path }) => `${method} ${shorten(path)}`),
  };
}

/** Asks, and leaves while GitLab, which says nothing, is being asked. */
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

/** A call as people write it down: below /api/v4, with readable brackets. */
function shorten(path: string): string {
  return path
    .replace(/^.*?\/api\/v4/, '')
    .replaceAll('%5B', '[')
    .replaceAll('%5D', ']');
}

function postTo(url: string, query: string, options: QueryOptions): Promise<Response> {
  const { token, variables, headers, signal } = options;
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...credentials(token), ...headers },
    body: JSON.stringify({ query, variables }),
    ...(signal && { signal }),
  });
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

/** What stands at a path of an answer's data, such as `at(answer, 'project.jobs.nodes.0.id')`. */
export function at(answer: Answer, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => {
    const isObject = typeof value === 'object' && value !== null;
    return isObject ? (value as Record<string, unknown>)[key] : undefined;
  }, answer.data);
}

/** The same where it must be text, such as an id to ask with. */
export function textAt(answer: Answer, path: string): string {
  const value = at(answer, path);
  if (typeof value === 'string') return value;
  throw new Error(`no text at ${path}: ${JSON.stringify(answer)}`);
}

/** The codes of an answer's errors by their paths: `{ 'job.trace': 'FORBIDDEN' }`. */
export function codesOf(answer: Answer): Record<string, unknown> {
  const errors = answer.errors ?? [];
  return Object.fromEntries(
    errors.map(({ path = [], extensions }) => [path.join('.'), extensions['code']]),
  );
}
