import type { Client } from './client.ts';
import type { TypedDocument } from './document.ts';
import { GatewayError, type Result } from './result.ts';

/**
 * A connection. To read forward, select `hasNextPage` and `endCursor`. To read backward, select
 * `hasPreviousPage` and `startCursor`.
 */
export interface Connection {
  readonly pageInfo: {
    readonly hasNextPage?: boolean;
    readonly endCursor?: string | null;
    readonly hasPreviousPage?: boolean;
    readonly startCursor?: string | null;
  };
}

export interface PaginateOptions {
  /** @default 'forward' */
  direction?: 'forward' | 'backward';
  /**
   * The name of the document's cursor variable. @default `after`; `before` if `direction` is
   * 'backward'
   */
  cursor?: string;
  signal?: AbortSignal;
}

/**
 * A page: the GraphQL response, and the connection that `select` of `paginate` found in its data.
 */
export interface Page<Data, List> extends Result<Data> {
  readonly connection: List;
}

/**
 * Returns the cursor for the next page; undefined if this page is the last. Throws a `GatewayError`
 * if `pageInfo` lacks a needed field.
 */
function nextCursor({ pageInfo }: Connection, isBackward: boolean): string | undefined {
  const hasMore = isBackward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage;
  const cursor = isBackward ? pageInfo.startCursor : pageInfo.endCursor;
  if (hasMore && cursor) return cursor;
  if (hasMore === false) return undefined;
  const needed = isBackward ? 'hasPreviousPage startCursor' : 'hasNextPage endCursor';
  throw new GatewayError(`Select \`pageInfo { ${needed} }\` of the connection.`);
}

/**
 * Returns the connection in a response. If there is none and the response has errors, throws a
 * `GatewayError` with the message of the first error. If there is neither, returns null or
 * undefined.
 */
function connectionOf<Data, List>(
  { data, errors = [] }: Result<Data>,
  select: (data: Data) => List | null | undefined,
): List | null | undefined {
  const connection = data == null ? undefined : select(data);
  const [error] = errors;
  if (connection || !error) return connection;
  throw new GatewayError(error.message, { errors });
}

/**
 * Reads the pages of a connection. Each page is one request, sent when the iterator asks for the
 * page. `select` returns the connection in the data of a response. The iteration ends after the
 * last page, or if a response has no connection. If such a response has an error, throws a
 * `GatewayError`.
 *
 * @example
 * const pages = paginate(client, NEWEST_JOBS, { project }, (data) => data.project?.jobs);
 * for await (const { connection } of pages) show(connection.nodes);
 */
export async function* paginate<Data, Variables extends object, List extends Connection>(
  client: Pick<Client, 'query'>,
  document: string | TypedDocument<Data, Variables>,
  variables: Variables,
  select: (data: Data) => List | null | undefined,
  options: PaginateOptions = {},
): AsyncGenerator<Page<Data, List>, void> {
  const { direction, signal } = options;
  const isBackward = direction === 'backward';
  const { cursor: name = isBackward ? 'before' : 'after' } = options;
  let cursor: string | undefined;
  do {
    const current = cursor === undefined ? variables : { ...variables, [name]: cursor };
    const result = await client.query<Data>(String(document), current, signal && { signal });
    const connection = connectionOf(result, select);
    if (!connection) return;
    yield { ...result, connection };
    cursor = nextCursor(connection, isBackward);
  } while (cursor !== undefined);
}
