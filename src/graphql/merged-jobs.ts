import type { ArgBuilder } from '@pothos/core';
import type { Context } from '../context/context.ts';
import type { GitlabError } from '../gitlab/errors.ts';
import type { ListFilter } from '../gitlab/lists/job-list.ts';
import { type PartList, readMergedList } from '../gitlab/lists/merged-list.ts';
import type { Job as JobRow } from '../gitlab/rows.ts';
import { NEWEST_JOBS, type NewestJobsNews } from '../live/newest-jobs.ts';
import { compareTexts } from '../util/collections.ts';
import { builder, type Types } from './builder.ts';
import { badUserInput, checkRange, type FailureView, viewFailure } from './client-errors.ts';
import {
  type Connection,
  type ConnectionArgs,
  pageArguments,
  pageLimits,
  parsePageArgs,
  rowFields,
} from './connection.ts';
import { costs, type ListCost } from './cost.ts';
import { listDigest, parseCursor, toCursor } from './cursor.ts';
import { parseProject } from './global-id.ts';
import { checkRef, JobEdge, toFilter } from './job-lists.ts';
import { orUnknownStatus } from './list-reads.ts';
import { checkListSize } from './read-planner.ts';
import { Job } from './refs.ts';
import { CiJobStatus } from './status.ts';
import { checkCapacity, openEvent } from './subscriptions.ts';

/*
 * The list of the jobs of several projects.
 */

/** Maximum projects of one list. */
const MAX_PROJECTS = 50;
/** Maximum rows of a page. */
const MAX_ROWS = 100;

/** A project that could not be read. `project` is the path or id in the arguments. */
interface UnreadRow extends FailureView {
  project: string;
}

const UnreadProject = builder.objectRef<UnreadRow>('UnreadProject').implement({
  description: 'A project whose jobs could not be read, and why.',
  fields: (t) => ({
    project: t.exposeID('project', {
      nullable: false,
      description: 'The path or number, as in the argument `projects`.',
    }),
    code: t.exposeString('code', {
      nullable: false,
      description:
        'NOT_FOUND if the project does not exist or is not visible to the caller; otherwise the code that an error would have in `extensions.code`: FORBIDDEN, RATE_LIMITED, UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT.',
    }),
    message: t.exposeString('message', { nullable: false, description: 'Why, in a sentence.' }),
    retryAfter: t.exposeFloat('retryAfter', {
      description: 'Seconds to wait before a retry. Null if GitLab did not send a time.',
    }),
  }),
});

/**
 * Returns the projects without duplicates. Throws BAD_USER_INPUT if one is malformed, or if there
 * are none or too many.
 */
function parseProjects(projects: readonly string[]): string[] {
  if (projects.length === 0) throw badUserInput('`projects` must have at least one item.');
  checkListSize(projects, MAX_PROJECTS, '`projects`');
  return [...new Set(projects.map((project) => parseProject(project, '`projects`')))];
}

const viewUnread = (failures: ReadonlyMap<string, GitlabError>): UnreadRow[] =>
  [...failures].map(([project, error]) => ({ project, ...viewFailure(error) }));

/**
 * Returns one error for the whole list if no project could be read, because an empty list would be
 * misleading. `errors` are the errors of all projects. Undefined if their codes differ, or if their
 * code is not a temporary one: RATE_LIMITED, UPSTREAM_UNAVAILABLE or UPSTREAM_TIMEOUT.
 */
function sharedFailure(errors: readonly GitlabError[]): GitlabError | undefined {
  const [first, ...others] = new Set(errors.map((error) => viewFailure(error).code));
  const isShared = first !== undefined && others.length === 0;
  return isShared && /^(RATE_LIMITED|UPSTREAM_.*)$/.test(first) ? errors[0] : undefined;
}

interface MergedJobs extends Connection<JobRow> {
  unread: UnreadRow[];
}

const MergedJobConnection = builder.objectRef<MergedJobs>('MergedJobConnection').implement({
  description: 'A page of the jobs of several projects.',
  fields: (t) => ({
    ...rowFields(t, { node: Job, edge: JobEdge }),
    unread: t.expose('unread', {
      type: [UnreadProject],
      nullable: false,
      description:
        'The projects that could not be read. The page and `pageInfo` do not include them. The next page reads them from its own start on, so their jobs before it are left out.',
    }),
  }),
});

/** The arguments of `Query.jobs`. Statuses have GitLab's spelling, such as `failed`. */
interface MergedArgs extends ConnectionArgs {
  projects: readonly string[];
  statuses?: readonly string[] | null | undefined;
  ref?: string | null | undefined;
}

/**
 * Returns the job list of a project. Its reads throw BAD_USER_INPUT for a filter that the server
 * does not support.
 */
function listOf({ loaders }: Context, project: string, filter: ListFilter): PartList<JobRow> {
  const list = loaders.projectJobs(project, filter);
  return {
    async read(request) {
      const slice = await orUnknownStatus(list.read(request), '`statuses`');
      checkRef({ rows: slice.rows, isCounted: slice.total !== null }, filter.ref);
      return slice;
    },
  };
}

const digestOf = (projects: readonly string[], filter: ListFilter): string =>
  listDigest('merged jobs', projects.toSorted(compareTexts), filter);

/**
 * Returns the cursor of a job in the merged list, by the job's numeric id. With this cursor as
 * `after`, the list contains the older jobs.
 */
export const mergedJobsCursor = (
  args: Omit<MergedArgs, keyof ConnectionArgs>,
  id: string,
): string => toCursor(digestOf(parseProjects(args.projects), toFilter(args)), { id });

async function readJobs(context: Context, args: MergedArgs): Promise<MergedJobs> {
  const projects = parseProjects(args.projects);
  const { forward, count, cursor } = parsePageArgs(args, MAX_ROWS);
  const filter = toFilter(args);
  const digest = digestOf(projects, filter);
  const cursorRow =
    cursor === undefined ? undefined : parseCursor(digest, cursor, forward ? 'after' : 'before');
  const lists = new Map(projects.map((project) => [project, listOf(context, project, filter)]));
  const direction = forward ? 'older' : 'newer';
  const { rows, hasMore, failures } = await readMergedList(lists, { direction, count, cursorRow });
  const failure = failures.size === projects.length && sharedFailure([...failures.values()]);
  if (failure && rows.length === 0) throw failure;
  const edges = rows.map((node) => ({
    node,
    cursor: () => toCursor(digest, { id: String(node.id) }),
  }));
  const hasBehind = cursorRow !== undefined;
  return {
    edges,
    hasNextPage: forward ? hasMore : hasBehind,
    hasPreviousPage: forward ? hasBehind : hasMore,
    totalCount: null,
    unread: viewUnread(failures),
  };
}

/**
 * The cost of `Query.jobs`: the first page of each project. Further pages count against the call
 * budget when they are read.
 */
const mergedCost: ListCost = {
  pages: ({ projects }) => Math.min(MAX_PROJECTS, new Set(projects as readonly string[]).size),
  ...pageLimits(MAX_ROWS),
  oneCallPer: 'projects',
  readsRows: () => true,
  sentence:
    'Costs one call per project, and sometimes a few more; the page is shorter if no further calls are allowed.',
};

/** Defines the argument `projects`, which several fields have. */
const projectsArgument = (arg: ArgBuilder<Types>) =>
  arg.idList({
    required: true,
    description: `Full paths or numeric ids, at most ${MAX_PROJECTS}. Their order does not matter.`,
  });

builder.queryFields((t) => ({
  jobs: t.field({
    type: MergedJobConnection,
    description:
      'The jobs of several projects in one list, newest first, including retried ones, without trigger jobs. A project that cannot be read is listed in `unread`. `hasPreviousPage` is true with `after`, and `hasNextPage` with `before`, without a check.',
    args: {
      projects: projectsArgument(t.arg),
      ...pageArguments(t.arg, MAX_ROWS),
      statuses: t.arg({
        type: [CiJobStatus],
        description:
          'Only jobs with one of these statuses; all jobs if empty. A status that the server does not know is an error.',
      }),
      ref: t.arg.string({
        description:
          'Only jobs of the branch or tag with this exact name. Requires GitLab 19.0; an error on older servers.',
      }),
    },
    extensions: costs({ list: mergedCost }),
    resolve: (_root, args, context) => readJobs(context, args),
  }),
}));

const JobsUpdate = builder.objectRef<NewestJobsNews>('JobsUpdate').implement({
  description: 'A change of the newest jobs of several projects.',
  fields: (t) => ({
    changedJobs: t.expose('changedJobs', {
      type: [Job],
      nullable: false,
      description:
        'The jobs that are new or changed since the last event, newest first; in the first event, the newest `first` jobs of all projects. With `statuses`, also jobs that had one of them before.',
    }),
    unread: t.field({
      type: [UnreadProject],
      nullable: false,
      description:
        'All projects that cannot be read now. They are read again later. An event is sent if this changes.',
      resolve: ({ unread }) => viewUnread(unread),
    }),
  }),
});

builder.subscriptionFields((t) => ({
  jobsUpdated: t.field({
    type: JobsUpdate,
    nullable: false,
    description: `The newest jobs of several projects, then each change. Does not complete by itself. Follows the newest ${NEWEST_JOBS} jobs of each project, and older ones while they are active.`,
    args: {
      projects: projectsArgument(t.arg),
      statuses: t.arg({
        type: [CiJobStatus],
        description: 'Only jobs with one of these statuses; all jobs if empty.',
      }),
      first: t.arg.int({
        defaultValue: NEWEST_JOBS,
        description: `The maximum number of jobs in the first event (1 to ${NEWEST_JOBS}).`,
      }),
    },
    extensions: costs({ call: 'poll' }),
    subscribe: (_root, args, context) => {
      const projects = parseProjects(args.projects);
      const { statuses = [] } = toFilter({ statuses: args.statuses });
      const first = checkRange('first', args.first ?? NEWEST_JOBS, { max: NEWEST_JOBS });
      checkCapacity(context);
      return context.live.newestJobs(projects, { first, statuses, sharedFailure });
    },
    resolve: (event, _args, context) => {
      const news = openEvent(event, context);
      for (const job of news.changedJobs) context.loaders.prime(job);
      return news;
    },
  }),
}));
