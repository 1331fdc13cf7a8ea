import { describe, expect, it } from 'vitest';
import { createWorld } from '../../src/simulator/world.ts';
import { startGateway } from '../helpers/start-gateway.ts';

function twoUsers() {
  const world = createWorld();
  for (const username of ['alice', 'bob']) {
    world.addUser({ username });
    world.addToken({ user: username, value: `glpat-${username}` });
  }
  world.addProject({
    path: 'group/app',
    id: 42,
    members: { alice: 'maintainer', bob: 'developer' },
  });
  return world;
}

const LIST = '{ project(fullPath: "group/app") { jobs { nodes { id } } } }';
const LIMIT = '{ rateLimit { limit remaining resetAt } }';

describe('Query.rateLimit', () => {
  it('returns what GitLab last sent for this credential only, without a call', async () => {
    const simulator = { world: twoUsers(), rateLimit: { limit: 100, periodMs: 60_000 } };
    const { query, calls } = await startGateway({ simulator });
    expect((await query(LIMIT, { token: 'glpat-alice' })).data).toEqual({ rateLimit: null });
    await query(LIST, { token: 'glpat-alice' });
    calls();
    const { data } = await query(LIMIT, { token: 'glpat-alice' });
    expect(data).toEqual({
      rateLimit: { limit: 100, remaining: 99, resetAt: expect.stringMatching(/Z$/) },
    });
    expect((await query(LIMIT, { token: 'glpat-bob' })).data).toEqual({ rateLimit: null });
    expect(calls()).toEqual([]);
  });

  it('is null if GitLab sends no rate limit headers', async () => {
    const { query } = await startGateway({
      simulator: { world: twoUsers() },
      token: 'glpat-alice',
    });
    await query(LIST);
    expect((await query(LIMIT)).data).toEqual({ rateLimit: null });
  });
});
