import type { Context } from '../context.ts';
import type { PipelineRef } from '../gitlab/client.ts';
import { isNotFound, isUnknownScope } from '../gitlab/errors.ts';
import type { Bridge, Job } from '../gitlab/rest.ts';
import type { ListFilter } from '../row-lists.ts';
import {
  type Connection,
  type ConnectionArgs,
  parsePageArgs,
  readConnection,
} from './connection.ts';
import { badUserInput } from './errors.ts';
import type { Selection } from './selection.ts';

/** The arguments of the job lists as resolvers get them: statuses already in GitLab's spelling. */
export interface ListArgs extends ConnectionArgs {
  statuses?: readonly string[] | null | undefined;
  ref?: string | null | undefined;
  sort?: 'ID_DESC' | 'ID_ASC' | null | undefined;
  includeRetried?: boolean | null | undefined;
}

/** Checks the filters; `statuses: []` and a blank `ref` are none. The order of statuses does not matter. */
function toFilter({ statuses, ref, includeRetried }: ListArgs): ListFilter {
  if (statuses?.includes('UNKNOWN')) {
    throw badUserInput(
      '`statuses` cannot have UNKNOWN: it stands for statuses newer than this schema, which GitLab cannot be asked for.',
    );
  }
  return {
    statuses: statuses?.length ? [...new Set(statuses)].sort() : undefined,
    ref: ref?.trim() ? ref : undefined,
    includeRetried: includeRetried ? true : undefined,
  };
}

/** A list that is hidden or missing is null; a status the server does not know is the caller's to mend. */
async function orNull<Value>(list: Promise<Value>): Promise<Value | null> {
  try {
    return await list;
  } catch (error) {
    if (isNotFound(error)) return null;
    if (isUnknownScope(error)) {
      throw badUserInput('`statuses` has a status that this version of GitLab does not know.');
    }
    throw error;
  }
}

/**
 * A server before 19.0 ignores `ref` (upstream.md §2.1): never pass its unfiltered rows on, nor their number. One that
 * counts this list is older still (§4.1).
 */
function checkRef({ edges, totalCount }: Connection<Job>, ref: string | undefined): void {
  const isCounted = totalCount !== null;
  if (ref === undefined || (!isCounted && edges.every(({ node }) => node.ref === ref))) return;
  throw badUserInput(
    'This GitLab cannot filter the jobs of a project by `ref`: that needs version 19.0 or later.',
  );
}

/** `Project.jobs`: GET /projects/:id/jobs. */
export async function readProjectJobs(
  context: Context,
  project: string,
  field: { args: ListArgs; selection: Selection },
): Promise<Connection<Job> | null> {
  const page = parsePageArgs(field.args);
  const filter = toFilter(field.args);
  const ascending = field.args.sort === 'ID_ASC';
  const connection = await orNull(
    readConnection(
      {
        list: context.loaders.projectJobs(project, filter),
        name: ['project jobs', project.toLowerCase(), filter, ascending],
        ascending,
        selection: field.selection,
      },
      page,
    ),
  );
  if (connection) checkRef(connection, filter.ref);
  return connection;
}

/** `Pipeline.jobs`: GET /projects/:id/pipelines/:pipeline_id/jobs. */
export async function readPipelineJobs(
  context: Context,
  pipeline: PipelineRef,
  field: { args: ListArgs; selection: Selection },
): Promise<Connection<Job> | null> {
  const page = parsePageArgs(field.args);
  const filter = toFilter(field.args);
  const list = context.loaders.pipelineJobs(pipeline, filter);
  const name = ['pipeline jobs', pipeline.id, filter];
  return orNull(readConnection({ list, name, selection: field.selection }, page));
}

/** `Pipeline.bridges`: GET /projects/:id/pipelines/:pipeline_id/bridges. */
export async function readPipelineBridges(
  context: Context,
  pipeline: PipelineRef,
  field: { args: ListArgs; selection: Selection },
): Promise<Connection<Bridge> | null> {
  const page = parsePageArgs(field.args);
  const filter = toFilter(field.args);
  const list = context.loaders.pipelineBridges(pipeline, filter);
  const name = ['pipeline bridges', pipeline.id, filter];
  return orNull(readConnection({ list, name, selection: field.selection }, page));
}
