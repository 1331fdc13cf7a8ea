import {
  addCheckoutPipeline,
  addComplexPipelines,
  addComplexProjects,
  type CheckoutPipeline,
  complexDemo,
  complexHistoryMs,
} from './demo-complex-pipelines.ts';
import { addHistory, historyDemo } from './demo-history.ts';
import {
  addWebPipeline,
  jobNamed,
  retryWithSuccess,
  unitTestPlans,
  type WebPipeline,
} from './demo-pipelines.ts';
import { eraseJob } from './life-cycle.ts';
import type { PipelineRecord, TokenRecord } from './records.ts';
import { isComplete, pipelineStatus } from './statuses.ts';
import { createWorld, type World } from './world.ts';

/** Tokens and ids of the demo, which examples refer to. */
export const demo = {
  /** Token of the user alice, who is Maintainer of all projects. */
  token: 'glpat-demo-maintainer',
  tokens: {
    maintainer: 'glpat-demo-maintainer',
    /**
     * Token of the user bob. He may not write to the protected branch `main` of the private
     * project.
     */
    developer: 'glpat-demo-developer',
    /**
     * Token of a user that sees all projects, but no jobs of acme/shop/api and
     * acme/platform/deploy.
     */
    guest: 'glpat-demo-guest',
    /** A second token of the user alice, with only the scope read_api. */
    readOnly: 'glpat-demo-readonly',
    expired: 'glpat-demo-expired',
    /** Job token of a running job in the web shop. */
    job: 'glcbt-demo-job',
  },
  project: 'acme/shop/web',
  projectId: 101,
  privateProject: 'acme/shop/api',
  privateProjectId: 102,
  /** A successful pipeline with a retried job and a downstream pipeline. */
  pipelineId: 9876543202,
  failedPipelineId: 9876543204,
  runningPipelineId: 9876543205,
  downstreamPipelineId: 9876543203,
  /** A successful job with an archive of 3 GiB. */
  successJobId: 12345678915,
  bridgeId: 12345678916,
  /** A job that failed with the reason runner_system_failure; its retry succeeded. */
  retriedJobId: 12345678913,
  retryJobId: 12345678919,
  /** A job that failed with the reason script_failure; its log contains failed tests. */
  failedJobId: 12345678923,
  /** A job whose log grows in real time. */
  runningJobId: 12345678934,
  /** A deployment job with `when: delayed`. */
  delayedJobId: 12345678937,
  manualJobId: 12345678918,
  erasedJobId: 12345678903,
  archivedJobId: 12345678901,
  ...complexDemo,
  ...historyDemo,
} as const;

const minuteMs = 60_000;

const historyMs = 28 * minuteMs + 30_000;

function addUsersAndTokens(world: World): void {
  world.addUser({ id: 11, username: 'alice', name: 'Alice Arden' });
  world.addUser({ id: 12, username: 'bob', name: 'Bob Brooks' });
  world.addUser({ id: 13, username: 'guest', name: 'Grace Guest' });
  const { maintainer, developer, guest, readOnly, expired } = demo.tokens;
  world.addToken({ user: 'alice', value: maintainer });
  world.addToken({ user: 'bob', value: developer });
  world.addToken({ user: 'guest', value: guest });
  world.addToken({ user: 'alice', value: readOnly, scopes: ['read_api'] });
  world.addToken({ user: 'alice', value: expired, expired: true });
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
  addComplexProjects(world);
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

/** Adds a scheduled pipeline whose jobs are archived or erased. */
function addNightlyPipeline(world: World): void {
  const pipeline = addWebPipeline(world, {
    id: 9876543200,
    firstJobId: demo.archivedJobId,
    user: 'alice',
    ref: 'main',
    title: 'Show delivery dates in the cart',
    source: 'schedule',
  });
  world.advance(6 * minuteMs);
  for (const job of pipeline.jobs) job.archived = job.name !== 'unit tests';
  eraseJob(world.state, jobNamed(pipeline, 'unit tests'));
}

function addRetriedPipeline(world: World): void {
  const pipeline = addWebPipeline(world, {
    id: demo.pipelineId,
    firstJobId: 12345678911,
    user: 'alice',
    ref: 'main',
    title: 'Let buyers split an order over two addresses',
    unitTests: 'runner-fails',
  });
  world.advance(2 * minuteMs);
  retryWithSuccess(world, jobNamed(pipeline, 'unit tests'), unitTestPlans.pass);
  world.advance(8 * minuteMs);
}

function addFailedPipeline(world: World): void {
  addWebPipeline(world, {
    id: demo.failedPipelineId,
    firstJobId: 12345678921,
    user: 'bob',
    ref: 'refund-shipping',
    title: 'Refund shipping when every item is returned',
    unitTests: 'fail',
  });
  world.advance(12 * minuteMs);
}

/**
 * The pipelines that the running demo starts one after another. After the last one, it starts the
 * first one again.
 */
const upcoming: readonly WebPipeline[] = [
  { user: 'alice', ref: 'main', title: 'Cache the catalog for a minute' },
  { user: 'bob', ref: 'refund-shipping', title: 'Refund shipping, once more', unitTests: 'fail' },
  { user: 'bob', ref: 'main', title: 'Round the discount before tax' },
];

const upcomingCheckout: readonly CheckoutPipeline[] = [
  { user: 'alice', ref: 'main', title: 'Ask for the delivery slot before the payment' },
  { user: 'bob', ref: 'gift-cards', title: 'Split a gift card over two orders', fails: 'unit' },
];

const pauseMs = 20_000;
const maxUpcomingPipelines = 6;

/**
 * Starts a pipeline 20 s after the previous pipeline has ended. Keeps the newest six of the
 * pipelines that it has started, and deletes older ones with their downstream pipelines.
 */
function keepStartingPipelines<T>(
  world: World,
  first: PipelineRecord,
  upcoming: readonly T[],
  addPipeline: (world: World, options: T) => PipelineRecord,
): void {
  let current = first;
  let startedCount = 0;
  const started: PipelineRecord[] = [];
  world.onTick((now) => {
    const isDone = isComplete(pipelineStatus(current));
    const isDue = isDone && now - (current.finishedAt ?? now) >= pauseMs;
    const next = upcoming[startedCount % upcoming.length];
    if (!isDue || next === undefined) return;
    current = addPipeline(world, next);
    startedCount += 1;
    started.push(current);
    const oldest = started.length > maxUpcomingPipelines ? started.shift() : undefined;
    if (oldest !== undefined) deleteWithDownstream(world, oldest);
  });
}

function deleteWithDownstream(world: World, pipeline: PipelineRecord): void {
  for (const { downstream } of pipeline.jobs) {
    if (downstream !== null) deleteWithDownstream(world, downstream);
  }
  world.deletePipeline(pipeline);
}

/** Assigns the demo's job token to a running job, because a token expires when its job ends. */
function keepJobTokenValid(world: World, token: TokenRecord): void {
  world.onTick(() => {
    if (token.job?.status === 'running') return;
    const running = world
      .project(demo.project)
      ?.jobs.findLast((job) => job.kind === 'build' && job.status === 'running');
    if (running?.user) Object.assign(token, { job: running, user: running.user });
  });
}

/**
 * Creates the data of the demo: pipelines of the past three weeks, and pipelines that still run or
 * start later.
 */
export function seedWorld(options: { now?: number | undefined } = {}): World {
  const now = options.now ?? createWorld().now;
  const world = createWorld({ now: now - historyMs - complexHistoryMs });
  const { lastId } = world.state;
  addUsersAndTokens(world);
  addProjects(world);
  addHistory(world);
  Object.assign(lastId, { pipeline: demo.monorepoPipelineId - 1, job: 12345600000 });
  addComplexPipelines(world);
  lastId.job = demo.archivedJobId - 1;
  addNightlyPipeline(world);
  addRetriedPipeline(world);
  addFailedPipeline(world);
  const running = addWebPipeline(world, {
    id: demo.runningPipelineId,
    firstJobId: 12345678931,
    user: 'bob',
    ref: 'main',
    title: 'Say what is in stock before the cart',
  });
  const runningCheckout = addCheckoutPipeline(world, {
    id: demo.runningCheckoutPipelineId,
    user: 'alice',
    ref: 'main',
    title: 'Offer invoices to business customers',
  });
  world.advance(30_000);
  const token = world.addToken({ value: demo.tokens.job, job: demo.runningJobId });
  keepStartingPipelines(world, running, upcoming, addWebPipeline);
  keepStartingPipelines(world, runningCheckout, upcomingCheckout, addCheckoutPipeline);
  keepJobTokenValid(world, token);
  return world;
}
