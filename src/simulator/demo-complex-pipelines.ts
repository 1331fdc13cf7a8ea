import type { BridgeOptions, JobOptions } from './build-jobs.ts';
import { failureExamples } from './demo-failure-logs.ts';
import { jobNamed, plan, retryWithSuccess, testsOf } from './demo-pipelines.ts';
import type { PipelineRecord, PlanRecord } from './records.ts';
import type { World } from './world.ts';

/**
 * Paths and ids of the demo's complex projects and pipelines: with many stages and jobs, retries,
 * matrices, jobs that wait, and chains of downstream pipelines.
 */
export const complexDemo = {
  checkoutProject: 'acme/shop/checkout',
  checkoutProjectId: 104,
  /** A project whose pipelines are started by pipelines of the checkout project (downstream). */
  paymentsProject: 'acme/shop/payments',
  paymentsProjectId: 105,
  /**
   * A project whose pipelines are started by pipelines of the payments project. The user bob cannot
   * see it.
   */
  deployProject: 'acme/platform/deploy',
  deployProjectId: 106,
  monorepoProject: 'acme/monorepo',
  monorepoProjectId: 107,
  /** A successful pipeline of 300 jobs, one of which was retried. */
  monorepoPipelineId: 9876500001,
  /** A successful pipeline. Its stage `contract` has one job, a trigger job that was retried. */
  retriedTriggerPipelineId: 9876500002,
  /** A failed pipeline. It has skipped jobs, and a job with `when: on_failure`, which ran. */
  skippedPipelineId: 9876500010,
  /**
   * A pipeline that waits for a manual job and a delayed job. Its stage `build` has one job, which
   * was retried.
   */
  blockedPipelineId: 9876500020,
  failuresProject: 'acme/platform/failures',
  failuresProjectId: 108,
  /** A pipeline of twelve failed jobs, each with a different cause of failure. */
  failuresPipelineId: 9876400001,
  /** The first job of the pipeline `failuresPipelineId`. The other jobs have the next ids. */
  firstFailureJobId: 12345500001,
  /** A pipeline that runs at the start of the demo. */
  runningCheckoutPipelineId: 9876543206,
} as const;

/**
 * Options of a pipeline of the checkout project. By default only one job fails, and that job is
 * allowed to fail.
 */
export interface CheckoutPipeline {
  readonly id?: number;
  readonly user: string;
  readonly ref: string;
  readonly title: string;
  /** @default 'push' */
  readonly source?: string;
  /**
   * Makes the pipeline fail. `unit`: a test fails. `runner`: the runner fails during the only job
   * of the stage `build`. `contract`: a downstream pipeline fails.
   */
  readonly fails?: 'unit' | 'runner' | 'contract';
  /** Whether the last stages wait for a user to start a manual job. */
  readonly needsApproval?: boolean;
}

const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;

type Options = Omit<BridgeOptions, 'stage'>;

/** The jobs of each stage, in the order in which GitLab creates them: stage by stage. */
type Stages = Readonly<Record<string, readonly Options[]>>;

/** Adds jobs in the status `created`. Jobs with the option `trigger` become trigger jobs. */
function addStages(world: World, pipeline: PipelineRecord, stages: Stages): PipelineRecord {
  for (const [stage, jobs] of Object.entries(stages)) {
    for (const options of jobs) {
      const job = { ...options, stage, status: 'created' };
      if (options.trigger) world.addBridge(pipeline, job);
      else world.addJob(pipeline, job);
    }
  }
  return pipeline;
}

/** Returns the names of the jobs of `parallel: total`: `unit 1/5` to `unit 5/5`. */
function parallel(name: string, total: number): string[] {
  return Array.from({ length: total }, (_, at) => `${name} ${at + 1}/${total}`);
}

/** Returns the names of the jobs of `parallel: matrix`, such as `test: [linux, 20]`. */
function matrix(name: string, rows: readonly string[]): string[] {
  return rows.map((row) => `${name}: [${row}]`);
}

function addDeployPipeline(world: World, { user }: PipelineRecord): PipelineRecord {
  const pipeline = world.addPipeline(complexDemo.deployProject, {
    user,
    source: 'pipeline',
    name: 'Preview environment',
    commit: 'Pin the version of the cluster',
  });
  return addStages(world, pipeline, {
    plan: [{ name: 'plan', plan: plan('deploy', 5 * second) }],
    apply: matrix('apply', ['eu', 'us']).map((name) => ({
      name,
      environment: 'review/payments',
      plan: plan('deploy', 8 * second),
    })),
  });
}

function addPaymentsPipeline(
  world: World,
  { user }: PipelineRecord,
  outcome: PlanRecord['outcome'],
): PipelineRecord {
  const pipeline = world.addPipeline(complexDemo.paymentsProject, {
    user,
    source: 'pipeline',
    name: 'Contract tests',
    commit: 'Refuse a payment in an unknown currency',
  });
  return addStages(world, pipeline, {
    test: parallel('contract', 2).map((name) => ({
      name,
      plan: plan('contractTests', 6 * second, { outcome }),
    })),
    preview: [{ name: 'preview', trigger: () => addDeployPipeline(world, pipeline) }],
  });
}

/** Adds a child pipeline, which belongs to the project of its parent. */
function addDocsPipeline(world: World, { project, user, ref, sha }: PipelineRecord) {
  const pipeline = world.addPipeline(project, { user, ref, sha, source: 'parent_pipeline' });
  return addStages(world, pipeline, {
    test: [{ name: 'links', plan: plan('lint', 5 * second) }],
    deploy: [{ name: 'pages', plan: plan('deploy', 6 * second) }],
  });
}

const platforms = ['linux, 20', 'linux, 22', 'macos, 22'];

function testJobs(fails: CheckoutPipeline['fails']): Options[] {
  const failing = plan('failingUnitTests', 20 * second, {
    outcome: 'failed',
    tests: testsOf({ failed: 1, time: 14.2 }),
  });
  const passing = plan('unitTests', 18 * second, {
    coverage: 91.5,
    tests: testsOf({ failed: 0, time: 13.7 }),
  });
  const isFailing = (name: string) => fails === 'unit' && name === 'unit 3/5';
  return [
    ...parallel('unit', 5).map((name) => ({ name, plan: isFailing(name) ? failing : passing })),
    ...matrix('test', platforms).map((name) => ({ name, plan: plan('unitTests', 22 * second) })),
    ...matrix('e2e', ['chrome', 'firefox'])
      .flatMap((name) => parallel(name, 2))
      .map((name) => ({ name, tagList: ['large'], plan: plan('endToEnd', 25 * second) })),
    {
      name: 'mutation tests',
      allowFailure: true,
      plan: plan('failingUnitTests', 15 * second, { outcome: 'failed' }),
    },
    {
      name: 'load test',
      allowFailure: true,
      plan: plan('endToEnd', 10 * second, { outcome: 'canceled' }),
    },
  ];
}

function deployJobs({ ref, needsApproval = false }: CheckoutPipeline): Options[] {
  const environment = `review/${ref}`;
  return [
    { name: 'deploy review', environment, plan: plan('deploy', 8 * second) },
    {
      name: 'stop review',
      when: 'delayed',
      environment,
      plan: plan('deploy', 4 * second, { delayMs: needsApproval ? day : 20 * second }),
    },
    {
      name: 'seed test data',
      when: 'manual',
      allowFailure: true,
      plan: plan('deploy', 5 * second),
    },
    {
      name: 'approve',
      when: 'manual',
      allowFailure: !needsApproval,
      plan: plan('deploy', 3 * second),
    },
  ];
}

/**
 * Adds a pipeline with jobs of many kinds: parallel, matrix, manual, delayed and trigger jobs, and
 * jobs in `.pre` and `.post`. At first, all jobs have the status `created`.
 */
export function addCheckoutPipeline(world: World, options: CheckoutPipeline): PipelineRecord {
  const { id, user, ref, title, source, fails } = options;
  const pipeline = world.addPipeline(complexDemo.checkoutProject, {
    id,
    user,
    ref,
    source,
    commit: title,
  });
  let contractRuns = 0;
  const triggerContract = () => {
    contractRuns += 1;
    const isFailing = fails === 'contract' && contractRuns === 1;
    return addPaymentsPipeline(world, pipeline, isFailing ? 'failed' : 'success');
  };
  const lost = plan('lostUnitTests', 10 * second, {
    outcome: 'failed',
    failureReason: 'runner_system_failure',
  });
  return addStages(world, pipeline, {
    '.pre': [{ name: 'changed files', plan: plan('lint', 3 * second) }],
    build: [{ name: 'compile', plan: fails === 'runner' ? lost : plan('build', 15 * second) }],
    test: testJobs(fails),
    contract: [{ name: 'payments contract', trigger: triggerContract }],
    package: [
      { name: 'image', plan: plan('build', 12 * second) },
      { name: 'docs', strategy: null, trigger: () => addDocsPipeline(world, pipeline) },
    ],
    deploy: deployJobs(options),
    production: [
      { name: 'deploy production', environment: 'production', plan: plan('deploy', 10 * second) },
    ],
    '.post': [
      { name: 'summary', when: 'always', plan: plan('lint', 3 * second) },
      { name: 'notify owners', when: 'on_failure', plan: plan('lint', 2 * second) },
    ],
  });
}

const domains = [
  ...['accounts', 'billing', 'cart', 'catalog', 'checkout', 'emails', 'inventory'],
  ...['loyalty', 'orders', 'payments', 'search', 'shipping', 'taxes'],
];
const layers = ['api', 'client', 'events', 'jobs', 'schema', 'store', 'types', 'web'];

const monorepoStages: Readonly<Record<string, readonly string[]>> = {
  '.pre': ['changed packages'],
  lint: domains.flatMap((domain) => layers.map((layer) => `lint ${domain}-${layer}`)),
  build: domains.flatMap((domain) => layers.map((layer) => `build: [${domain}, ${layer}]`)),
  test: domains.flatMap((domain) => parallel(`test ${domain}`, 6)),
  image: domains.map((domain) => `image ${domain}`),
};

/**
 * Adds a pipeline of 300 jobs. GitLab's pages show the 104 jobs of its stage `lint` one by one, and
 * the 104 jobs of its stage `build` as one group. The times of the jobs are set, because running
 * the jobs would slow down the start of the demo.
 */
function addMonorepoPipeline(world: World): void {
  const pipeline = world.addPipeline(complexDemo.monorepoProject, {
    id: complexDemo.monorepoPipelineId,
    user: 'alice',
    commit: 'Update the compiler in all packages',
  });
  const { createdAt } = pipeline;
  let end = createdAt;
  const add = (queuedAt: number, at: number, options: JobOptions) => {
    const startedAt = queuedAt + (1 + (at % 5)) * second;
    const finishedAt = startedAt + (8 + ((at * 7) % 23)) * second;
    end = Math.max(end, finishedAt);
    world.addJob(pipeline, {
      createdAt,
      queuedAt,
      startedAt,
      finishedAt,
      log: 'Done\n',
      ...options,
    });
  };
  const retried = 'image cart';
  const failure = { status: 'failed', retried: true, log: 'No space left on device\n' };
  for (const [stage, names] of Object.entries(monorepoStages)) {
    const startOfStage = end;
    for (const [at, name] of names.entries()) {
      add(startOfStage, at, { name, stage, ...(name === retried && failure) });
    }
  }
  add(end, 0, { name: retried, stage: 'image', createdAt: end });
  pipeline.updatedAt = end;
}

/** Adds a pipeline of failed jobs. Each job has a different kind of log. */
function addFailuresPipeline(world: World): void {
  const pipeline = world.addPipeline(complexDemo.failuresProject, {
    id: complexDemo.failuresPipelineId,
    user: 'alice',
    commit: 'Try the tools of all teams',
  });
  for (const [at, { name, reason, log }] of failureExamples.entries()) {
    const startedAt = pipeline.createdAt + 2 * second;
    world.addJob(pipeline, {
      id: complexDemo.firstFailureJobId + at,
      name,
      status: 'failed',
      failureReason: reason,
      startedAt,
      finishedAt: startedAt + (20 + at) * second,
      log: log(startedAt),
    });
  }
}

/** Adds the projects of the complex pipelines, without pipelines. */
export function addComplexProjects(world: World): void {
  const { checkoutProject, paymentsProject, deployProject, monorepoProject } = complexDemo;
  world.addProject({ id: complexDemo.checkoutProjectId, path: checkoutProject, name: 'Checkout' });
  world.addProject({ id: complexDemo.paymentsProjectId, path: paymentsProject, name: 'Payments' });
  world.addProject({
    id: complexDemo.deployProjectId,
    path: deployProject,
    name: 'Deploy',
    publicPipelines: false,
  });
  world.addProject({
    id: complexDemo.failuresProjectId,
    path: complexDemo.failuresProject,
    name: 'Failures',
  });
  world.addProject({ id: complexDemo.monorepoProjectId, path: monorepoProject, name: 'Monorepo' });
}

/** Adds the past pipelines in {@link complexDemo} and their downstream pipelines. */
export function addComplexPipelines(world: World): void {
  addMonorepoPipeline(world);
  addFailuresPipeline(world);
  world.advance(3 * minute);

  const nightly = addCheckoutPipeline(world, {
    id: complexDemo.retriedTriggerPipelineId,
    user: 'alice',
    ref: 'main',
    title: 'Show the delivery fee before the address',
    source: 'schedule',
    fails: 'contract',
  });
  world.advance(2 * minute);
  retryWithSuccess(world, jobNamed(nightly, 'payments contract'), {});
  world.advance(2 * minute);

  addCheckoutPipeline(world, {
    id: complexDemo.skippedPipelineId,
    user: 'bob',
    ref: 'gift-cards',
    title: 'Accept two gift cards for one order',
    fails: 'unit',
  });
  world.advance(minute);

  const blocked = addCheckoutPipeline(world, {
    id: complexDemo.blockedPipelineId,
    user: 'alice',
    ref: 'main',
    title: 'Keep the order when a payment is refused',
    fails: 'runner',
    needsApproval: true,
  });
  world.advance(minute);
  retryWithSuccess(world, jobNamed(blocked, 'compile'), plan('build', 15 * second));
  world.advance(2 * minute);
}

/** The time in ms by which {@link addComplexPipelines} advances the simulated clock. */
export const complexHistoryMs = 11 * minute;
