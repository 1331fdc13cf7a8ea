import type { JobOptions } from './build-jobs.ts';
import type { World } from './world.ts';

/** Path and ids of the demo's project with three weeks of pipelines. The job `e2e` is flaky. */
export const historyDemo = {
  historyProject: 'acme/shop/search',
  historyProjectId: 120,
  /** The newest run of the flaky job `e2e`. It failed. */
  flakyJobId: 12345500605,
} as const;

const second = 1_000;
const day = 86_400 * second;

const DAYS = 21;
const PIPELINES_PER_DAY = 4;
const PIPELINES = DAYS * PIPELINES_PER_DAY;
const FIRST_PIPELINE_ID = 9876300001;
/** Number of jobs of a pipeline, without the retry that some pipelines have. */
const JOBS = 5;
const IDS_PER_PIPELINE = JOBS + 1;
/**
 * The id of the first pipeline's first job. With this id, the job `e2e` of the last pipeline (its
 * fifth and last job) gets the id `flakyJobId`.
 */
const FIRST_JOB_ID = historyDemo.flakyJobId - JOBS + 1 - (PIPELINES - 1) * IDS_PER_PIPELINE;

interface Run extends JobOptions {
  name: string;
  runSeconds: number;
}

/**
 * Returns the jobs of one pipeline; `number` is 0 for the oldest pipeline.
 * - In every sixth pipeline, `e2e` fails and a retry succeeds.
 * - In every twentieth pipeline, `unit 1/2` fails.
 * - In the last pipeline, `e2e` fails without a retry.
 */
function runsOf(number: number): Run[] {
  const slow = (number * 7) % 13;
  const isLast = number === PIPELINES - 1;
  const isFlaky = number % 6 === 2;
  const hasBug = number % 20 === 11;
  const e2e: Run = { name: 'e2e', stage: 'test', runSeconds: 90 + 3 * slow };
  const failure = { status: 'failed', failureReason: 'script_failure' };
  return [
    { name: 'lint', stage: 'check', runSeconds: 12 + (slow % 3) },
    { name: 'build', stage: 'build', runSeconds: 48 + slow },
    { name: 'unit 1/2', stage: 'test', runSeconds: 35 + slow, ...(hasBug && failure) },
    { name: 'unit 2/2', stage: 'test', runSeconds: 33 + slow },
    { ...e2e, ...((isFlaky || isLast) && failure), retried: isFlaky },
    ...(isFlaky ? [e2e] : []),
  ];
}

/** Adds the project and its pipelines. Sets the times of their jobs instead of running them. */
export function addHistory(world: World): void {
  const { historyProject, historyProjectId } = historyDemo;
  world.addProject({ id: historyProjectId, path: historyProject, name: 'Search' });
  for (let number = 0; number < PIPELINES; number++) {
    const createdAt = world.now - ((PIPELINES - number) * day) / PIPELINES_PER_DAY;
    const isMain = number % 3 !== 1;
    const pipeline = world.addPipeline(historyProject, {
      id: FIRST_PIPELINE_ID + number,
      user: number % 2 === 0 ? 'alice' : 'bob',
      ref: isMain ? 'main' : 'synonyms',
      commit: isMain ? `Tune the ranking, step ${number}` : 'Look for synonyms',
      createdAt,
    });
    let queuedAt = createdAt;
    for (const [at, { runSeconds, ...options }] of runsOf(number).entries()) {
      const startedAt = queuedAt + (2 + ((number + at) % 5)) * second;
      const finishedAt = startedAt + runSeconds * second;
      world.addJob(pipeline, {
        id: FIRST_JOB_ID + number * IDS_PER_PIPELINE + at,
        createdAt: at < JOBS ? createdAt : queuedAt,
        queuedAt,
        startedAt,
        finishedAt,
        log: 'Done\n',
        ...options,
      });
      queuedAt = finishedAt;
    }
    pipeline.updatedAt = queuedAt;
  }
}
