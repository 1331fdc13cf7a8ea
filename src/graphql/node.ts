import type { Context } from '../context/context.ts';
import { builder } from './builder.ts';
import { costs, parseNames } from './cost.ts';
import { type NodeRef, parseGlobalId } from './global-id.ts';
import {
  allSettledInPlace,
  checkListSize,
  readJob,
  readPipeline,
  readProject,
} from './read-planner.ts';
import { type CiJob, Node, type PipelineRow, type ProjectRow } from './refs.ts';
import { type SelectedBelow, selectedBelow } from './selection.ts';
import { parseResourceUrl } from './web-url.ts';

/** Which type a row with a global id is of: for `Node`, and for the references of other subgraphs. */
export function typeOfNode(row: object): NodeRef['type'] {
  if ('kind' in row) return row.kind === 'BRIDGE' ? 'Bridge' : 'Job';
  return 'ref' in row && !('project_id' in row) ? 'Project' : 'Pipeline';
}

Node.implement({
  description: 'Anything with a global id.',
  resolveType: typeOfNode,
  fields: (t) => ({
    id: t.id({ nullable: false, description: 'Global id, opaque.', resolve: () => '' }),
  }),
});

type Row = PipelineRow | ProjectRow | typeof CiJob.$inferType;

/** Reads what a global id, an address or a reference names, planned from the selection on its type. */
export function readNode(
  context: Context,
  ref: NodeRef,
  select: (type: string) => SelectedBelow,
): Promise<Row | null> {
  switch (ref.type) {
    case 'Job':
      return readJob(context, ref, select(ref.type));
    case 'Bridge':
      return context.loaders.bridge(ref);
    case 'Pipeline':
      return readPipeline(context, ref, select(ref.type));
    case 'Project':
      return readProject(context, ref.project, select(ref.type));
  }
}

/** The most ids in one `nodes`. */
const MAX_NODES = 500;

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    description: 'Anything by its global id. Null when it is gone, or hidden from you.',
    args: {
      id: t.arg.id({ required: true, description: 'A global id that this gateway gave out.' }),
    },
    extensions: costs({ names: ({ id }) => parseNames([String(id)], parseGlobalId) }),
    resolve: (_root, { id }, context, info) =>
      readNode(context, parseGlobalId(id), (type) => selectedBelow(info, type)),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description:
      'Several things by their global ids, in the same order. One that is gone or hidden is null and spoils no other.',
    args: {
      ids: t.arg.idList({
        required: true,
        description: `Global ids that this gateway gave out, at most ${MAX_NODES}.`,
      }),
    },
    extensions: costs({ names: ({ ids }) => parseNames(ids as string[], parseGlobalId) }),
    resolve: (_root, { ids }, context, info) => {
      checkListSize(ids, MAX_NODES, '`ids`');
      return allSettledInPlace(ids, (id) =>
        readNode(context, parseGlobalId(id), (type) => selectedBelow(info, type)),
      );
    },
  }),
  resource: t.field({
    type: Node,
    description:
      'The job or pipeline behind a web address of this GitLab. Null when it is gone, or hidden from you.',
    args: {
      url: t.arg.string({
        required: true,
        description:
          'Such as "https://gitlab.example.com/group/app/-/jobs/123". Another host is an error.',
      }),
    },
    extensions: costs({
      names: ({ url }, webUrls) =>
        parseNames([String(url)], (address) => parseResourceUrl(address, webUrls)),
    }),
    resolve: (_root, { url }, context, info) =>
      readNode(context, parseResourceUrl(url, context.webUrls), (type) =>
        selectedBelow(info, type),
      ),
  }),
}));
