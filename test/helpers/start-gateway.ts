import { onTestFinished } from 'vitest';
import type { Config } from '../../src/config.ts';
import { parseConfig } from '../../src/config.ts';
import { createGateway } from '../../src/server.ts';
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../src/simulator/simulator.ts';

/** What a GraphQL answer looks like. */
export interface Answer {
  data?: Record<string, any> | null; // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
  extensions?: { upstream?: { calls: number; coalesced: number; notModified: number } };
}

/** A gateway in front of a simulator, both over real HTTP, both gone when the test ends. */
export interface Started {
  url: string;
  simulator: Simulator;
  /** Everything the gateway reported as a bug of its own; tests may assert that it stays empty. */
  bugs: unknown[];
  query(query: string, options?: QueryOptions): Promise<Answer>;
  /** `GET /path` of the calls made upstream since the last look, in order of arrival; forgets them. */
  calls(): string[];
}

export interface QueryOptions {
  variables?: Record<string, unknown>;
  /** Sent as PRIVATE-TOKEN; null for no credential. */
  token?: string | null;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Starts both; `config` overrides the defaults. `token` speaks in every query that names no other. */
export async function startGateway(
  options: { simulator?: SimulatorOptions; config?: Partial<Config>; token?: string } = {},
): Promise<Started> {
  const simulator = await createSimulator(options.simulator);
  const command = parseConfig({ GITLAB_URL: simulator.url, UPSTREAM_EXTENSION: 'true' }, []);
  if (command.name !== 'serve') throw new Error('unreachable');
  const bugs: unknown[] = [];
  const config = { ...command.config, ...options.config };
  const gateway = createGateway(config, { version: '0.0.0-test', report: (bug) => bugs.push(bug) });
  const url = await gateway.listen('127.0.0.1', 0);
  onTestFinished(async () => {
    await gateway.close();
    await simulator.close();
  });
  return {
    url,
    simulator,
    bugs,
    query: (query, given = {}) => post(url, query, { token: options.token ?? null, ...given }),
    calls: () => simulator.requests.splice(0).map(({ method, path }) => `${method} ${shorten(path)}`),
  };
}

/** A call as people write it down: below /api/v4, with readable brackets. */
function shorten(path: string): string {
  return path.replace(/^.*?\/api\/v4/, '').replaceAll('%5B', '[').replaceAll('%5D', ']');
}

async function post(url: string, query: string, options: QueryOptions): Promise<Answer> {
  const { token, variables, headers, signal } = options;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token ? { 'private-token': token } : {}),
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
    ...(signal && { signal }),
  });
  return (await response.json()) as Answer;
}
