import { type JobLog, scriptOf } from './demo-logs.ts';
import * as scripts from './demo-scripts.ts';
import type { JobOptions } from './job-columns.ts';
import type { ArtifactRecord, PipelineRecord, PlanRecord } from './records.ts';
import type { World } from './world.ts';

/** What differs from one pipeline of the demo to the next. */
export interface WebPipeline {
  readonly id?: number;
  /** The id of its first job; the others follow. */
  readonly firstJobId?: number;
  readonly user: string;
  readonly ref: string;
  readonly title: string;
  readonly source?: string;
  /** How the unit tests end. @default they pass */
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

/** An archive, here as large as those that break clients with 32-bit sizes. */
function archive(size: number): ArtifactRecord {
  return { file_type: 'archive', size, filename: 'artifacts.zip', file_format: 'zip' };
}

function plan(log: JobLog, runMs: number, more: Partial<PlanRecord> = {}): Partial<PlanRecord> {
  return { script: scriptOf(log), runMs, ...more };
}

/** How the unit tests can go. */
export const unitTestPlans = {
  pass: plan(scripts.unitTests, 45 * second, { coverage: 93.41, artifacts: [junit] }),
  fail: plan(scripts.failingUnitTests, 40 * second, { outcome: 'failed', artifacts: [junit] }),
  'runner-fails': plan(scripts.lostUnitTests, 20 * second, {
    outcome: 'failed',
    failureReason: 'runner_system_failure',
  }),
};

function webJobs(world: World, { unitTests = 'pass', ref }: WebPipeline): JobOptions[] {
  return [
    { name: 'lint', stage: 'check', plan: plan(scripts.lint, 8 * second) },
    { name: 'typecheck', stage: 'check', plan: plan(scripts.typecheck, 12 * second) },
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
      plan: plan(scripts.endToEnd, 60 * second, { artifacts: [archive(48_211_904), metadata] }),
    },
    {
      name: 'build',
      stage: 'build',
      artifactsExpireAt: world.now + 30 * day,
      plan: plan(scripts.build, 25 * second, { artifacts: [archive(3_221_225_472), metadata] }),
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
      plan: plan(scripts.deploy, 10 * second, { delayMs: 20 * second }),
    },
    {
      name: 'deploy production',
      stage: 'deploy',
      when: 'manual',
      allowFailure: true,
      environment: 'production',
      inputs: { region: { options: ['eu', 'us'] }, reason: {} },
      plan: plan(scripts.deploy, 15 * second),
    },
  ];
}

/** The pipeline that a pipeline of the web shop starts in its neighbour. */
function addContractTests(world: World, upstream: PipelineRecord): PipelineRecord {
  const pipeline = world.addPipeline('acme/shop/api', {
    source: 'pipeline',
    user: upstream.user,
    name: 'Contract tests',
    commit: 'Answer an unknown order with 404',
  });
  const tests = plan(scripts.contractTests, 15 * second);
  world.addJob(pipeline, { name: 'contract', status: 'created', plan: tests });
  return pipeline;
}

/** A whole pipeline of the web shop, about to begin: check, test, build, deploy. */
export function addWebPipeline(world: World, wanted: WebPipeline): PipelineRecord {
  const pipeline = world.addPipeline('acme/shop/web', {
    id: wanted.id,
    user: wanted.user,
    ref: wanted.ref,
    commit: wanted.title,
    source: wanted.source ?? 'push',
  });
  let id = wanted.firstJobId;
  const next = () => {
    const taken = id;
    if (id !== undefined) id += 1;
    return taken;
  };
  for (const job of webJobs(world, wanted)) {
    world.addJob(pipeline, { ...job, id: next(), status: 'created' });
  }
  world.addBridge(pipeline, {
    id: next(),
    name: 'contract tests',
    stage: 'build',
    status: 'created',
    trigger: () => addContractTests(world, pipeline),
  });
  for (const job of deployJobs()) {
    world.addJob(pipeline, { ...job, id: next(), status: 'created' });
  }
  return pipeline;
}
