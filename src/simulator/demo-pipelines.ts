import type { JobOptions } from './build-jobs.ts';
import { jobLogs, toScript } from './demo-logs.ts';
import { retryJob } from './life-cycle.ts';
import type {
  ArtifactRecord,
  JobRecord,
  PipelineRecord,
  PlanRecord,
  TestCounts,
} from './records.ts';
import type { World } from './world.ts';

export interface WebPipeline {
  readonly id?: number;
  /** Id of the first job. The other jobs have the next ids. */
  readonly firstJobId?: number;
  readonly user: string;
  readonly ref: string;
  readonly title: string;
  readonly source?: string;
  /** @default 'pass' */
  readonly unitTests?: 'pass' | 'fail' | 'runner-fails';
}

const second = 1_000;
const day = 86_400 * second;

const junit: ArtifactRecord = {
  file_type: 'junit',
  size: 18_204,
  filename: 'junit.xml.gz',
  file_format: 'gzip',
};
const metadata: ArtifactRecord = {
  file_type: 'metadata',
  size: 5_120,
  filename: 'metadata.gz',
  file_format: 'gzip',
};

function archive(size: number): ArtifactRecord {
  return { file_type: 'archive', size, filename: 'artifacts.zip', file_format: 'zip' };
}

/** Some of the files in the archive of a build job, by path. */
const builtFiles = {
  'dist/index.html': '<!doctype html>\n<title>Acme</title>\n<script src="app.js"></script>\n',
  'dist/build-info.json': '{"version": "4.18.2", "chunks": 212, "minified": true}\n',
  'reports/bundle-size.txt': 'app.js    412 kB\nvendor.js 897 kB\nstyle.css  61 kB\n',
};

/** Returns the plan of a job: it runs for `runMs` and prints the given log of `jobLogs`. */
export function plan(
  log: keyof typeof jobLogs,
  runMs: number,
  more: Partial<PlanRecord> = {},
): Partial<PlanRecord> {
  return { script: toScript(jobLogs[log]), runMs, ...more };
}

/** Returns the current attempt of a job. */
export function jobNamed(pipeline: PipelineRecord, name: string): JobRecord {
  const job = pipeline.jobs.find((candidate) => candidate.name === name && !candidate.retried);
  if (job === undefined) throw new Error(`the demo has no job ${name}`);
  return job;
}

/** Retries a job for the user bob. The retry succeeds. */
export function retryWithSuccess(world: World, job: JobRecord, more: Partial<PlanRecord>): void {
  const retry = retryJob(world.state, job, world.user('bob') ?? null);
  retry.plan = { ...retry.plan, outcome: 'success', ...more };
}

/** Returns the test report that fits the log of the unit tests: 277 tests. */
export const testsOf = ({ failed, time }: Pick<TestCounts, 'failed' | 'time'>): TestCounts => ({
  success: 277 - failed,
  failed,
  skipped: 0,
  error: 0,
  time,
});

/** What the job `unit tests` does when it runs, by the option `unitTests`. */
export const unitTestPlans = {
  pass: plan('unitTests', 45 * second, {
    coverage: 93.41,
    artifacts: [junit],
    tests: testsOf({ failed: 0, time: 31.42 }),
  }),
  fail: plan('failingUnitTests', 40 * second, {
    outcome: 'failed',
    artifacts: [junit],
    tests: testsOf({ failed: 1, time: 28.9 }),
  }),
  'runner-fails': plan('lostUnitTests', 20 * second, {
    outcome: 'failed',
    failureReason: 'runner_system_failure',
  }),
};

function webJobs(world: World, { unitTests = 'pass', ref }: WebPipeline): JobOptions[] {
  return [
    { name: 'lint', stage: 'check', plan: plan('lint', 8 * second) },
    { name: 'typecheck', stage: 'check', plan: plan('typecheck', 12 * second) },
    {
      name: 'unit tests',
      stage: 'test',
      tagList: ['docker'],
      plan: unitTestPlans[unitTests],
    },
    {
      name: 'e2e',
      stage: 'test',
      allowFailure: true,
      tagList: ['docker', 'large'],
      environment: `review/${ref}`,
      plan: plan('endToEnd', 60 * second, { artifacts: [archive(48_211_904), metadata] }),
    },
    {
      name: 'build',
      stage: 'build',
      files: builtFiles,
      artifactsExpireAt: world.now + 30 * day,
      // The size of this archive, 3 GiB, does not fit into a signed 32-bit integer.
      plan: plan('build', 25 * second, { artifacts: [archive(3_221_225_472), metadata] }),
    },
  ];
}

function deployJobs(): JobOptions[] {
  return [
    {
      name: 'deploy staging',
      stage: 'deploy',
      when: 'delayed',
      environment: 'staging',
      plan: plan('deploy', 10 * second, { delayMs: 20 * second }),
    },
    {
      name: 'deploy production',
      stage: 'deploy',
      when: 'manual',
      allowFailure: true,
      environment: 'production',
      inputs: { region: { options: ['eu', 'us'] }, reason: {} },
      plan: plan('deploy', 15 * second),
    },
  ];
}

/** Adds a pipeline in the private project. A pipeline of the web shop triggers it. */
function addContractTests(world: World, upstream: PipelineRecord): PipelineRecord {
  const pipeline = world.addPipeline('acme/shop/api', {
    source: 'pipeline',
    user: upstream.user,
    name: 'Contract tests',
    commit: 'Answer an unknown order with 404',
  });
  const tests = plan('contractTests', 15 * second);
  world.addJob(pipeline, { name: 'contract', status: 'created', plan: tests });
  return pipeline;
}

/**
 * Adds a pipeline of the web shop with jobs of four stages (check, test, build, deploy) in the
 * status `created`.
 */
export function addWebPipeline(world: World, options: WebPipeline): PipelineRecord {
  const pipeline = world.addPipeline('acme/shop/web', {
    id: options.id,
    user: options.user,
    ref: options.ref,
    commit: options.title,
    source: options.source ?? 'push',
  });
  let nextId = options.firstJobId;
  const takeId = () => {
    const id = nextId;
    if (nextId !== undefined) nextId += 1;
    return id;
  };
  for (const job of webJobs(world, options)) {
    world.addJob(pipeline, { ...job, id: takeId(), status: 'created' });
  }
  world.addBridge(pipeline, {
    id: takeId(),
    name: 'contract tests',
    stage: 'build',
    status: 'created',
    trigger: () => addContractTests(world, pipeline),
  });
  for (const job of deployJobs()) {
    world.addJob(pipeline, { ...job, id: takeId(), status: 'created' });
  }
  return pipeline;
}
