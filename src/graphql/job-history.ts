import type { ArgBuilder } from '@pothos/core';
import type { Context } from '../context/context.ts';
import { type Walked, walkJobs } from '../context/job-walk.ts';
import { isGitlabError, nullIfNotFound } from '../gitlab/errors.ts';
import { MAX_PER_PAGE } from '../gitlab/lists/page-request.ts';
import type { Job as JobRow } from '../gitlab/rows.ts';
import { type RunSummary, summarizeRuns } from '../pipeline/job-history.ts';
import { builder, type Types } from './builder.ts';
import { checkRange } from './client-errors.ts';
import { clampRows, type ListCost } from './cost.ts';
import { Job } from './refs.ts';

interface History extends RunSummary {
  /** Newest first. */
  runs: readonly JobRow[];
  /** The number of earlier jobs, of any name, that were read. */
  searchedJobs: number;
  isComplete: boolean;
}

export const JobHistory = builder.objectRef<History>('JobHistory').implement({
  description:
    'Earlier runs of the job of one name. Canceled and skipped runs are not among them. If `complete` is false, all values concern only the jobs that were looked through.',
  fields: (t) => ({
    runs: t.field({
      type: [Job],
      nullable: false,
      description: 'The earlier runs, newest first.',
      resolve: ({ runs }) => [...runs],
    }),
    lastSuccess: t.expose('lastSuccess', {
      type: Job,
      nullable: true,
      description: 'The newest earlier run that succeeded. Null if none was found.',
    }),
    failuresInARow: t.exposeInt('failuresInARow', {
      nullable: false,
      description:
        'How often the job has failed since its last success, this job included. 0 if this job succeeded.',
    }),
    firstFailure: t.expose('firstFailure', {
      type: Job,
      nullable: true,
      description: 'The oldest of the failures in a row. Null if there are none.',
    }),
    searchedJobs: t.exposeInt('searchedJobs', {
      nullable: false,
      description: 'The number of earlier jobs, of all names, that were looked through.',
    }),
    complete: t.exposeBoolean('isComplete', {
      nullable: false,
      description: 'Whether all earlier jobs of the project were looked through.',
    }),
  }),
});

const MAX_FIRST = 50;
const DEFAULT_FIRST = 10;
/** Maximum pages, of 100 jobs each, that are searched for earlier runs. */
const MAX_PAGES = 5;

interface HistoryArgs {
  first?: number | null | undefined;
  sameRef?: boolean | null | undefined;
}

const firstOf = ({ first }: HistoryArgs) => first ?? DEFAULT_FIRST;

/**
 * Reads pages of jobs until `isEnough` returns true, or no page is left. Rejects if the first page
 * cannot be read. If a later page cannot be read, returns the jobs so far with `isComplete: false`.
 */
async function walkUntil(
  pages: AsyncIterable<Walked>,
  isEnough: (walked: Walked) => boolean,
): Promise<Walked> {
  let walked: Walked | undefined;
  try {
    for await (walked of pages) if (isEnough(walked)) break;
  } catch (error) {
    if (!walked || !isGitlabError(error)) throw error;
    return { ...walked, isComplete: false };
  }
  if (!walked) throw new Error('A walk reads at least one page.');
  return walked;
}

/** Reads the earlier runs of a job until `first` runs are found. Null if GitLab answers 404. */
export async function readHistory(
  { loaders }: Context,
  job: JobRow,
  args: HistoryArgs,
): Promise<History | null> {
  const first = checkRange('first', firstOf(args), { max: MAX_FIRST });
  const ref = (args.sameRef ?? true) ? (job.ref ?? undefined) : undefined;
  // Servers before 19.0 ignore the filter `ref`, so the ref of each row is compared, too.
  const isRun = (row: JobRow) => row.name === job.name && (ref === undefined || row.ref === ref);
  const list = loaders.projectJobs(job.project_id, { statuses: ['failed', 'success'], ref });
  const pages = walkJobs(list, { olderThan: String(job.id), maxRows: MAX_PAGES * MAX_PER_PAGE });
  const hasFirst = ({ rows }: Walked) => rows.filter(isRun).length >= first;
  const walked = await nullIfNotFound(walkUntil(pages, hasFirst));
  if (!walked) return null;
  const runs = walked.rows.filter(isRun);
  return {
    ...summarizeRuns(job, runs),
    runs: runs.slice(0, first),
    searchedJobs: walked.rows.length,
    isComplete: walked.isComplete,
  };
}

export const historyCost: ListCost = {
  pages: () => MAX_PAGES,
  rows: (args: HistoryArgs) => clampRows(firstOf(args), MAX_FIRST),
  limitedBy: () => 'first',
  readsRows: () => true,
  sentence: `Costs one call for each ${MAX_PER_PAGE} jobs that are looked through, at most ${MAX_PAGES}.`,
};

export const historyArguments = (arg: ArgBuilder<Types>) => ({
  first: arg.int({
    defaultValue: DEFAULT_FIRST,
    description: `The maximum number of runs (1 to ${MAX_FIRST}).`,
  }),
  sameRef: arg.boolean({
    defaultValue: true,
    description: 'Only runs for the branch or tag of this job.',
  }),
});
