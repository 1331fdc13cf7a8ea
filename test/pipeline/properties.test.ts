import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AnyJob } from '../../src/gitlab/rows.ts';
import { type BoardRows, buildBoard } from '../../src/pipeline/board.ts';
import { compositeStatus } from '../../src/pipeline/composite-status.ts';
import { runs } from '../helpers/runs.ts';
import { at, bridge, build, rowsOf } from './rows.ts';

/*
 * Generates random pipelines with ids as GitLab assigns them: stage by stage and job by job, from a
 * sequence that other pipelines also use. Then jobs are retried, which creates rows with larger
 * ids.
 */

interface JobPlan {
  group: string;
  isBridge: boolean;
  /** Number of parallel jobs with this name. */
  parallel: number;
  /** The statuses of the job's attempts, in order. After the last one, the first one follows. */
  statuses: readonly string[];
  isAllowedToFail: boolean;
}

interface PipelinePlan {
  stages: readonly { name: string; jobs: readonly JobPlan[] }[];
  /** Number of ids that other pipelines take before each row. The list is repeated. */
  idsOfOthers: readonly number[];
  /**
   * The retries: the index of the job, modulo the number of jobs, and the seconds since the
   * previous retry.
   */
  retries: readonly { job: number; after: number }[];
}

/** A job of a created pipeline. `attempts` are its rows, oldest first. */
interface CreatedJob {
  group: string;
  stage: string;
  attempts: AnyJob[];
}

const STATUSES = [
  'created waiting_for_resource preparing waiting_for_callback pending running success failed',
  'canceling canceled skipped manual scheduled new_in_gitlab',
].flatMap((line) => line.split(' '));

const jobPlan = fc.record({
  group: fc.constantFrom('a', 'b', 'unit', 'x 9', 'x 10'),
  isBridge: fc.boolean(),
  parallel: fc.integer({ min: 1, max: 3 }),
  statuses: fc.array(fc.constantFrom(...STATUSES), { minLength: 1, maxLength: 3 }),
  isAllowedToFail: fc.boolean(),
});

/** Generates stages in the order of the pipeline's configuration. */
const stages = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('.pre', 'build', 'test', 'lint', '9', 'deploy', '.post'),
      jobs: fc.uniqueArray(jobPlan, { minLength: 1, maxLength: 4, selector: ({ group }) => group }),
    }),
    { selector: ({ name }) => name, minLength: 1 },
  )
  .map((list) => [
    ...list.filter(({ name }) => name === '.pre'),
    ...list.filter(({ name }) => !name.startsWith('.')),
    ...list.filter(({ name }) => name === '.post'),
  ]);

const pipelinePlan: fc.Arbitrary<PipelinePlan> = fc.record({
  stages,
  idsOfOthers: fc.array(fc.nat(3), { minLength: 1 }),
  retries: fc.array(fc.record({ job: fc.nat(), after: fc.constantFrom(0, 0.2, 5) }), {
    maxLength: 15,
  }),
});

/**
 * Creates a pipeline. Its first retry is `firstRetryAfter` seconds after its last job was created.
 */
function createPipeline(plan: PipelinePlan, firstRetryAfter: number): CreatedJob[] {
  let [id, created, count] = [100, 0, 0];
  const addAttempt = (
    job: CreatedJob,
    { isBridge, statuses, isAllowedToFail }: JobPlan,
    name: string,
  ) => {
    id += 1 + (plan.idsOfOthers[count % plan.idsOfOthers.length] ?? 0);
    count += 1;
    const row = {
      id,
      name,
      stage: job.stage,
      status: statuses[job.attempts.length % statuses.length] ?? '',
      allow_failure: isAllowedToFail,
      created_at: at(created),
    };
    job.attempts.push(isBridge ? bridge(row) : build(row));
  };
  const retries: (() => void)[] = [];
  const jobs = plan.stages.flatMap(({ name: stage, jobs: plans }) =>
    plans.flatMap((job) =>
      Array.from({ length: job.parallel }, (_, index) => {
        const group = `${stage} job ${job.group}`;
        const name = job.parallel === 1 ? group : `${group} ${index + 1}/${job.parallel}`;
        const added: CreatedJob = { group, stage, attempts: [] };
        created += 0.01;
        addAttempt(added, job, name);
        retries.push(() => addAttempt(added, job, name));
        return added;
      }),
    ),
  );
  created += firstRetryAfter;
  for (const { job, after } of plan.retries) {
    created += after;
    retries[job % retries.length]?.();
  }
  return jobs;
}

const currentOf = ({ attempts }: CreatedJob) => attempts.at(-1) as AnyJob;

/**
 * Returns the rows that GitLab lists: all attempts of jobs, and trigger jobs that were not retried.
 */
const listedRows = (jobs: readonly CreatedJob[]): BoardRows =>
  rowsOf(
    jobs.flatMap((job) => (currentOf(job).kind === 'BRIDGE' ? [currentOf(job)] : job.attempts)),
  );

const idsOf = (rows: readonly AnyJob[]) => rows.map(({ id }) => Number(id)).sort((a, b) => a - b);

/** Computes the status of several jobs as GitLab does, with bit masks. */
function referenceStatus(jobs: readonly AnyJob[]): string {
  const words = [...STATUSES, 'warning', 'ignored'];
  const maskOf = (names: string) =>
    names.split(' ').reduce((mask, name) => mask | (1 << words.indexOf(name)), 0);
  let present = 0;
  for (const { status, allow_failure } of jobs) {
    const ofAllowed = { failed: 'warning', canceled: 'warning', manual: 'ignored' }[status];
    present |= maskOf((allow_failure && ofAllowed) || status);
  }
  const isOnly = (names: string) => (present & ~maskOf(names)) === 0;
  const isAny = (names: string) => (present & maskOf(names)) !== 0;
  if (isOnly('skipped ignored')) return 'skipped';
  if (isOnly('success skipped warning ignored')) return 'success';
  if (isOnly('created warning ignored')) return 'created';
  if (isOnly('preparing warning ignored')) return 'preparing';
  if (isOnly('canceled success skipped warning ignored')) return 'canceled';
  if (isOnly('pending created skipped warning ignored')) return 'pending';
  if (isAny('canceling')) return 'canceling';
  if (isAny('running pending')) return 'running';
  if (isAny('waiting_for_resource')) return 'waiting_for_resource';
  if (isAny('waiting_for_callback')) return 'waiting_for_callback';
  if (isAny('manual')) return 'manual';
  if (isAny('scheduled')) return 'scheduled';
  if (isAny('preparing')) return 'preparing';
  if (isAny('created')) return 'running';
  return isAny('new_in_gitlab') ? 'UNKNOWN' : 'failed';
}

it('has the stages of the pipeline in order, except those whose trigger jobs were all retried', async () => {
  await fc.assert(
    fc.asyncProperty(pipelinePlan, async (plan) => {
      const jobs = createPipeline(plan, 61);
      const { stages: found } = await buildBoard(listedRows(jobs));
      const names = plan.stages.map(({ name }) => name);
      const isLost = (stage: string) =>
        !stage.startsWith('.') &&
        jobs.every(
          (job) =>
            job.stage !== stage || (currentOf(job).kind === 'BRIDGE' && job.attempts.length > 1),
        );
      const known = found.filter(({ positionKnown }) => positionKnown).map(({ name }) => name);
      expect(known).toEqual(names.filter((name) => !isLost(name)));
      expect(found.map(({ name }) => name).sort()).toEqual([...names].sort());
    }),
    { numRuns: runs(500) },
  );
});

it('has known stages in order even if any rows are missing', async () => {
  await fc.assert(
    fc.asyncProperty(pipelinePlan, fc.nat(), fc.nat(), async (plan, kept, missing) => {
      const rows = listedRows(createPipeline(plan, 0.6));
      const from = kept % (rows.jobs.length + 1);
      const to = from + 1 + (missing % (rows.jobs.length + 1));
      const { stages: found } = await buildBoard({
        ...rows,
        jobs: rows.jobs.filter((_, index) => index < from || index >= to),
        gaps: [{ part: 'MORE_JOBS' }],
      });
      const known = found.filter(({ positionKnown }) => positionKnown).map(({ name }) => name);
      const names = plan.stages.map(({ name }) => name);
      expect(known).toEqual(names.filter((name) => known.includes(name)));
    }),
    { numRuns: runs(1000) },
  );
});

it('has the current jobs of each group and their attempts', async () => {
  await fc.assert(
    fc.asyncProperty(pipelinePlan, async (plan) => {
      const jobs = createPipeline(plan, 1);
      const board = await buildBoard(listedRows(jobs));
      expect(idsOf(board.jobs)).toEqual(idsOf(jobs.map(currentOf)));
      const groups = new Map(
        board.stages.flatMap(({ name, groups: found }) =>
          found.map((group) => [`${name}: ${group.name}`, group.jobs] as const),
        ),
      );
      for (const job of jobs) {
        const current = groups
          .get(`${job.stage}: ${job.group}`)
          ?.find(({ id }) => id === currentOf(job).id);
        const listed = currentOf(job).kind === 'BRIDGE' ? [currentOf(job)] : job.attempts;
        expect(current?.retried).toBe(false);
        expect(current?.attempts?.map(({ id }) => id)).toEqual(listed.map(({ id }) => id));
      }
    }),
    { numRuns: runs(500) },
  );
});

it('has GitLab’s status for each stage', async () => {
  await fc.assert(
    fc.asyncProperty(pipelinePlan, async (plan) => {
      const jobs = createPipeline(plan, 1);
      for (const stage of (await buildBoard(listedRows(jobs))).stages) {
        const current = jobs.filter((job) => job.stage === stage.name).map(currentOf);
        expect(compositeStatus(stage.jobs)).toEqual({
          status: referenceStatus(current),
          hasWarnings: current.some(
            ({ status, allow_failure }) => allow_failure && ['failed', 'canceled'].includes(status),
          ),
        });
      }
    }),
    { numRuns: runs(1000) },
  );
});
