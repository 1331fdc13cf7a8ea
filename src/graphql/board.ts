import type { ArgBuilder } from '@pothos/core';
import { MAX_PER_PAGE } from '../gitlab/lists/page-request.ts';
import {
  type Board,
  type BoardGap,
  failedJobs,
  type Group,
  type Stage,
  statusCounts,
} from '../pipeline/board.ts';
import type { CompositeStatus } from '../pipeline/composite-status.ts';
import { isPlayable, statusDetails } from '../pipeline/derived.ts';
import { stageEnd, stageStart } from '../pipeline/stages.ts';
import { buildTimeline, type CriticalStep, type Timeline } from '../pipeline/timeline.ts';
import { builder, type Types } from './builder.ts';
import { checkRange, type FailureView, viewFailure } from './client-errors.ts';
import { clampRows, costs, type ListCost } from './cost.ts';
import { CiJob, DetailedStatus } from './refs.ts';
import { CiJobStatus } from './status.ts';

/*
 * The board of a pipeline: what its page in GitLab shows. src/pipeline/ computes all fields from
 * the rows of two lists: the jobs and the trigger jobs of the pipeline.
 */

/**
 * The cost of a field that returns jobs of a board. The board contains the attempts of each job, so
 * the field `attempts` of these jobs needs no further call.
 */
const jobsOfBoard = { extensions: costs({ leadsTo: 'board' }) };

/**
 * Returns `code`, `message` and `retryAfter` for a missing part of a board. The code is that of the
 * failed call, or TOO_MANY if the part was beyond `maxJobs`.
 */
function viewGap({ error }: BoardGap): FailureView {
  if (error) return viewFailure(error);
  const message = 'The pipeline has more jobs than `maxJobs`. The board has the newest.';
  return { code: 'TOO_MANY', message, retryAfter: null };
}

const BoardPart = builder.enumType('BoardPart', {
  description: 'A part of a board that can be missing.',
  values: {
    BRIDGES: { description: 'All trigger jobs.' },
    MORE_JOBS: {
      description:
        'Some jobs or trigger jobs: the oldest, if there are more than `maxJobs`, or those of a page that could not be read from GitLab.',
    },
  },
});

export const BoardGapRef = builder.objectRef<BoardGap>('BoardGap').implement({
  description: 'A part of a board that is missing, and why.',
  fields: (t) => ({
    part: t.expose('part', { type: BoardPart, nullable: false, description: 'What is missing.' }),
    code: t.string({
      nullable: false,
      description:
        'Why: TOO_MANY if the pipeline has more jobs than `maxJobs`; otherwise the code of the error, as in `extensions.code`.',
      resolve: (gap) => viewGap(gap).code,
    }),
    message: t.string({
      nullable: false,
      description: 'Why, in a sentence.',
      resolve: (gap) => viewGap(gap).message,
    }),
    retryAfter: t.float({
      description: 'Seconds to wait before a retry. Null if GitLab did not send a time.',
      resolve: (gap) => viewGap(gap).retryAfter,
    }),
  }),
});

const CiStatusCount = builder
  .objectRef<{ status: string; count: number }>('CiStatusCount')
  .implement({
    description: 'The number of jobs with a status.',
    fields: (t) => ({
      status: t.field({
        type: CiJobStatus,
        nullable: false,
        description: 'The status.',
        resolve: ({ status }) => status,
      }),
      count: t.exposeInt('count', { nullable: false, description: 'The number of jobs.' }),
    }),
  });

/** The fields of a group or stage that show the combined status of its jobs. */
const statusFields = <Row extends { status: CompositeStatus }>(
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, Row>,
) => ({
  status: t.field({
    type: CiJobStatus,
    nullable: false,
    description:
      'The status of its current jobs together, by the rule of GitLab’s pages: a failed job that is allowed to fail counts as successful.',
    resolve: ({ status }) => status.status,
  }),
  hasWarnings: t.boolean({
    nullable: false,
    description:
      'Whether a job that is allowed to fail has failed or was canceled. GitLab shows an orange icon.',
    resolve: ({ status }) => status.hasWarnings,
  }),
  detailedStatus: t.field({
    type: DetailedStatus,
    nullable: false,
    description: 'The status as text, and as a key for style sheets. Its `action` is null.',
    resolve: ({ status }) => statusDetails(status),
  }),
});

const CiGroup = builder.objectRef<Group>('CiGroup').implement({
  description:
    'Jobs of a stage that GitLab’s pages show as one: the parts of a `parallel` or `matrix` job. Other jobs are a group of one.',
  fields: (t) => ({
    name: t.exposeString('name', {
      nullable: false,
      description: 'The name without its parallel or matrix part: "unit" for "unit 2/5".',
    }),
    size: t.int({
      nullable: false,
      description: 'The number of jobs.',
      resolve: ({ jobs }) => jobs.length,
    }),
    ...statusFields(t),
    jobs: t.expose('jobs', {
      type: [CiJob],
      nullable: false,
      ...jobsOfBoard,
      description:
        'The current jobs, in natural order of their names: "unit 2/12" before "unit 10/12".',
    }),
  }),
});

const CiStage = builder.objectRef<Stage>('CiStage').implement({
  description: 'A stage of a pipeline.',
  fields: (t) => ({
    name: t.exposeString('name', { nullable: false, description: 'The name in `.gitlab-ci.yml`.' }),
    position: t.exposeInt('position', {
      nullable: false,
      description: 'The place among the stages of the board, from 0.',
    }),
    positionKnown: t.exposeBoolean('positionKnown', {
      nullable: false,
      description:
        'Whether `position` is certain. GitLab does not send the order of stages; it follows from the ids of their jobs. False if the first jobs of the stage were not read: a stage that contains only retried trigger jobs, or jobs in a part that is missing (see `gaps`).',
    }),
    ...statusFields(t),
    manualCount: t.int({
      nullable: false,
      description:
        'The number of jobs that can be started with `jobPlay`. A stage that contains only optional manual jobs is SKIPPED.',
      resolve: ({ jobs }) => jobs.filter(isPlayable).length,
    }),
    groups: t.expose('groups', {
      type: [CiGroup],
      nullable: false,
      description: 'The jobs by group, in natural order of their names.',
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When the first of its current jobs started. Null before that.',
      resolve: stageStart,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      description:
        'When the last of its current jobs finished. Null until all of them are complete.',
      resolve: stageEnd,
    }),
  }),
});

const CriticalStepRef = builder.objectRef<CriticalStep>('CriticalStep').implement({
  description: 'A job on the critical path. All times are in seconds.',
  fields: (t) => ({
    job: t.expose('job', {
      type: CiJob,
      nullable: false,
      ...jobsOfBoard,
      description: 'The attempt that ran.',
    }),
    idle: t.exposeFloat('idle', {
      nullable: false,
      description:
        'From the end of the step before until the job waited for a runner: a manual start, a delay, a resource group or a late retry.',
    }),
    queued: t.exposeFloat('queued', {
      nullable: false,
      description: 'How long it waited for a runner.',
    }),
    ran: t.exposeFloat('ran', { nullable: false, description: 'How long it ran.' }),
  }),
});

const PipelineTimeline = builder.objectRef<Timeline>('PipelineTimeline').implement({
  description:
    'Where the time of a pipeline went, along the jobs that each had to wait for the one before (critical path). The path is found from the times of the jobs, because REST does not send `needs`. All members are null and the path is empty if no job has started.',
  fields: (t) => ({
    startedAt: t.field({
      type: 'DateTime',
      description: 'When the pipeline was created, where the path begins.',
      resolve: ({ startedAt }) => startedAt,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      description: 'When the last job ended. Null while a job runs.',
      resolve: ({ finishedAt }) => finishedAt,
    }),
    elapsed: t.exposeFloat('elapsed', {
      description: 'Seconds of the path: the sum of `running`, `queued` and `idle`.',
    }),
    running: t.exposeFloat('running', { description: 'Seconds in which a job of the path ran.' }),
    queued: t.exposeFloat('queued', {
      description: 'Seconds in which a job of the path waited for a runner.',
    }),
    idle: t.exposeFloat('idle', {
      description: 'Seconds between the jobs of the path, when nothing of it ran or waited.',
    }),
    criticalPath: t.expose('criticalPath', {
      type: [CriticalStepRef],
      nullable: false,
      description:
        'From the first job to the one that ended last. The job before another is the one that ended last before the other was ready for a runner.',
    }),
  }),
});

export const PipelineBoard = builder.objectRef<Board>('PipelineBoard').implement({
  description:
    'A pipeline as its page in GitLab shows it: stages in order, groups, attempts and status. Everything below it comes from the rows of two lists.',
  fields: (t) => ({
    stages: t.expose('stages', {
      type: [CiStage],
      nullable: false,
      description: 'The stages in the order in which they run.',
    }),
    jobCount: t.int({
      nullable: false,
      description: 'The number of current jobs, including trigger jobs. A retried job counts once.',
      resolve: ({ jobs }) => jobs.length,
    }),
    statusCounts: t.field({
      type: [CiStatusCount],
      nullable: false,
      description: 'The number of current jobs for each status, the most frequent status first.',
      resolve: statusCounts,
    }),
    failedJobs: t.field({
      type: [CiJob],
      nullable: false,
      args: {
        first: t.arg.int({
          description: `The maximum number of jobs, from 1 to ${MAX_JOBS}. All if it is not set.`,
        }),
      },
      extensions: costs({ leadsTo: 'board', unlimitedPer: 'pipeline' }),
      description:
        'The current jobs with the status FAILED: first those that are not allowed to fail, each part in the order of the stages.',
      resolve: (board, { first }) => {
        const limit = first == null ? undefined : checkRange('first', first, { max: MAX_JOBS });
        return failedJobs(board).slice(0, limit);
      },
    }),
    timeline: t.field({
      type: PipelineTimeline,
      nullable: false,
      description: 'How long the pipeline ran and waited, and for which jobs.',
      resolve(board) {
        const { pipeline } = board.attempts.find((attempt) => attempt.pipeline) ?? {};
        return buildTimeline(board, { pipelineCreatedAt: pipeline?.created_at, now: Date.now() });
      },
    }),
    gaps: t.expose('gaps', {
      type: [BoardGapRef],
      nullable: false,
      description: 'What could not be read. Empty if the board is complete.',
    }),
  }),
});

const MAX_JOBS = 2_000;
const DEFAULT_JOBS = 500;

interface BoardArgs {
  maxJobs?: number | null | undefined;
}

const maxJobsOf = ({ maxJobs }: BoardArgs) => maxJobs ?? DEFAULT_JOBS;

/** Returns the argument `maxJobs`. Throws BAD_USER_INPUT if it is out of range. */
export function parseMaxJobs(args: BoardArgs): number {
  return checkRange('maxJobs', maxJobsOf(args), { max: MAX_JOBS });
}

const rowsOf = (args: BoardArgs) => clampRows(maxJobsOf(args), MAX_JOBS);

/** The cost of a board: the pages of the list of jobs, and one page of the list of trigger jobs. */
export const boardCost: ListCost = {
  pages: (args) => Math.ceil(rowsOf(args) / MAX_PER_PAGE) + 1,
  rows: rowsOf,
  limitedBy: () => 'maxJobs',
  readsRows: () => true,
  sentence:
    'Costs one call per 100 jobs, counting all attempts, and one per 100 trigger jobs: at least two.',
};

export const boardArguments = (arg: ArgBuilder<Types>) => ({
  maxJobs: arg.int({
    defaultValue: DEFAULT_JOBS,
    description: `The maximum number of jobs to read, counting all attempts (1 to ${MAX_JOBS}). If the pipeline has more, the newest are read, and \`gaps\` contains TOO_MANY.`,
  }),
});
