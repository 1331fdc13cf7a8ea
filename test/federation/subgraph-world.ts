import { toGlobalId } from '../../src/graphql/global-id.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { type Answer, type Started, startGateway } from '../helpers/start-gateway.ts';

/** Who asks in these tests. */
export const TOKEN = 'glpat-alice';

/** The project that references lead to, by each of its names. */
export const PROJECT = { id: 42, path: 'group/app' } as const;

/** GitLab.com's job ids passed 2^31 long ago: references carry them whole. */
export const FIRST = 12_345_678_901;

/** A world with `count` consecutive jobs in one project, ten to a pipeline, and one job of another. */
export function createJobs(count: number) {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: TOKEN });
  const members = { alice: 'maintainer' } as const;
  const app = world.addProject({ ...PROJECT, members });
  const other = world.addProject({ id: 43, path: 'group/other', members });
  world.addProject({ id: 44, path: 'group/hidden', visibility: 'private' });
  for (let at = 0; at < count; at += 10) {
    const pipeline = world.addPipeline(app, { id: 700 + at / 10 });
    for (let job = at; job < Math.min(at + 10, count); job++)
      world.addJob(pipeline, { id: FIRST + job });
  }
  world.addJob(world.addPipeline(other, { id: 600 }), { id: FIRST + count });
  return world;
}

/** A subgraph in front of that world, asked as TOKEN. */
export function startSubgraph(options: { jobs: number; maxReferences?: number }): Promise<Started> {
  return startGateway({
    simulator: { world: createJobs(options.jobs) },
    config: {
      federation: true,
      ...(options.maxReferences && { federationMaxReferences: options.maxReferences }),
    },
    token: TOKEN,
  });
}

/** What a reference looks like when a router sends it. */
export type Reference = Record<string, unknown> | null | string;

/** The same job by each of its keys. */
export const jobBy = {
  id: (id: number): Reference => ({ __typename: 'Job', id: toGlobalId('Job', PROJECT.id, id) }),
  number: (id: number): Reference => ({
    __typename: 'Job',
    projectId: String(PROJECT.id),
    databaseId: String(id),
  }),
  address: (id: number, base: string): Reference => ({
    __typename: 'Job',
    webUrl: `${base}/${PROJECT.path}/-/jobs/${id}`,
  }),
};

/** Asks `_entities` as a router does. */
export function askEntities(
  gateway: Started,
  references: readonly Reference[],
  fields = '__typename ... on Job { databaseId name }',
): Promise<Answer> {
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ${fields} } }`;
  return gateway.query(query, { variables: { of: references } });
}
