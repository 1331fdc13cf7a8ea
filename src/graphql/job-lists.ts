import type { Context } from '../context/context.ts';
import type { PipelineRef } from '../gitlab/client.ts';
import type { ListFilter } from '../gitlab/lists/job-list.ts';
import type { Bridge as BridgeRow, Job as JobRow } from '../gitlab/rows.ts';
import { attemptsOf } from '../pipeline/board.ts';
import { badUserInput } from './client-errors.ts';
import {
  type Connection,
  type ConnectionArgs,
  connectionType,
  edgeType,
  parsePageArgs,
  readConnection,
} from './connection.ts';
import { checkKnown, numberOrPath, orNull, toTextFilter } from './list-reads.ts';
import { Bridge, Job } from './refs.ts';
import type { Selection } from './selection.ts';

/** The arguments of the job lists. Statuses have GitLab's spelling, such as `failed`. */
export interface ListArgs extends ConnectionArgs {
  statuses?: readonly string[] | null | undefined;
  ref?: string | null | undefined;
  sort?: 'ID_DESC' | 'ID_ASC' | null | undefined;
  includeRetried?: boolean | null | undefined;
}

/**
 * Checks and converts the filters. `statuses: []` and a blank `ref` filter nothing. Statuses are
 * sorted, so that cursors do not depend on their order.
 */
export function toFilter({ statuses, ref, includeRetried }: ListArgs): ListFilter {
  checkKnown(statuses ?? [], '`statuses`');
  return {
    statuses: statuses?.length ? [...new Set(statuses)].sort() : undefined,
    ref: toTextFilter(ref, '`ref`'),
    includeRetried: includeRetried ? true : undefined,
  };
}

/**
 * Throws BAD_USER_INPUT if the server ignored the filter `ref`, as servers before 19.0 do
 * (upstream.md §2.1). The response shows this if a row has another ref, or if there is a total
 * count. Newer servers never send a total count for this list (§4.1).
 */
export function checkRef(
  { rows, isCounted }: { rows: readonly Pick<JobRow, 'ref'>[]; isCounted: boolean },
  ref: string | undefined,
): void {
  if (ref === undefined || (!isCounted && rows.every((row) => row.ref === ref))) return;
  throw badUserInput(
    'This GitLab cannot filter the jobs of a project by `ref`: that needs version 19.0 or later.',
  );
}

/** Reads a page of `Project.jobs` with GET /projects/:id/jobs. Null if GitLab answers 404. */
export async function readProjectJobs(
  context: Context,
  project: string,
  field: { args: ListArgs; selection: Selection },
): Promise<Connection<JobRow> | null> {
  const page = parsePageArgs(field.args);
  const filter = toFilter(field.args);
  const ascending = field.args.sort === 'ID_ASC';
  const connection = await orNull(
    readConnection(
      {
        list: context.loaders.projectJobs(project, filter),
        name: ['project jobs', filter, ascending],
        project: numberOrPath(context, project),
        ascending,
        selection: field.selection,
      },
      page,
    ),
    '`statuses`',
  );
  if (connection) {
    const rows = connection.edges.map(({ node }) => node);
    checkRef({ rows, isCounted: connection.totalCount !== null }, filter.ref);
  }
  return connection;
}

/** Adds to each job its attempts, if the page contains all jobs of the list. */
async function withAttempts(connection: Connection<JobRow>): Promise<Connection<JobRow>> {
  const { edges, totalCount } = connection;
  if (totalCount !== edges.length) return connection;
  const nodes = await attemptsOf(edges.map(({ node }) => node));
  return {
    ...connection,
    edges: edges.map((edge, at) => ({ ...edge, node: nodes[at] ?? edge.node })),
  };
}

/**
 * Reads a page of `Pipeline.jobs` with GET /projects/:id/pipelines/:pipeline_id/jobs. Null if
 * GitLab answers 404.
 */
export async function readPipelineJobs(
  context: Context,
  pipeline: PipelineRef,
  field: { args: ListArgs; selection: Selection },
): Promise<Connection<JobRow> | null> {
  const page = parsePageArgs(field.args);
  const filter = toFilter(field.args);
  const list = context.loaders.pipelineJobs(pipeline, filter);
  const name = ['pipeline jobs', pipeline.id, filter];
  const project = numberOrPath(context, pipeline.project);
  const source = { list, name, project, selection: field.selection };
  const connection = await orNull(readConnection(source, page), '`statuses`');
  const hasAllAttempts = filter.includeRetried && !filter.statuses;
  return connection && hasAllAttempts ? withAttempts(connection) : connection;
}

/**
 * Reads a page of `Pipeline.bridges` with GET /projects/:id/pipelines/:pipeline_id/bridges. Null if
 * GitLab answers 404.
 */
export async function readPipelineBridges(
  context: Context,
  pipeline: PipelineRef,
  field: { args: ListArgs; selection: Selection },
): Promise<Connection<BridgeRow> | null> {
  const page = parsePageArgs(field.args);
  const filter = toFilter(field.args);
  const list = context.loaders.pipelineBridges(pipeline, filter);
  const name = ['pipeline bridges', pipeline.id, filter];
  const project = numberOrPath(context, pipeline.project);
  const source = { list, name, project, selection: field.selection };
  return orNull(readConnection(source, page), '`statuses`');
}

const totalDescription =
  'The number of jobs in the list. Null if GitLab does not count them: the jobs of a project since GitLab 16, and lists of more than 10,000. Needs a separate call for the jobs of a project.';

export const JobEdge = edgeType('Job', Job);

export const JobConnection = connectionType('Job', Job, {
  edge: JobEdge,
  description: 'A page of a list of jobs.',
  total: { nullable: true, description: totalDescription },
});

export const BridgeConnection = connectionType('Bridge', Bridge, {
  description: 'A page of a list of trigger jobs.',
  total: {
    nullable: true,
    description:
      'The number of trigger jobs in the list. Null for lists of more than 10,000, which GitLab does not count.',
  },
});
