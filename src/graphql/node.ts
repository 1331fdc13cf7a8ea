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

/** Returns the object type of a row that has a global id, for `Node` and federation's `_Entity`. */
export function typeOfNode(row: object): NodeRef['type'] {
  if ('kind' in row) return row.kind === 'BRIDGE' ? 'Bridge' : 'Job';
  return 'ref' in row && !('project_id' in row) ? 'Project' : 'Pipeline';
}

Node.implement({
  description: 'An object with a global id.',
  resolveType: typeOfNode,
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'The global id, an opaque string.',
      resolve: () => '',
    }),
  }),
});

type Row = PipelineRow | ProjectRow | typeof CiJob.$inferType;

/**
 * Reads the object that a global id, URL or federation reference identifies, with the calls that
 * its selection needs.
 */
export function readNode(
  context: Context,
  ref: NodeRef,
  selectionOn: (type: string) => SelectedBelow,
): Promise<Row | null> {
  switch (ref.type) {
    case 'Job':
      return readJob(context, ref, selectionOn(ref.type));
    case 'Bridge':
      return context.loaders.bridge(ref);
    case 'Pipeline':
      return readPipeline(context, ref, selectionOn(ref.type));
    case 'Project':
      return readProject(context, ref.project, selectionOn(ref.type));
  }
}

const MAX_NODES = 500;

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    description:
      'An object by its global id. Null if it does not exist or is not visible to the caller.',
    args: {
      id: t.arg.id({ required: true, description: 'A global id from this gateway.' }),
    },
    extensions: costs({ names: ({ id }) => parseNames([String(id)], parseGlobalId) }),
    resolve: (_root, { id }, context, info) =>
      readNode(context, parseGlobalId(id), (type) => selectedBelow(info, type)),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description:
      'Several objects by their global ids, in the same order. Null for an object that does not exist or is not visible to the caller.',
    args: {
      ids: t.arg.idList({
        required: true,
        description: `Global ids from this gateway, at most ${MAX_NODES}.`,
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
      'The job or pipeline with this URL in GitLab. Null if it does not exist or is not visible to the caller.',
    args: {
      url: t.arg.string({
        required: true,
        description:
          'A URL such as "https://gitlab.example.com/group/app/-/jobs/123". Another host is an error.',
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
