import type { ArgBuilder, FieldRef, ObjectFieldBuilder, ObjectRef } from '@pothos/core';
import type { RowList } from '../gitlab/lists/job-list.ts';
import {
  type CursorRow,
  MAX_PER_PAGE,
  type PageRequest,
  type PageSlice,
  type WithId,
} from '../gitlab/lists/page-request.ts';
import { builder, type Types } from './builder.ts';
import { badUserInput, checkRange } from './client-errors.ts';
import { clampRows, costs, type Knowledge, type ListCost } from './cost.ts';
import { checkProject, listDigest, listInProject, parseCursor, toCursor } from './cursor.ts';
import { perSelection, type Selection } from './selection.ts';

/**
 * The maximum page size of a list of one project or pipeline. A page of 500 rows costs five calls
 * to GitLab, one per 100 rows; `totalCount` and `pageInfo` may cost one more each.
 */
export const MAX_PAGE = 500;
const DEFAULT_PAGE = 20;

/** Relay's four arguments. Null counts as absent, as it does for any nullable argument. */
export interface ConnectionArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

/** A page of a list. The edges have the order of the list. */
export interface Connection<Row> {
  edges: Edge<Row>[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  totalCount: number | null;
}

/** A row and its cursor, which is computed only if it is selected. */
export interface Edge<Row> {
  node: Row;
  cursor(): string;
}

/** Checked page arguments: `first` with `after`, or `last` with `before`. */
export interface PageArgs {
  forward: boolean;
  count: number;
  cursor: string | undefined;
}

function checkMix({ first, after, last, before }: ConnectionArgs): void {
  if (first != null && last != null) {
    throw badUserInput(
      '`first` and `last` cannot go together; use `first` with `after`, or `last` with `before`.',
    );
  }
  if (after != null && (last != null || before != null)) {
    throw badUserInput('`after` goes with `first`, not with `last` or `before`.');
  }
  if (before != null && last == null) throw badUserInput('`before` goes with `last`.');
}

/** Returns how many rows the arguments request, unchecked. */
function pageSizeOf({ first, last }: ConnectionArgs): number {
  return first ?? last ?? DEFAULT_PAGE;
}

/** Checks Relay's arguments; the default is `first: 20`. Throws BAD_USER_INPUT for invalid ones. */
export function parsePageArgs(args: ConnectionArgs, max = MAX_PAGE): PageArgs {
  checkMix(args);
  const forward = args.last == null;
  const count = checkRange(forward ? 'first' : 'last', pageSizeOf(args), { max });
  return { forward, count, cursor: (forward ? args.after : args.before) ?? undefined };
}

export interface ConnectionSource<Row> {
  list: RowList<Row>;
  /**
   * What identifies the list in its project: its kind, pipeline, sort and filter. Cursors contain a
   * digest of it.
   */
  name: readonly unknown[];
  /** The project's numeric id if it is known, else its path. */
  project: string;
  /** Whether the oldest row is first. GitLab returns the newest first. */
  ascending?: boolean;
  selection: Selection;
}

/** Returns which parts of a connection are selected. Computed once per selection. */
const needsOf = perSelection((selection) => {
  const pageInfo = selection.below('pageInfo');
  const hasNext = pageInfo.has('hasNextPage');
  const hasPrevious = pageInfo.has('hasPreviousPage');
  const cursors = pageInfo.has('startCursor', 'endCursor');
  return {
    hasNext,
    hasPrevious,
    total: selection.has('totalCount'),
    rows: selection.has('edges', 'nodes') || cursors || hasNext || hasPrevious,
  };
});

/**
 * Returns the members `rows` and `limitedBy` of the ListCost of a connection. `max` is the maximum
 * page size.
 */
export const pageLimits = (max = MAX_PAGE) => ({
  rows: (args: ConnectionArgs) => clampRows(pageSizeOf(args), max),
  limitedBy: ({ last }: ConnectionArgs) => (last == null ? 'first' : 'last'),
});

/**
 * Returns the cost of a list: one call per 100 rows, one to detect rows before or after the page,
 * and one for `totalCount`. With `countsAlong`, the responses of pages contain the total, so
 * `totalCount` costs no call.
 */
export function listCost(options: { countsAlong: boolean }): ListCost {
  const limits = pageLimits();
  return {
    ...limits,
    readsRows: (selection) => needsOf(selection).rows,
    pages(args: ConnectionArgs & { sort?: string }, selection) {
      const needs = needsOf(selection);
      if (!needs.rows) return 1;
      const { after, last, before, sort } = args;
      const isAtStart = after == null && before == null && last == null && sort !== 'ID_ASC';
      const needsMore = !isAtStart && (needs.hasNext || needs.hasPrevious);
      const counts = needs.total && !options.countsAlong;
      return Math.ceil(limits.rows(args) / MAX_PER_PAGE) + Number(counts) + Number(needsMore);
    },
  };
}

function toPageRequest<Row>(
  { ascending, selection }: ConnectionSource<Row>,
  args: PageArgs,
  cursorRow: CursorRow | undefined,
): PageRequest {
  const { hasNext, hasPrevious } = needsOf(selection);
  return {
    direction: args.forward === Boolean(ascending) ? 'newer' : 'older',
    cursorRow,
    count: args.count,
    needsHasNext: args.forward ? hasNext : hasPrevious,
    needsHasPrevious: args.forward ? hasPrevious : hasNext,
  };
}

const empty: PageSlice<never> = {
  rows: [],
  firstIndex: undefined,
  hasOlder: false,
  hasNewer: false,
  total: null,
};

/** A row of a list that belongs to a project. */
type ListRow = WithId & { project_id: string };

/**
 * Reads the selected parts of a page of a list. Throws BAD_USER_INPUT for a cursor of another list
 * or project.
 */
export async function readConnection<Row extends ListRow>(
  source: ConnectionSource<Row>,
  args: PageArgs,
): Promise<Connection<Row>> {
  const { list, selection, ascending, project } = source;
  let known: string | undefined;
  const digest = () => {
    known ??= listDigest(...source.name);
    return known;
  };
  const argument = args.forward ? 'after' : 'before';
  // An empty cursor is an error. If it were ignored, a client that sends one would read the first
  // page forever.
  const cursor =
    args.cursor === undefined
      ? undefined
      : parseCursor(listInProject(digest(), project), args.cursor, argument);
  const request = toPageRequest(source, args, cursor);
  const { total: counts, rows: hasRows } = needsOf(selection);
  // If no rows are selected, the list is counted, even without `totalCount`. If no call were made,
  // a list that the caller cannot see would look like an empty one.
  const onlyCounts = !hasRows;
  const [slice, total] = await Promise.all([
    onlyCounts ? empty : list.read(request),
    onlyCounts || (counts && list.totalNeedsCall()) ? list.count() : null,
  ]);
  // The rows contain the project's numeric id, which may be unknown before the read.
  checkProject(cursor?.project, slice.rows[0]?.project_id.toLowerCase(), argument);
  return toConnection(slice, { digest, ascending: Boolean(ascending), total });
}

function toConnection<Row extends ListRow>(
  slice: PageSlice<Row>,
  list: { digest: () => string; ascending: boolean; total: number | null },
): Connection<Row> {
  const { rows, firstIndex } = slice;
  const edges = rows.map((node, at) => {
    const index = firstIndex === undefined ? undefined : firstIndex + at;
    const cursor = () =>
      toCursor(listInProject(list.digest(), node.project_id), { id: String(node.id), index });
    return { node, cursor };
  });
  return {
    edges: list.ascending ? edges.reverse() : edges,
    hasNextPage: list.ascending ? slice.hasNewer : slice.hasOlder,
    hasPreviousPage: list.ascending ? slice.hasOlder : slice.hasNewer,
    totalCount: list.total ?? slice.total,
  };
}

const PageInfo = builder.objectRef<Connection<unknown>>('PageInfo').implement({
  description: 'The position of a page in its list, as Relay defines it.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      nullable: false,
      description: 'Whether there are rows after this page. Exact in both directions.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      nullable: false,
      description: 'Whether there are rows before this page. Exact in both directions.',
    }),
    startCursor: t.string({
      description: 'The cursor of the first edge, for `before`. Null if the page is empty.',
      resolve: ({ edges }) => edges[0]?.cursor(),
    }),
    endCursor: t.string({
      description: 'The cursor of the last edge, for `after`. Null if the page is empty.',
      resolve: ({ edges }) => edges.at(-1)?.cursor(),
    }),
  }),
});

/** The four arguments of every connection. */
export const pageArguments = (arg: ArgBuilder<Types>, max = MAX_PAGE) => ({
  first: arg.int({
    description: `The number of rows from the start, or after \`after\` (1 to ${max}). 20 if neither \`first\` nor \`last\` is set.`,
  }),
  after: arg.string({ description: 'Used with `first`: the page starts after this cursor.' }),
  last: arg.int({
    description: `The number of rows from the end, or before \`before\` (1 to ${max}).`,
  }),
  before: arg.string({ description: 'Used with `last`: the page ends before this cursor.' }),
});

/**
 * Defines the type `<name>Edge`. `rows` says what is known of a node from its row in GitLab's list.
 * By default, that is all that the GET of the single node returns.
 */
export function edgeType<Row>(
  name: string,
  node: ObjectRef<Types, Row>,
  rows: Knowledge = 'own',
): ObjectRef<Types, Edge<Row>> {
  return builder.objectRef<Edge<Row>>(`${name}Edge`).implement({
    description: `A ${name} of a list with its cursor.`,
    fields: (t) => ({
      cursor: t.string({
        nullable: false,
        description:
          'An opaque string for `after` or `before` of the same list, with the same sort and filters.',
        resolve: (edge) => edge.cursor(),
      }),
      node: t.field({
        type: node,
        nullable: false,
        description: `The ${name}.`,
        extensions: costs({ leadsTo: rows }),
        resolve: (edge) => edge.node as never,
      }),
    }),
  });
}

/** Returns the fields that all connections have: `edges`, `nodes` and `pageInfo`. */
export function rowFields<Row, Shape extends Connection<Row>>(
  t: ObjectFieldBuilder<Types, Shape>,
  of: { node: ObjectRef<Types, Row>; edge: ObjectRef<Types, Edge<Row>>; rows?: Knowledge },
): Record<'edges' | 'nodes' | 'pageInfo', FieldRef<Types>> {
  return {
    edges: t.field({
      type: [of.edge],
      nullable: false,
      description: 'The rows of the page with their cursors.',
      resolve: ({ edges }) => edges,
    }),
    nodes: t.field({
      type: [of.node],
      nullable: false,
      description: 'The rows of the page without cursors.',
      extensions: costs({ leadsTo: of.rows ?? 'own' }),
      resolve: ({ edges }) => edges.map((edge) => edge.node) as never,
    }),
    pageInfo: t.field({
      type: PageInfo,
      nullable: false,
      description: 'The position of the page in the list.',
      resolve: (connection) => connection,
    }),
  };
}

/**
 * Defines the type `<name>Connection`, and `<name>Edge` unless it is given. `rows` says what is
 * known of a node from its row in GitLab's list. By default, that is all that the GET of the single
 * node returns.
 */
export function connectionType<Row>(
  name: string,
  node: ObjectRef<Types, Row>,
  of: {
    description: string;
    total: { nullable: boolean; description: string };
    rows?: Knowledge;
    edge?: ObjectRef<Types, Edge<Row>>;
  },
) {
  const { rows = 'own', edge = edgeType(name, node, rows) } = of;
  return builder.objectRef<Connection<Row>>(`${name}Connection`).implement({
    description: of.description,
    fields: (t) => ({
      ...rowFields(t, { node, edge, rows }),
      totalCount: t.int({
        nullable: of.total.nullable as true,
        description: of.total.description,
        resolve: ({ totalCount }) => totalCount,
      }),
    }),
  });
}
