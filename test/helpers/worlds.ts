import type { JobOptions } from '../../src/simulator/build-jobs.ts';
import type { JobRecord, PipelineRecord } from '../../src/simulator/records.ts';
import { createWorld, type World } from '../../src/simulator/world.ts';

/** The tokens that {@link smallWorld} knows, by user. The comments say what the users may do. */
export const tokens = {
  /** Maintainer everywhere. */
  alice: 'glpat-alice-maintainer',
  /** A token of Alice that has only the scope read_api. */
  aliceReadOnly: 'glpat-alice-read-api',
  aliceExpired: 'glpat-alice-expired',
  aliceOauth: 'oauth-of-alice',
  /** Developer in group/app. */
  bob: 'glpat-bob-developer',
  /**
   * Guest in both projects: sees the jobs of group/app, but only the project itself of
   * group/secret.
   */
  gus: 'glpat-gus-guest',
  /** Not a member of any project. */
  mallory: 'glpat-mallory-stranger',
} as const;

/** The paths and ids of the objects in {@link smallWorld}. */
export const small = {
  project: 'group/app',
  projectId: '42',
  /** A project that guests can see without its jobs. */
  secret: 'group/secret',
  secretPipeline: '710',
  secretJob: '1010',
  pipeline: '700',
  fullJob: '1001',
  bareJob: '1002',
  /** A trigger job that has started pipeline 720 of group/deploy. */
  bridge: '1003',
  /** A trigger job that has not started a pipeline yet. */
  idleBridge: '1004',
  downstream: '720',
} as const;

const GIBIBYTE = 1024 ** 3;

/** Adds a job with a value in every field. Its archive has a size of 3 GiB. */
export function addFullJob(
  world: World,
  pipeline: PipelineRecord,
  options: JobOptions = {},
): JobRecord {
  return world.addJob(pipeline, {
    name: 'unit tests 1/3',
    stage: 'verify',
    coverage: 93.5,
    allowFailure: true,
    tagList: ['linux', 'docker'],
    artifactsExpireAt: world.now + 86_400_000,
    artifacts: [
      {
        file_type: 'archive',
        size: 3 * GIBIBYTE,
        filename: 'artifacts.zip',
        file_format: 'zip',
      },
      { file_type: 'junit', size: 4096, filename: 'junit.xml.gz', file_format: 'gzip' },
    ],
    log: 'first line\nsecond line\n',
    environment: 'production',
    ...options,
  });
}

/** Adds a created job that has no runner, user, commit, times, artifacts or log yet. */
export function addBareJob(
  world: World,
  pipeline: PipelineRecord,
  options: JobOptions = {},
): JobRecord {
  return world.addJob(pipeline, {
    name: 'bare',
    status: 'created',
    user: null,
    commit: null,
    plan: { frozen: true },
    ...options,
  });
}

/**
 * Creates a world with three projects of one group. One pipeline has a job of each kind, and has
 * started another pipeline.
 */
export function smallWorld(): World {
  const world = createWorld();
  for (const username of ['alice', 'bob', 'gus', 'mallory']) world.addUser({ username });
  world.addToken({ user: 'alice', value: tokens.alice });
  world.addToken({ user: 'alice', value: tokens.aliceReadOnly, scopes: ['read_api'] });
  world.addToken({ user: 'alice', value: tokens.aliceExpired, expired: true });
  world.addToken({ user: 'alice', value: tokens.aliceOauth, kind: 'oauth' });
  world.addToken({ user: 'bob', value: tokens.bob });
  world.addToken({ user: 'gus', value: tokens.gus });
  world.addToken({ user: 'mallory', value: tokens.mallory });
  world.addGroup({ id: 7, path: 'group', members: { alice: 'maintainer' } });
  const app = world.addProject({
    id: 42,
    path: small.project,
    name: 'The App',
    members: { bob: 'developer', gus: 'guest' },
  });
  const secret = world.addProject({
    id: 43,
    path: small.secret,
    publicPipelines: false,
    members: { gus: 'guest' },
  });
  const deploy = world.addProject({ id: 44, path: 'group/deploy', name: 'Deploy' });
  const pipeline = world.addPipeline(app, { id: 700, ref: 'main', name: 'Nightly', user: 'alice' });
  const downstream = world.addPipeline(deploy, { id: 720, source: 'pipeline', user: 'alice' });
  addFullJob(world, pipeline, { id: 1001 });
  addBareJob(world, pipeline, { id: 1002 });
  world.addBridge(pipeline, { id: 1003, name: 'deploy', downstream, allowFailure: true });
  world.addBridge(pipeline, { id: 1004, name: 'idle', status: 'created', user: null });
  world.addJob(downstream, { id: 1020, name: 'roll out' });
  const hidden = world.addPipeline(secret, { id: 710, user: 'alice' });
  world.addJob(hidden, { id: 1010, name: 'hidden', log: 'hidden\n' });
  return world;
}

/** Creates a world in which each job has a pipeline of its own. */
export function scatteredWorld(ids: readonly number[]): World {
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
