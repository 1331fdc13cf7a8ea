import type { Gitlab } from '../gitlab/client.ts';
import { isKeysetUnsupported } from '../gitlab/errors.ts';
import { readKeysetList } from '../gitlab/lists/keyset-list.ts';
import { countRows, readOffsetList } from '../gitlab/lists/offset-list.ts';
import type { PageRequest, PageSlice } from '../gitlab/lists/page-request.ts';
import type { KeysetRequest, OffsetRequest, Page, RestPageRequest } from '../gitlab/pagination.ts';
import type { Job } from '../gitlab/rows.ts';

/** Which rows of a list are wanted; statuses in GitLab's spelling. */
export interface ListFilter {
  statuses?: readonly string[] | undefined;
  ref?: string | undefined;
  includeRetried?: boolean | undefined;
}

/** A list of jobs, whichever way GitLab pages it. Both reads throw what the client throws, 404 included. */
export interface RowList<Row> {
  /** Whether a read brings the total along, so that counting costs no call of its own. */
  countsAlong(): boolean;
  read(want: PageRequest): Promise<PageSlice<Row>>;
  /** How many rows there are, at one row's cost or none; null where GitLab does not count. */
  count(): Promise<number | null>;
}

/** Pages of one list, each read once in an operation. */
function pagesOnce<Row, Request extends RestPageRequest>(
  read: (page: Request) => Promise<Page<Row>>,
) {
  const pages = new Map<string, Promise<Page<Row>>>();
  return (page: Request): Promise<Page<Row>> => {
    const key = JSON.stringify(page);
    const known = pages.get(key) ?? read(page);
    pages.set(key, known);
    return known;
  };
}

/**
 * A project's jobs: by key where the server can (GitLab 15.9 and later), by place where it answers 405 or takes no cursor
 * of ours.
 */
export function projectJobList(gitlab: Gitlab, project: string, filter: ListFilter): RowList<Job> {
  const { server } = gitlab;
  const isOffsetOnly = () => server.keyset === false || server.builtCursors === false;
  const query = { scope: filter.statuses ?? [], ref: filter.ref };
  const keyset = pagesOnce((page: KeysetRequest) => gitlab.listProjectJobs(project, query, page));
  const offset = pagesOnce((page: OffsetRequest) => gitlab.listProjectJobs(project, query, page));
  return {
    countsAlong: isOffsetOnly,
    async read(want) {
      if (isOffsetOnly()) return readOffsetList(offset, want);
      try {
        return await readKeysetList(keyset, want);
      } catch (error) {
        if (!isKeysetUnsupported(error)) throw error;
        server.keyset = false;
        return readOffsetList(offset, want);
      }
    },
    // A server that sends cursor headers (19.x) never counts this list, upstream.md §4.1.
    count: () => (server.cursorHeaders ? Promise.resolve(null) : countRows(offset)),
  };
}

/** A list that GitLab pages by place: a pipeline's. */
export function offsetList<Row extends { id: number | string }>(
  read: (page: OffsetRequest) => Promise<Page<Row>>,
): RowList<Row> {
  const fetch = pagesOnce(read);
  return {
    countsAlong: () => true,
    read: (want) => readOffsetList(fetch, want),
    count: () => countRows(fetch),
  };
}
