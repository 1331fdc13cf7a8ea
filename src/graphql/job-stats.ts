import type { ArgBuilder } from '@pothos/core';
import type { Context } from '../context/context.ts';
import { type Walked, walkJobs } from '../context/job-walk.ts';
import { MAX_PER_PAGE } from '../gitlab/lists/page-request.ts';
import { computeStats, type NameStats, type ProjectStats } from '../pipeline/job-stats.ts';
import { builder, type Types } from './builder.ts';
import { checkRange } from './client-errors.ts';
import { clampRows, type ListCost } from './cost.ts';
import { checkRef } from './job-lists.ts';
import { orNull, toTextFilter } from './list-reads.ts';
import { Job } from './refs.ts';

const seconds = 'In seconds. Null if there is no value. A measured value (nearest rank).';

const JobNameStats = builder.objectRef<NameStats>('JobNameStats').implement({
  description: 'Statistics of the jobs of one name, or of one group of names.',
  fields: (t) => ({
    name: t.exposeString('name', {
      nullable: false,
      description: 'The name of the job, or of its group if `byGroup` is true.',
    }),
    stage: t.string({
      description: 'The stage of the newest run.',
      resolve: ({ lastRun }) => lastRun?.stage,
    }),
    runs: t.exposeInt('runs', {
      nullable: false,
      description: 'The number of runs that succeeded, failed or were canceled.',
    }),
    succeeded: t.exposeInt('succeeded', { nullable: false, description: 'Runs that succeeded.' }),
    failed: t.exposeInt('failed', { nullable: false, description: 'Runs that failed.' }),
    canceled: t.exposeInt('canceled', {
      nullable: false,
      description: 'Runs that were canceled.',
    }),
    failureRate: t.exposeFloat('failureRate', {
      description:
        'The part of failed runs among those that failed or succeeded, from 0 to 1 with four decimals. Null if there are none.',
    }),
    retried: t.exposeInt('retried', {
      nullable: false,
      description: 'Runs that were retries: their pipeline has an earlier attempt of the job.',
    }),
    flaky: t.exposeInt('flaky', {
      nullable: false,
      description:
        'Pipelines in which a job failed and a retry of it succeeded, although its commit had not changed.',
    }),
    medianDuration: t.exposeFloat('medianDuration', {
      description: `The median run time of runs that succeeded. ${seconds}`,
    }),
    p95Duration: t.exposeFloat('p95Duration', {
      description: `The run time that 95 % of the runs that succeeded did not exceed. ${seconds}`,
    }),
    medianQueued: t.exposeFloat('medianQueued', {
      description: `The median wait for a runner, of runs that started. ${seconds}`,
    }),
    p95Queued: t.exposeFloat('p95Queued', {
      description: `The wait for a runner that 95 % of the runs did not exceed. ${seconds}`,
    }),
    lastFailedAt: t.field({
      type: 'DateTime',
      description: 'When the newest failed run finished. Null if none failed.',
      resolve: ({ lastFailed }) => lastFailed?.finished_at,
    }),
    lastRun: t.expose('lastRun', {
      type: Job,
      nullable: true,
      description: 'The newest run.',
    }),
  }),
});

/** The statistics of a project. `isComplete` says whether they include all of its finished jobs. */
type Stats = ProjectStats & { isComplete: boolean };

export const JobStats = builder.objectRef<Stats>('JobStats').implement({
  description: 'Statistics of the newest finished jobs of a project. Trigger jobs do not count.',
  fields: (t) => ({
    from: t.field({
      type: 'DateTime',
      description: 'When the oldest of these jobs was created. Null if there are none.',
      resolve: ({ from }) => from,
    }),
    to: t.field({
      type: 'DateTime',
      description: 'When the newest of these jobs was created. Null if there are none.',
      resolve: ({ to }) => to,
    }),
    jobCount: t.exposeInt('jobCount', {
      nullable: false,
      description: 'The number of jobs, counting all attempts.',
    }),
    pipelineCount: t.exposeInt('pipelineCount', {
      nullable: false,
      description: 'The number of pipelines that these jobs belong to.',
    }),
    byName: t.expose('byName', {
      type: [JobNameStats],
      nullable: false,
      description: 'By name: most failed runs first, equal ones in the order of their names.',
    }),
    complete: t.exposeBoolean('isComplete', {
      nullable: false,
      description:
        'Whether these are all finished jobs of the project; false if it has more than `last`.',
    }),
  }),
});

const MIN_LAST = 100;
const MAX_LAST = 2_000;
const DEFAULT_LAST = 500;

interface StatsArgs {
  last?: number | null | undefined;
  ref?: string | null | undefined;
  names?: readonly string[] | null | undefined;
  byGroup?: boolean | null | undefined;
}

const lastOf = ({ last }: StatsArgs) => last ?? DEFAULT_LAST;

const statuses = ['canceled', 'failed', 'success'];

/** Reads the newest finished jobs of a project. Null if GitLab answers 404. */
export async function readFinishedJobs(
  { loaders }: Context,
  project: string,
  args: StatsArgs,
): Promise<Walked | null> {
  const last = checkRange('last', lastOf(args), { min: MIN_LAST, max: MAX_LAST });
  const ref = toTextFilter(args.ref, '`ref`');
  const list = loaders.projectJobs(project, { statuses, ref });
  const walk = async () => {
    let walked: Walked = { rows: [], isComplete: true, isCounted: false };
    for await (walked of walkJobs(list, { maxRows: last })) checkRef(walked, ref);
    return walked;
  };
  return orNull(walk(), '`statuses`');
}

/** Reads the statistics of a project. Null if GitLab answers 404. */
export async function readStats(
  context: Context,
  project: string,
  args: StatsArgs,
): Promise<Stats | null> {
  const walked = await readFinishedJobs(context, project, args);
  if (!walked) return null;
  const stats = computeStats(walked.rows, { byGroup: args.byGroup ?? true });
  const { names } = args;
  const byName = names ? stats.byName.filter(({ name }) => names.includes(name)) : stats.byName;
  return { ...stats, byName, isComplete: walked.isComplete };
}

const rowsOf = (args: StatsArgs) => clampRows(lastOf(args), MAX_LAST);

export const statsCost: ListCost = {
  pages: (args: StatsArgs) => Math.ceil(rowsOf(args) / MAX_PER_PAGE),
  rows: rowsOf,
  limitedBy: () => 'last',
  readsRows: () => true,
};

export const statsArguments = (arg: ArgBuilder<Types>) => ({
  last: arg.int({
    defaultValue: DEFAULT_LAST,
    description: `How many of the newest jobs to read, counting all attempts (${MIN_LAST} to ${MAX_LAST}).`,
  }),
  ref: arg.string({
    description:
      'Only jobs of the branch or tag with this exact name. Requires GitLab 19.0; an error on older servers.',
  }),
  names: arg.stringList({
    description:
      'Only these names in `byName`: names of groups if `byGroup` is true. Changes no other value.',
  }),
  byGroup: arg.boolean({
    defaultValue: true,
    description: 'Whether parallel and matrix jobs count under the name of their group.',
  }),
});
