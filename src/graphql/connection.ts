import type { ArgBuilder, ObjectRef } from '@pothos/core';
import type { RowList } from '../context/job-list.ts';
import {
  MAX_PER_PAGE,
  type PageRequest,
  type PageSlice,
  type WithId,
} from '../gitlab/lists/page-request.ts';
import { builder, type Types } from './builder.ts';
import { badUserInput } from './client-errors.ts';
import type { ListCost } from './cost.ts';
import { listDigest, parseCursor, toCursor } from './cursor.ts';
import { perSelection, type Selection } from './selection.ts';

/** The largest page: more would mean more than five upstream calls for one field. */
export const MAX_PAGE = 500;
const DEFAULT_PAGE = 20;

/** Relay's four arguments. Null counts as absent, as it does for any nullable argument. */
export interface ConnectionArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

/** Rows of one page in the order of the connection, ready to be resolved field by field. */
export interface Connection<Row> {
  edges: Edge<Row>[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  totalCount: number | null;
}

/** A row and its cursor, which is made when somebody asks for it. */
export interface Edge<Row> {
  node: Row;
  cursor(): string;
}

/** Which way and how far a caller pages, checked: `first` with `after`, or `last` with `before`. */
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

/** Checks Relay's arguments and fills in the default of `first: 20`. */
export function parsePageArgs(args: ConnectionArgs, most = MAX_PAGE): PageArgs {
  checkMix(args);
  const forward = args.last == null;
  const count = pageSizeOf(args);
  if (count < 1 || count > most) {
    throw badUserInput(
      `\`${forward ? 'first' : 'last'}\` must be from 1 to ${most}, not ${count}.`,
    );
  }
  return { forward, count, cursor: (forward ? args.after : args.before) ?? undefined };
}

/** What a connection is made of: its list, what names that list, and what is selected of it. */
export interface ConnectionSource<Row> {
  list: RowList<Row>;
  /** Names the list with its sort and filter; cursors are tied to it. */
  name: readonly unknown[];
  /** Whether the oldest row comes first; GitLab's own order is newest first. */
  ascending?: boolean;
  selection: Selection;
}

/** What of a connection is selected, computed once per selection. */
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

/** The calls of a list of jobs: one for each page of 100, and at most one to look around the page. */
export function listCost(options: { countsAlong: boolean }): ListCost {
  const rows = (args: ConnectionArgs) => Math.min(MAX_PAGE, Math.max(0, pageSizeOf(args)));
  return {
    rows,
    readsRows: (selection) => needsOf(selection).rows,
    pages(args: ConnectionArgs & { sort?: string }, selection) {
      const needs = needsOf(selection);
      if (!needs.rows) return 1;
      const { after, last, before, sort } = args;
      const isAtStart = after == null && before == null && last == null && sort !== 'ID_ASC';
      const looksAround = !isAtStart && (needs.hasNext || needs.hasPrevious);
      const counts = needs.total && !options.countsAlong;
      return Math.ceil(rows(args) / MAX_PER_PAGE) + Number(counts) + Number(looksAround);
    },
  };
}

function toWant<Row>(
  { ascending, selection, name }: ConnectionSource<Row>,
  args: PageArgs,
): PageRequest {
  const { hasNext, hasPrevious } = needsOf(selection);
  const argument = args.forward ? 'after' : 'before';
  return {
    direction: args.forward === Boolean(ascending) ? 'newer' : 'older',
    // An empty cursor is a mistake too: taken for none, it would page round in circles.
    cursorRow:
      args.cursor === undefined
        ? undefined
        : parseCursor(listDigest(...name), args.cursor, argument),
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

/** Reads one page of a list as a connection: only what the selection needs, `totalCount` only if asked for. */
export async function readConnection<Row extends WithId>(
  source: ConnectionSource<Row>,
  args: PageArgs,
): Promise<Connection<Row>> {
  const { list, selection, ascending } = source;
  const want = toWant(source, args);
  const { total: counts, rows: hasRows } = needsOf(selection);
  // Nothing but __typename still reads a row: only so can a hidden list be told from an empty one.
  const onlyCounts = !hasRows;
  const [slice, total] = await Promise.all([
    onlyCounts ? empty : list.read(want),
    onlyCounts || (counts && !list.pagesHaveTotal()) ? list.count() : null,
  ]);
  let digest: string | undefined;
  return toConnection(slice, {
    digest: () => {
      digest ??= listDigest(...source.name);
      return digest;
    },
    ascending: Boolean(ascending),
    total,
  });
}

function toConnection<Row extends WithId>(
  slice: PageSlice<Row>,
  list: { digest: () => string; ascending: boolean; total: number | null },
): Connection<Row> {
  const { rows, firstIndex } = slice;
  const edges = rows.map((node, at) => {
    const index = firstIndex === undefined ? undefined : firstIndex + at;
    return { node, cursor: () => toCursor(list.digest(), { id: String(node.id), index }) };
  });
  return {
    edges: list.ascending ? edges.reverse() : edges,
    hasNextPage: list.ascending ? slice.hasNewer : slice.hasOlder,
    hasPreviousPage: list.ascending ? slice.hasOlder : slice.hasNewer,
    totalCount: list.total ?? slice.total,
  };
}

const PageInfo = builder.objectRef<Connection<unknown>>('PageInfo').implement({
  description: 'Where a page stands in its list, as Relay defines it.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      nullable: false,
      description: 'Whether more follows after this page. Exact in both directions.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      nullable: false,
      description: 'Whether something stands before this page. Exact in both directions.',
    }),
    startCursor: t.string({
      description: 'The cursor of the first edge, for `before`. Null when the page is empty.',
      resolve: ({ edges }) => edges[0]?.cursor(),
    }),
    endCursor: t.string({
      description: 'The cursor of the last edge, for `after`. Null when the page is empty.',
      resolve: ({ edges }) => edges.at(-1)?.cursor(),
    }),
  }),
});

/** The four arguments of every connection. */
export const pageArguments = (arg: ArgBuilder<Types>, most = MAX_PAGE) => ({
  first: arg.int({
    description: `How many from the start (1 to ${most}), after \`after\`. 20 if neither \`first\` nor \`last\` is given.`,
  }),
  after: arg.string({ description: 'Goes with `first`: start behind this cursor.' }),
  last: arg.int({ description: `How many from the end (1 to ${most}), before \`before\`.` }),
  before: arg.string({ description: 'Goes with `last`: end in front of this cursor.' }),
});

/** Declares `XConnection` and `XEdge` for a node type. */
export function connectionType<Row>(
  name: string,
  node: ObjectRef<Types, Row>,
  of: { description: string; total: { nullable: boolean; description: string } },
) {
  const EdgeType = builder.objectRef<Edge<Row>>(`${name}Edge`).implement({
    description: `One ${name} in a list, with its cursor.`,
    fields: (t) => ({
      cursor: t.string({
        nullable: false,
        description:
          'Opaque; use it for `after` or `before` of the same list, with the same sort and filters.',
        resolve: (edge) => edge.cursor(),
      }),
      node: t.field({
        type: node,
        nullable: false,
        description: `The ${name} itself.`,
        resolve: (edge) => edge.node as never,
      }),
    }),
  });
  return builder.objectRef<Connection<Row>>(`${name}Connection`).implement({
    description: of.description,
    fields: (t) => ({
      edges: t.field({
        type: [EdgeType],
        nullable: false,
        description: 'The page’s rows, each with its cursor.',
        resolve: ({ edges }) => edges,
      }),
      nodes: t.field({
        type: [node],
        nullable: false,
        description: 'The page’s rows without cursors.',
        resolve: ({ edges }) => edges.map((edge) => edge.node) as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        nullable: false,
        description: 'Where this page stands in the list.',
        resolve: (connection) => connection,
      }),
      totalCount: t.int({
        nullable: of.total.nullable as true,
        description: of.total.description,
        resolve: ({ totalCount }) => totalCount,
      }),
    }),
  });
}
