import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../src/app/config.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { createWorld, type World } from '../../src/simulator/world.ts';
import { runs } from '../helpers/runs.ts';
import { type Answer, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

const command = parseConfig({ GITLAB_URL: 'https://gitlab.example.com' }, []);
if (command.name !== 'serve') throw new Error('unreachable');
const { limits } = command.config;

const start = (world: World, upstreamCalls: number, config: Partial<Config> = {}) =>
  startGateway({
    simulator: { world },
    token: tokens.alice,
    config: { limits: { ...limits, upstreamCalls }, ...config },
  });

const estimateIn = ({ errors }: Answer) => Number(errors?.[0]?.extensions['estimatedCalls'] ?? 0);

/** A world where nothing can be shared: each job is of a pipeline of its own. */
function scatteredWorld(ids: readonly number[]): World {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: tokens.alice });
  world.addGroup({ id: 7, path: 'group', members: { alice: 'maintainer' } });
  const app = world.addProject({ id: 42, path: 'group/app' });
  for (const id of ids) {
    world.addJob(world.addPipeline(app, { id: 100_000 + id, user: 'alice' }), { id, log: 'x\n' });
  }
  return world;
}

/** The same question to a gateway that only estimates, and to one that answers all. */
async function ask(world: World, text: string) {
  const estimate = estimateIn(await (await start(world, 0)).query(text));
  const { query, calls } = await start(world, 1_000_000);
  const answer = await query(text);
  return { estimate, answer, made: calls().length };
}

describe('the estimate, where nothing can be shared,', () => {
  it('counts the pipelines of a hundred jobs once, whose number only GitLab knows', async () => {
    const world = scatteredWorld(Array.from({ length: 100 }, (_, at) => 1000 + at));
    const text =
      '{ project(fullPath: "group/app") { jobs(first: 100) { nodes { pipeline { duration } } } } }';
    expect(await ask(world, text)).toMatchObject({ estimate: 2, made: 101 });
  });

  it('is not below what jobs take by their ids, however they lie', async () => {
    const id = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 40_000 }));
    const worlds = fc.record({
      // Every project has others' jobs between its own: here the gaps are of this size.
      gap: fc.constantFrom(1, 3, 7, 30),
      wanted: fc.uniqueArray(id, { minLength: 1, maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(worlds, async ({ gap, wanted }) => {
        const rows = Array.from({ length: 200 }, (_, at) => 1 + at * gap);
        const world = scatteredWorld([...new Set([...rows, ...wanted.slice(0, 20)])]);
        const ids = wanted.map((each) => toGlobalId('Job', 42, each));
        const text = `{ nodes(ids: ${JSON.stringify(ids)}) { ... on Job { name } } }`;
        const { estimate, made } = await ask(world, text);
        expect(made).toBeLessThanOrEqual(estimate);
      }),
      { numRuns: runs(40) },
    );
  });
});

describe('an operation that needs more calls than could be told', () => {
  /** 150 trigger jobs: the oldest is on the second page of a hundred, which no estimate knows. */
  function bridgesWorld(): World {
    const world = smallWorld();
    const app = world.addProject({ id: 50, path: 'group/many', members: { alice: 'maintainer' } });
    const pipeline = world.addPipeline(app, { id: 800, user: 'alice' });
    for (let id = 2001; id <= 2150; id++) world.addBridge(pipeline, { id, name: `to ${id}` });
    return world;
  }
  const oldest = toGlobalId('Bridge', 50, 800, 2001);

  it('gets so many, and an error where the others were to be', async () => {
    const { query, calls, bugs } = await start(bridgesWorld(), 1);
    const answer = await query(
      `{ node(id: "${oldest}") { ... on Bridge { name } } project(fullPath: "group/app") { fullPath } }`,
    );
    expect(answer.data).toEqual({ node: null, project: { fullPath: 'group/app' } });
    expect(answer.errors).toEqual([
      {
        message:
          'The operation needs more calls to GitLab than are allowed. Select less, or take smaller pages.',
        path: ['node'],
        locations: expect.anything(),
        extensions: {
          code: 'OPERATION_TOO_COMPLEX',
          limit: 'upstreamCalls',
          max: 1,
          upstream: { status: null, requestId: null },
        },
      },
    ]);
    expect(calls()).toHaveLength(1);
    expect(bugs).toEqual([]);
  });

  it('makes no call beyond the limit where more pipelines differ than are allowed', async () => {
    const world = scatteredWorld(Array.from({ length: 20 }, (_, at) => 1000 + at));
    const { query, calls } = await start(world, 5);
    const text =
      '{ project(fullPath: "group/app") { jobs { nodes { name pipeline { duration } } } } }';
    const { data, errors = [] } = await query(text);
    expect(calls()).toHaveLength(5);
    expect(data).toMatchObject({ project: { jobs: { nodes: { length: 20 } } } });
    expect(errors).toHaveLength(16);
    for (const { extensions } of errors) expect(extensions['code']).toBe('OPERATION_TOO_COMPLEX');
  });

  it('gets all where enough are allowed', async () => {
    const { query, calls } = await start(bridgesWorld(), 2);
    const answer = await query(`{ node(id: "${oldest}") { ... on Bridge { name } } }`);
    expect(answer).toMatchObject({ data: { node: { name: 'to 2001' } } });
    expect(calls()).toHaveLength(2);
  });
});
