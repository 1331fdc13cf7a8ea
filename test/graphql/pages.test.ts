import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { createWorld, type World } from '../../src/simulator/world.ts';
import { startHeaderFilter } from '../helpers/header-filter.ts';
import { runs } from '../helpers/runs.ts';
import { codesOf, startGateway } from '../helpers/start-gateway.ts';

const versions = ['14.10', '16.0', '18.0', '18.6', '19.3'] as const;

const page = `
  edges { cursor node { databaseId } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
`;

interface Page {
  edges: { cursor: string; node: { databaseId: string } }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/** A step of a random walk: a page is read from some cursor, or rows change in GitLab. */
type Step =
  | { kind: 'page'; forward: boolean; count: number; from: number | null }
  | { kind: 'arrive'; count: number }
  | { kind: 'remove'; at: number }
  | { kind: 'finish'; at: number };

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('page' as const),
      forward: fc.boolean(),
      count: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(20, 99, 100, 101, 200, 230)),
      from: fc.option(fc.nat(400), { freq: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('arrive' as const),
      count: fc.integer({ min: 1, max: 7 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('finish' as const), at: fc.nat(400) }) },
);

/** The pagination headers, which a proxy may remove. */
const pageHeaders = [
  'link',
  'x-next-page',
  'x-total',
  'x-total-pages',
  'x-per-page',
  'x-next-cursor',
  'x-prev-cursor',
];

const walk = fc.record({
  size: fc.oneof(
    fc.integer({ min: 0, max: 12 }),
    fc.constantFrom(99, 100, 101, 199, 200, 201, 300),
    fc.integer({ min: 90, max: 330 }),
  ),
  filtered: fc.boolean(),
  ascending: fc.boolean(),
  steps: fc.array(step, { minLength: 3, maxLength: 12 }),
});

/**
 * Returns the expected page. `ids` are all ids in the order of the list, and `anchor` is the id in
 * the cursor.
 */
function expected(
  ids: number[],
  given: { forward: boolean; count: number; anchor?: number | undefined; ascending: boolean },
) {
  const { forward, count, anchor, ascending } = given;
  const isBefore = (id: number) =>
    anchor !== undefined && (ascending ? id <= anchor : id >= anchor);
  const isAfter = (id: number) => anchor !== undefined && (ascending ? id >= anchor : id <= anchor);
  if (forward) {
    const rest = ids.filter((id) => !isBefore(id));
    return {
      rows: rest.slice(0, count),
      next: rest.length > count,
      previous: rest.length < ids.length,
    };
  }
  const rest = ids.filter((id) => !isAfter(id));
  return {
    rows: rest.slice(-count),
    next: rest.length < ids.length,
    previous: rest.length > count,
  };
}

/** A list in a simulated GitLab: how to query it, and how to change its rows. */
interface Scene {
  query(args: string): string;
  list(data: unknown): Page;
  ids(): number[];
  arrive(): void;
  remove(id: number): void;
  /** Sets the status of a row to `success`. */
  finish(id: number): void;
  ascending: boolean;
}

type Started = Awaited<ReturnType<typeof startGateway>>;

async function readPage(scene: Scene, { query }: Started, args: string): Promise<Page> {
  const answer = await query(scene.query(args));
  expect(answer.errors).toBeUndefined();
  return scene.list(answer.data);
}

/** Takes the steps of a random walk, and compares each page with the expected one. */
async function take(scene: Scene, started: Started, steps: readonly Step[]): Promise<void> {
  const cursors: { cursor: string; id: number }[] = [];
  for (const move of steps) {
    const ids = scene.ids();
    if (move.kind === 'arrive') for (let at = 0; at < move.count; at++) scene.arrive();
    const victim = 'at' in move && ids.length > 0 ? ids[move.at % ids.length] : undefined;
    if (move.kind === 'remove' && victim) scene.remove(victim);
    if (move.kind === 'finish' && victim) scene.finish(victim);
    if (move.kind !== 'page') continue;
    const anchor =
      move.from === null || cursors.length === 0 ? undefined : cursors[move.from % cursors.length];
    const cursor = anchor ? `, ${move.forward ? 'after' : 'before'}: "${anchor.cursor}"` : '';
    const args = `${move.forward ? 'first' : 'last'}: ${move.count}${cursor}`;
    const read = await readPage(scene, started, args);
    const want = expected(ids, { ...move, anchor: anchor?.id, ascending: scene.ascending });
    expect(read.edges.map(({ node }) => Number(node.databaseId))).toEqual(want.rows);
    expect(read.pageInfo).toEqual({
      hasNextPage: want.next,
      hasPreviousPage: want.previous,
      startCursor: read.edges[0]?.cursor ?? null,
      endCursor: read.edges.at(-1)?.cursor ?? null,
    });
    cursors.push(
      ...read.edges.map((edge) => ({ cursor: edge.cursor, id: Number(edge.node.databaseId) })),
    );
  }
}

function emptyWorld(): World {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: 'glpat-alice' });
  return world;
}

const STATUSES = ['running', 'success', 'failed'];

/**
 * Adds a project with `size` jobs in two pipelines, and jobs of another project whose ids lie
 * between them.
 */
function populate(world: World, size: number) {
  const project = world.addProject({
    path: `group/app-${world.state.projects.size}`,
    members: { alice: 'maintainer' },
  });
  const other = world.addPipeline(
    world.addProject({ path: `other/app-${world.state.projects.size}` }),
  );
  const pipelines = [world.addPipeline(project), world.addPipeline(project)] as const;
  let count = 0;
  const arrive = () => {
    count += 1;
    if (count % 3 === 0) world.addJob(other);
    world.addJob(pipelines[count % 5 === 0 ? 1 : 0], { status: STATUSES[count % 3] as string });
  };
  for (let at = 0; at < size; at++) arrive();
  const jobs = () =>
    [...world.state.jobs.values()].filter(
      (job) => job.pipeline === pipelines[0] || job.pipeline === pipelines[1],
    );
  return { project, pipeline: pipelines[0], arrive, jobs };
}

const filterOf = (filtered: boolean) => (filtered ? ', statuses: [RUNNING, FAILED]' : '');
const keeps = (filtered: boolean) => (job: { status: string }) =>
  !filtered || ['running', 'failed'].includes(job.status);

const jobChanges = (world: World) => ({
  remove: (id: number) => world.deleteJob(id),
  finish: (id: number) => world.setStatus(id, 'success'),
});

function projectScene(
  world: World,
  options: { size: number; filtered: boolean; ascending: boolean },
): Scene {
  const { project, arrive, jobs } = populate(world, options.size);
  const sort = options.ascending ? 'ID_ASC' : 'ID_DESC';
  const sign = options.ascending ? 1 : -1;
  return {
    ...jobChanges(world),
    arrive,
    ascending: options.ascending,
    ids: () =>
      jobs()
        .filter(keeps(options.filtered))
        .map(({ id }) => id)
        .sort((a, b) => (a - b) * sign),
    query: (args) =>
      `{ project(fullPath: "${project.id}") { jobs(${args}, sort: ${sort}${filterOf(options.filtered)}) { ${page} } } }`,
    list: (data) => (data as { project: { jobs: Page } }).project.jobs,
  };
}

function pipelineScene(world: World, options: { size: number; filtered: boolean }): Scene {
  const { project, pipeline, arrive, jobs } = populate(world, options.size);
  return {
    ...jobChanges(world),
    arrive,
    ascending: false,
    ids: () =>
      jobs()
        .filter((job) => job.pipeline === pipeline)
        .filter(keeps(options.filtered))
        .map(({ id }) => id)
        .sort((a, b) => b - a),
    query: (args) =>
      `{ pipeline(project: "${project.id}", id: "${pipeline.id}") { jobs(${args}${filterOf(options.filtered)}) { ${page} } } }`,
    list: (data) => (data as { pipeline: { jobs: Page } }).pipeline.jobs,
  };
}

/**
 * Creates a list of a project's pipelines. Between the ids of these pipelines are the ids of
 * another project's pipelines and of child pipelines. The list contains neither of them.
 */
function pipelinesScene(world: World, options: { size: number; filtered: boolean }): Scene {
  const at = world.state.projects.size;
  const project = world.addProject({ path: `group/app-${at}`, members: { alice: 'maintainer' } });
  const other = world.addProject({ path: `other/app-${at}` });
  let count = 0;
  const arrive = () => {
    count += 1;
    if (count % 3 === 0) world.addPipeline(other);
    if (count % 4 === 0) world.addPipeline(project, { source: 'parent_pipeline' });
    world.addPipeline(project, { status: STATUSES[count % 3] as string });
  };
  for (let row = 0; row < options.size; row++) arrive();
  const filter = options.filtered ? ', status: RUNNING' : '';
  return {
    arrive,
    remove: (id) => world.deletePipeline(world.pipeline(id)!),
    finish: (id) => {
      world.pipeline(id)!.fixedStatus = 'success';
    },
    ascending: false,
    ids: () =>
      project.pipelines
        .filter(({ source }) => source !== 'parent_pipeline')
        .filter(({ fixedStatus }) => !options.filtered || fixedStatus === 'running')
        .map(({ id }) => id)
        .reverse(),
    query: (args) =>
      `{ project(fullPath: "${project.id}") { pipelines(${args}${filter}) { ${page} } } }`,
    list: (data) => (data as { project: { pipelines: Page } }).project.pipelines,
  };
}

const scenes = [
  ['a project’s jobs exactly, in both directions and orders', projectScene],
  ['a pipeline’s jobs exactly, in both directions', pipelineScene],
  ['a project’s pipelines exactly, in both directions', pipelinesScene],
] as const;

describe.each(versions)('random walks on GitLab %s', (version) => {
  it.each(scenes)('return every page of %s', async (_title, open) => {
    const world = emptyWorld();
    const simulator: SimulatorOptions = { version, world, jobsIndexLimit: 0 };
    const started = await startGateway({ simulator, token: 'glpat-alice' });
    await fc.assert(
      fc.asyncProperty(walk, async ({ steps, ...options }) =>
        take(open(world, options), started, steps),
      ),
      { numRuns: runs(30) },
    );
    expect(started.bugs).toEqual([]);
  });
});

describe.each(['14.10', '18.0', '19.3'] as const)('lost headers of GitLab %s', (version) => {
  const lost = fc.oneof(fc.constant(pageHeaders), fc.subarray(pageHeaders));

  it.each(scenes)('still give every page of %s', async (_title, open) => {
    const world = emptyWorld();
    const simulator: SimulatorOptions = { version, world, jobsIndexLimit: 0 };
    const filter = await startHeaderFilter();
    const config = { gitlabUrl: filter.url };
    const started = await startGateway({ simulator, token: 'glpat-alice', config });
    filter.target = started.simulator.url;
    await fc.assert(
      fc.asyncProperty(walk, lost, async ({ steps, ...options }, dropped) => {
        filter.dropped = new Set(dropped);
        await take(open(world, options), started, steps);
      }),
      { numRuns: runs(20) },
    );
    expect(started.bugs).toEqual([]);
  });
});

describe('a cursor that no row follows, to which GitLab answers 500', () => {
  async function start() {
    const world = emptyWorld();
    const scene = projectScene(world, { size: 5, filtered: false, ascending: false });
    const started = await startGateway({ simulator: { world }, token: 'glpat-alice' });
    const [newest, ...older] = (await readPage(scene, started, 'first: 5')).edges;
    const oldest = older.at(-1);
    if (!newest || !oldest) throw new Error('there are no jobs');
    const nodes = (args: string) => scene.query(args).replace(page, 'nodes { databaseId }');
    started.calls();
    return { ...started, newest, oldest, nodes };
  }
  const cursorsOf = (calls: string[]) =>
    calls.map((call) => {
      const { searchParams } = new URL(call.slice('GET '.length), 'http://gitlab');
      const cursor = Buffer.from(searchParams.get('cursor') ?? '', 'base64url').toString();
      return `${searchParams.get('per_page')} ${cursor}`;
    });

  it('returns an empty page after one more call, which reads the end of the list', async () => {
    const { query, calls, nodes, newest, oldest, simulator } = await start();
    const empty = { project: { jobs: { nodes: [] } } };
    simulator.fail({ kind: '500' });
    expect((await query(nodes(`last: 2, before: "${newest.cursor}"`))).data).toEqual(empty);
    const newestId = newest.node.databaseId;
    expect(cursorsOf(calls())).toEqual([`2 {"id":"${newestId}","_kd":"p"}`, '1 ']);
    simulator.fail({ kind: '500' });
    expect((await query(nodes(`first: 2, after: "${oldest.cursor}"`))).data).toEqual(empty);
    const oldestId = oldest.node.databaseId;
    expect(cursorsOf(calls())).toEqual([`2 {"id":"${oldestId}","_kd":"n"}`, '1 {"_kd":"p"}']);
  });

  it('returns null for jobs by id that are older than all jobs', async () => {
    const { query, calls, nodes, simulator, oldest } = await start();
    // A page that is followed by another one shows that GitLab accepts the gateway's cursors.
    await query(nodes('first: 2'));
    const id = Number(oldest.node.databaseId);
    for (const deleted of [id, id + 1]) simulator.world.deleteJob(deleted);
    calls();
    simulator.fail({ kind: '500' });
    const job = (one: number) => `job${one}: job(project: "1", id: ${one}) { name }`;
    const { data, errors } = await query(`{ ${job(id)} ${job(id + 1)} }`);
    expect([data, errors]).toEqual([{ [`job${id}`]: null, [`job${id + 1}`]: null }, undefined]);
    expect(cursorsOf(calls())).toEqual([`2 {"id":"${id + 2}","_kd":"n"}`, '1 {"_kd":"p"}']);
  });

  it('returns the error if rows follow the cursor', async () => {
    const { query, calls, simulator, nodes, newest } = await start();
    simulator.fail({ kind: '500' });
    const answer = await query(nodes(`first: 2, after: "${newest.cursor}"`));
    expect(codesOf(answer)).toEqual({ 'project.jobs': 'UPSTREAM_UNAVAILABLE' });
    expect(calls()).toHaveLength(2);
    simulator.fail({ kind: '500', times: 2 });
    expect(codesOf(await query(nodes(`first: 2, after: "${newest.cursor}"`)))).toEqual(
      codesOf(answer),
    );
  });
});
