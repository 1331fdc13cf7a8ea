import { toGlobalId } from '../../src/graphql/global-id.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { type Answer, type Started, startGateway } from '../helpers/start-gateway.ts';

/** The token of all requests in these tests. */
export const TOKEN = 'glpat-alice';

/** The id and path of the project in all references. */
export const PROJECT = { id: 42, path: 'group/app' } as const;

/**
 * The id of the first job. It exceeds 2^31, as the job ids of GitLab.com do, to test that
 * references keep all digits.
 */
export const FIRST = 12_345_678_901;

/**
 * Creates a world with `count` consecutive jobs of one project, ten per pipeline, one job of
 * another project, and a third project that TOKEN cannot see.
 */
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

/**
 * Starts a gateway with a subgraph, and a simulated GitLab with `jobs` jobs (see `createJobs`).
 * TOKEN is the default token.
 */
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

/** A reference as a router sends it, or an invalid one. */
export type Reference = Record<string, unknown> | null | string;

/** Functions that return a reference to a job, one for each key. */
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

/** Queries `_entities` as a router does. */
export function askEntities(
  gateway: Started,
  references: readonly Reference[],
  fields = '__typename ... on Job { databaseId name }',
): Promise<Answer> {
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ${fields} } }`;
  return gateway.query(query, { variables: { of: references } });
}
