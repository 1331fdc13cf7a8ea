import { eraseJob, retryJob } from './actions.ts';
import { isPipelineDone } from './build-jobs.ts';
import { addWebPipeline, unitTestPlans, type WebPipeline } from './demo-pipelines.ts';
import type { JobRecord, PipelineRecord, TokenRecord } from './records.ts';
import { createWorld, type World } from './world.ts';

/** What the demo always has at its start, so that examples can name it. */
export const demo = {
  /** alice, Maintainer everywhere. */
  token: 'glpat-demo-maintainer',
  tokens: {
    maintainer: 'glpat-demo-maintainer',
    /** bob: may not write to the private project's protected `main`. */
    developer: 'glpat-demo-developer',
    /** Sees projects, but no jobs of the private one. */
    guest: 'glpat-demo-guest',
    /** alice again, with scope read_api only. */
    readOnly: 'glpat-demo-readonly',
    expired: 'glpat-demo-expired',
    /** Of a job of the web shop that is running. */
    job: 'glcbt-demo-job',
  },
  project: 'acme/shop/web',
  projectId: 101,
  privateProject: 'acme/shop/api',
  privateProjectId: 102,
  /** Finished well, with a retried job and a downstream pipeline. */
  pipelineId: 9876543202,
  failedPipelineId: 9876543204,
  runningPipelineId: 9876543205,
  downstreamPipelineId: 9876543203,
  /** Succeeded, with an archive of 3 GB. */
  successJobId: 12345678915,
  bridgeId: 12345678916,
  /** Its first try failed with the runner, its second went well. */
  retriedJobId: 12345678913,
  retryJobId: 12345678919,
  /** script_failure, with a red test log. */
  failedJobId: 12345678923,
  /** Prints while you watch. */
  runningJobId: 12345678934,
  /** Waits its minute before it deploys, once its turn has come. */
  delayedJobId: 12345678937,
  manualJobId: 12345678918,
  erasedJobId: 12345678903,
  archivedJobId: 12345678901,
} as const;

const minute = 60_000;

/** How long the demo has been going on when it is first seen. */
const pastMs = 28 * minute + 30_000;

function addPeople(world: World): TokenRecord[] {
  world.addUser({ id: 11, username: 'alice', name: 'Alice Arden' });
  world.addUser({ id: 12, username: 'bob', name: 'Bob Brooks' });
  world.addUser({ id: 13, username: 'guest', name: 'Grace Guest' });
  const { maintainer, developer, guest, readOnly, expired } = demo.tokens;
  return [
    world.addToken({ user: 'alice', value: maintainer }),
    world.addToken({ user: 'bob', value: developer }),
    world.addToken({ user: 'guest', value: guest }),
    world.addToken({ user: 'alice', value: readOnly, scopes: ['read_api'] }),
    world.addToken({ user: 'alice', value: expired, expired: true }),
  ];
}

function addProjects(world: World): void {
  world.addGroup({ id: 21, path: 'acme', members: { alice: 'maintainer', guest: 'guest' } });
  world.addGroup({ id: 22, path: 'acme/shop', members: { bob: 'developer' } });
  world.addProject({ id: demo.projectId, path: demo.project, name: 'Web', visibility: 'public' });
  world.addProject({
    id: demo.privateProjectId,
    path: demo.privateProject,
    name: 'API',
    publicPipelines: false,
    protectedRefs: { main: 'maintainer' },
    jobTokenAllowlist: { [demo.project]: ['read_jobs'] },
  });
  world.addProject({ id: 103, path: 'acme/platform/clusters', name: 'Clusters' });
  world.addAgent({
    project: 'acme/platform/clusters',
    name: 'production',
    access: [
      {
        path: 'acme/shop',
        environments: ['review/*', 'staging', 'production'],
        configuration: { default_namespace: 'shop', access_as: { agent: {} } },
      },
    ],
  });
}

function named(pipeline: PipelineRecord, name: string): JobRecord {
  const job = pipeline.jobs.find((each) => each.name === name && !each.retried);
  if (job === undefined) throw new Error(`the demo has no job ${name}`);
  return job;
}

/** Last night's: its jobs are archived or erased by now. */
function addNightly(world: World): void {
  const pipeline = addWebPipeline(world, {
    id: 9876543200,
    firstJobId: demo.archivedJobId,
    user: 'alice',
    ref: 'main',
    title: 'Show delivery dates in the cart',
    source: 'schedule',
  });
  world.advance(6 * minute);
  for (const job of pipeline.jobs) job.archived = job.name !== 'unit tests';
  eraseJob(world.state, named(pipeline, 'unit tests'));
}

/** One whose runner broke once. */
function addRetried(world: World): void {
  const pipeline = addWebPipeline(world, {
    id: demo.pipelineId,
    firstJobId: 12345678911,
    user: 'alice',
    ref: 'main',
    title: 'Let buyers split an order over two addresses',
    unitTests: 'runner-fails',
  });
  world.advance(2 * minute);
  const again = retryJob(world.state, named(pipeline, 'unit tests'), world.user('bob') ?? null);
  again.plan = { ...again.plan, outcome: 'success', ...unitTestPlans.pass };
  world.advance(8 * minute);
}

/** One whose tests found a bug. */
function addFailed(world: World): void {
  addWebPipeline(world, {
    id: demo.failedPipelineId,
    firstJobId: 12345678921,
    user: 'bob',
    ref: 'refund-shipping',
    title: 'Refund shipping when every item is returned',
    unitTests: 'fail',
  });
  world.advance(12 * minute);
}

/** The commits whose pipelines follow one another while the demo runs; every third has the bug. */
const upcoming: readonly WebPipeline[] = [
  { user: 'alice', ref: 'main', title: 'Cache the catalog for a minute' },
  { user: 'bob', ref: 'refund-shipping', title: 'Refund shipping, once more', unitTests: 'fail' },
  { user: 'bob', ref: 'main', title: 'Round the discount before tax' },
];

const pauseMs = 20_000;
const keptPipelines = 6;

/** Starts a new pipeline a while after the last one ended, and drops the oldest of its own. */
function keepGoing(world: World, first: PipelineRecord): void {
  let current = first;
  let started = 0;
  const own: PipelineRecord[] = [];
  world.onTick((now) => {
    const rests = isPipelineDone(current) && now - (current.finishedAt ?? now) >= pauseMs;
    if (!rests) return;
    const next = upcoming[started % upcoming.length];
    if (next === undefined) return;
    current = addWebPipeline(world, next);
    started += 1;
    own.push(current);
    const oldest = own.length > keptPipelines ? own.shift() : undefined;
    if (oldest !== undefined) dropPipeline(world, oldest);
  });
}

function dropPipeline(world: World, pipeline: PipelineRecord): void {
  for (const job of pipeline.jobs) {
    if (job.downstream !== null) world.deletePipeline(job.downstream);
  }
  world.deletePipeline(pipeline);
}

/** Gives the demo's job token to a job that runs now, since a token dies with its job. */
function keepJobToken(world: World, token: TokenRecord): void {
  world.onTick(() => {
    if (token.job?.status === 'running') return;
    const running = world
      .project(demo.project)
      ?.jobs.findLast((job) => job.kind === 'build' && job.status === 'running');
    if (running?.user) Object.assign(token, { job: running, user: running.user });
  });
}

/** The demo's world: half an hour of a small shop's CI, and a pipeline under way that lives on. */
export function seedWorld(options: { now?: number | undefined } = {}): World {
  const now = options.now ?? createWorld().now;
  const world = createWorld({ now: now - pastMs });
  world.state.lastId.job = demo.archivedJobId - 1;
  addPeople(world);
  addProjects(world);
  addNightly(world);
  addRetried(world);
  addFailed(world);
  const running = addWebPipeline(world, {
    id: demo.runningPipelineId,
    firstJobId: 12345678931,
    user: 'bob',
    ref: 'main',
    title: 'Say what is in stock before the cart',
  });
  world.advance(30_000);
  const token = world.addToken({ value: demo.tokens.job, job: demo.runningJobId });
  keepGoing(world, running);
  keepJobToken(world, token);
  return world;
}
