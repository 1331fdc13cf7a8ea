import {
  type GraphQLFieldConfigMap,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  type GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  isObjectType,
} from 'graphql';
import type { Context } from '../context/context.ts';
import { costs, parseNames } from '../graphql/cost.ts';
import { readNode, typeOfNode } from '../graphql/node.ts';
import { allSettledInPlace, checkListSize } from '../graphql/read-planner.ts';
import { selectedBelow } from '../graphql/selection.ts';
import { entityKeys, parseReference } from './entity-keys.ts';

/** What the fields for routers are made from. */
export interface EntityOptions {
  /** What `_service` tells routers and composition. */
  sdl: string;
  /** The most references in one `_entities`. */
  maxReferences: number;
}

const Any = new GraphQLScalarType({
  name: '_Any',
  description: 'A reference: `__typename` and the fields of one of the type’s keys.',
});

const Service = new GraphQLObjectType({
  name: '_Service',
  description: 'This subgraph, as composition sees it.',
  fields: {
    sdl: { type: GraphQLString, description: 'The schema with its federation directives.' },
  },
});

/**
 * `_service` and `_entities`, which routers ask. References are read by the same loaders as `node`:
 * all of them start in one tick, so jobs that lie close together become one call, whatever key
 * each was given by. The order is kept; what is gone or hidden is null; what is wrong is an error at
 * its own place.
 */
export function entityFields(
  schema: GraphQLSchema,
  { sdl, maxReferences }: EntityOptions,
): GraphQLFieldConfigMap<unknown, Context> {
  const Entity = new GraphQLUnionType({
    name: '_Entity',
    description: 'Anything that a reference leads to.',
    types: [...entityKeys.keys()].map((name) => schema.getType(name)).filter(isObjectType),
    resolveType: typeOfNode,
  });
  return {
    _service: {
      type: new GraphQLNonNull(Service),
      description: 'This subgraph, as composition sees it. Needs no credential.',
      resolve: () => ({ sdl }),
    },
    _entities: {
      type: new GraphQLNonNull(new GraphQLList(Entity)),
      description:
        'What each reference leads to, in their order. Null for what is gone, or hidden from you.',
      args: {
        representations: {
          type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(Any))),
          description: `References, at most ${maxReferences}.`,
        },
      },
      extensions: costs({
        names: (args, webUrls) =>
          parseNames(args['representations'] as unknown[], (representation) =>
            parseReference(representation, webUrls),
          ),
      }),
      resolve: (_root, { representations }, context, info) => {
        checkListSize(representations, maxReferences, '`representations`');
        return allSettledInPlace(representations as unknown[], async (representation) =>
          readNode(context, parseReference(representation, context.webUrls), (type) =>
            selectedBelow(info, type),
          ),
        );
      },
    },
  };
}
