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
export type Who = keyof typeof tokens;

/** A world with one private project, `group/app` (id 1), and a member of every role. */
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

/** An answer, read whole. */
export interface Read {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  json: any;
}

/** A simulator that closes with the test, and a way to ask it. */
export async function startSimulator(options: SimulatorOptions = {}) {
  const simulator = await createSimulator(options);
  onTestFinished(() => simulator.close());
  const ask = async (
    path: string,
    init: RequestInit & { as?: Who | undefined } = {},
  ): Promise<Read> => {
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
  const get = (path: string, as?: Who) => ask(path, { as });
  const post = (path: string, as?: Who, body?: unknown) =>
    ask(path, {
      method: 'POST',
      as,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
  return { simulator, ask, get, post };
}
