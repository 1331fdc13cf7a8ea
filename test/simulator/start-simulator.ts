import { onTestFinished } from 'vitest';
import { createSimulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';
import { createWorld } from '../../src/simulator/world.ts';

export const tokens = {
  owner: 'glpat-owner',
  maintainer: 'glpat-maintainer',
  developer: 'glpat-developer',
  reporter: 'glpat-reporter',
  guest: 'glpat-guest',
  stranger: 'glpat-stranger',
  admin: 'glpat-admin',
} as const;
export type Username = keyof typeof tokens;

/**
 * Creates a world with one private project, `group/app` (id 1), with an empty pipeline and a member
 * of every role. Other users are an administrator and a stranger, who is not a member.
 */
export function smallWorld() {
  const world = createWorld();
  const members = ['owner', 'maintainer', 'developer', 'reporter', 'guest'] as const;
  const project = world.addProject({
    path: 'group/app',
    members: Object.fromEntries(members.map((role) => [role, role])),
  });
  world.addUser({ username: 'stranger' });
  world.addUser({ username: 'admin', admin: true });
  for (const [username, value] of Object.entries(tokens)) world.addToken({ user: username, value });
  const pipeline = world.addPipeline(project, { user: 'developer' });
  return { world, project, pipeline };
}

/** A response and its parsed body. */
export interface ApiResult {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of every shape
  json: any;
}

/**
 * Starts a simulator, which is closed when the test ends. Returns functions that send requests to
 * it.
 */
export async function startSimulator(options: SimulatorOptions = {}) {
  const simulator = await createSimulator(options);
  onTestFinished(() => simulator.close());
  const request = async (
    path: string,
    init: RequestInit & { as?: Username | undefined } = {},
  ): Promise<ApiResult> => {
    const { as, ...rest } = init;
    const headers = new Headers(init.headers);
    if (as !== undefined) headers.set('PRIVATE-TOKEN', tokens[as]);
    const url = `${simulator.url}/api/v4${path}`;
    const response = await fetch(url, { redirect: 'manual', ...rest, headers });
    const text = await response.text();
    const isJson = response.headers.get('content-type') === 'application/json' && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  };
  const get = (path: string, as?: Username) => request(path, { as });
  const post = (path: string, as?: Username, body?: unknown) =>
    request(path, {
      method: 'POST',
      as,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
  return { simulator, request, get, post };
}

/** Starts a simulator with a small world, which the test may change afterwards. */
export async function startSmallWorld(options: SimulatorOptions = {}) {
  const setup = smallWorld();
  return { ...setup, ...(await startSimulator({ world: setup.world, ...options })) };
}
