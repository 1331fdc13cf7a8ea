import type { Context } from '../context/context.ts';
import type { PipelineFilter } from '../gitlab/client.ts';
import type { ListedPipeline } from '../gitlab/rows.ts';
import { badUserInput, quote } from './client-errors.ts';
import {
  type Connection,
  type ConnectionArgs,
  connectionType,
  parsePageArgs,
  readConnection,
} from './connection.ts';
import { checkKnown, numberOrPath, orForbidden, orNull, toTextFilter } from './list-reads.ts';
import { Pipeline } from './refs.ts';
import type { Selection } from './selection.ts';

/** The arguments of the list of pipelines. The status has GitLab's spelling, such as `failed`. */
export interface PipelineListArgs extends ConnectionArgs {
  ref?: string | null | undefined;
  sha?: string | null | undefined;
  source?: string | null | undefined;
  status?: string | null | undefined;
  updatedAfter?: string | null | undefined;
}

/** Matches a git hash or its beginning; a SHA-256 hash has 64 digits. */
const HASH = /^[\da-f]{1,64}$/i;

/**
 * Returns the hash in lower case, as GitLab stores it. Undefined for a blank text. Throws
 * BAD_USER_INPUT for other texts that are not a hash.
 */
function toHash(sha: string | null | undefined): string | undefined {
  if (!sha?.trim()) return undefined;
  if (HASH.test(sha)) return sha.toLowerCase();
  throw badUserInput(
    `\`sha\` must be the full hash of a commit in hexadecimal digits, not ${quote(sha)}.`,
  );
}

function toFilter({ ref, sha, source, status, updatedAfter }: PipelineListArgs): PipelineFilter {
  if (status) checkKnown([status], '`status`');
  return {
    status: status ?? undefined,
    ref: toTextFilter(ref, '`ref`'),
    sha: toHash(sha),
    source: toTextFilter(source, '`source`'),
    updatedAfter: updatedAfter ?? undefined,
  };
}

const JOB_TOKEN_REFUSED =
  'GitLab does not let this job token list the pipelines of the project. That needs GitLab 19.2 or later, a running job, and a project whose job token permissions allow it.';

/**
 * Reads a page of `Project.pipelines` with GET /projects/:id/pipelines. Null if GitLab answers 404;
 * for a job token, throws FORBIDDEN instead.
 */
export async function readProjectPipelines(
  context: Context,
  project: string,
  field: { args: PipelineListArgs; selection: Selection },
): Promise<Connection<ListedPipeline> | null> {
  const page = parsePageArgs(field.args);
  const filter = toFilter(field.args);
  const source = {
    list: context.loaders.projectPipelines(project, filter),
    name: ['project pipelines', filter],
    project: numberOrPath(context, project),
    selection: field.selection,
  };
  return orNull(orForbidden(context, readConnection(source, page), JOB_TOKEN_REFUSED), '`status`');
}

export const PipelineConnection = connectionType('Pipeline', Pipeline, {
  description: 'A page of a list of pipelines.',
  total: {
    nullable: true,
    description:
      'The number of pipelines in the list. Null for lists of more than 10,000, which GitLab does not count.',
  },
  rows: 'listed',
});
