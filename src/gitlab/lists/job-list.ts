import type { Gitlab } from '../client.ts';
import { isKeysetUnsupported } from '../errors.ts';
import type { KeysetRequest, OffsetRequest, Page, RestPageRequest } from '../pagination.ts';
import type { Job } from '../rows.ts';
import { readKeysetList } from './keyset-list.ts';
import { readOrEmpty } from './keyset-page.ts';
import { countRows, readOffsetList } from './offset-list.ts';
import type { PageRequest, PageSlice } from './page-request.ts';

/** Filters of a list of jobs. Statuses are spelled as in GitLab. */
export interface ListFilter {
  statuses?: readonly string[] | undefined;
  ref?: string | undefined;
  includeRetried?: boolean | undefined;
}

/** A list of rows, read with keyset or offset pagination. */
export interface RowList<Row> {
  /**
   * Whether the total number of rows needs a call of its own: the pages do not contain it, and
   * GitLab may count the rows.
   */
  totalNeedsCall(): boolean;
  read(request: PageRequest): Promise<PageSlice<Row>>;
  /** Returns the number of rows, with one call. Null if GitLab does not count them. */
  count(): Promise<number | null>;
}

/** Caches the pages of one list, so that an operation reads each page only once. */
function cachePages<Row, Request extends RestPageRequest>(
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
 * The jobs of a project. Uses keyset pagination (GitLab 15.9 and later), or offset pagination if
 * the server answers 405, ignores the gateway's cursors, or sends cursors of another format.
 */
export function projectJobList(gitlab: Gitlab, project: string, filter: ListFilter): RowList<Job> {
  const { server } = gitlab;
  const isOffsetOnly = () => server.keyset === false || server.builtCursors === false;
  const query = { scope: filter.statuses ?? [], ref: filter.ref };
  const read = (page: RestPageRequest) => gitlab.listProjectJobs(project, query, page);
  const keyset = cachePages((page: KeysetRequest) => readOrEmpty(read, page));
  const offset = cachePages<Job, OffsetRequest>(read);
  return {
    // A server that sends cursor headers (19.x) never counts this list (upstream.md §4.1).
    totalNeedsCall: () => !isOffsetOnly() && !server.cursorHeaders,
    async read(request) {
      if (isOffsetOnly()) return readOffsetList(offset, request);
      try {
        return await readKeysetList(keyset, request);
      } catch (error) {
        if (!isKeysetUnsupported(error)) throw error;
        server.keyset = false;
        return readOffsetList(offset, request);
      }
    },
    count: () => countRows(offset),
  };
}

/** A list with offset pagination, whose pages can also be read by number. */
export interface OffsetList<Row> extends RowList<Row> {
  readPage(page: OffsetRequest): Promise<Page<Row>>;
}

/** A list with offset pagination, such as the jobs of a pipeline. */
export function offsetList<Row extends { id: number | string }>(
  read: (page: OffsetRequest) => Promise<Page<Row>>,
): OffsetList<Row> {
  const readPage = cachePages(read);
  return {
    totalNeedsCall: () => false,
    readPage,
    read: (request) => readOffsetList(readPage, request),
    count: () => countRows(readPage),
  };
}
