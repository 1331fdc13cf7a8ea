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
import { prefixOf, typeNamed } from '../graphql/type-names.ts';
import { entityKeys, parseReference } from './entity-keys.ts';
import { renamerOfErrors, withErrors } from './type-prefix.ts';

export interface EntityOptions {
  sdl: string;
  /** The maximum number of references in one `_entities` field. */
  maxReferences: number;
}

const Any = new GraphQLScalarType({
  name: '_Any',
  description: 'A reference: `__typename` and the fields of one of the type’s keys.',
});

const Service = new GraphQLObjectType({
  name: '_Service',
  description: 'The subgraph for composition.',
  fields: {
    sdl: { type: GraphQLString, description: 'The schema with its federation directives.' },
  },
});

/**
 * Returns `_service` and `_entities`, the root fields for routers. `_entities` starts the reads of
 * all references in the same tick, so that jobs with close ids share a call to GitLab. In its
 * result, an object that does not exist is null, and an invalid reference is an error at its index.
 */
export function entityFields(
  schema: GraphQLSchema,
  { sdl, maxReferences }: EntityOptions,
): GraphQLFieldConfigMap<unknown, Context> {
  const prefix = prefixOf(schema);
  const renameError = renamerOfErrors(schema);
  const Entity = new GraphQLUnionType({
    name: '_Entity',
    description: 'An object that a reference can identify.',
    types: [...entityKeys.keys()].map((name) => typeNamed(schema, name)).filter(isObjectType),
    resolveType: (row: object) => `${prefix}${typeOfNode(row)}`,
  });
  return {
    _service: {
      type: new GraphQLNonNull(Service),
      description: 'The subgraph for composition. Requires no credential.',
      resolve: () => ({ sdl }),
    },
    _entities: {
      type: new GraphQLNonNull(new GraphQLList(Entity)),
      description:
        'The objects of the references, in their order. Null for an object that does not exist or is not visible to the caller.',
      args: {
        representations: {
          type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(Any))),
          description: `References, at most ${maxReferences}.`,
        },
      },
      extensions: costs({
        names: (args, webUrls) =>
          parseNames(args['representations'] as unknown[], (representation) =>
            parseReference(representation, { bases: webUrls, prefix }),
          ),
      }),
      resolve: (_root, { representations }, context, info) => {
        checkListSize(representations, maxReferences, '`representations`');
        const read = async (representation: unknown) => {
          const ref = parseReference(representation, { bases: context.webUrls, prefix });
          return readNode(context, ref, (type) => selectedBelow(info, type));
        };
        return allSettledInPlace(representations as unknown[], withErrors(read, renameError));
      },
    },
  };
}
