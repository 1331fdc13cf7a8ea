import type { GraphQLNamedType, GraphQLSchema } from 'graphql';

/*
 * The own name of a type is its name in schema.graphql. A subgraph may add a prefix, so that the
 * type `Pipeline` has the name `CiPipeline` (federation/type-prefix.ts). The `extensions` of the
 * subgraph's schema contain the prefix. The code identifies types by their own names.
 */

/** Returns the prefix of the names of a schema's types; empty if there is none. */
export function prefixOf({ extensions }: GraphQLSchema): string {
  const { typePrefix } = extensions;
  return typeof typePrefix === 'string' ? typePrefix : '';
}

/** Returns the own name of a type: its name without a prefix. */
export function ownNameOf({ name, extensions }: GraphQLNamedType): string {
  const { ownName } = extensions;
  return typeof ownName === 'string' ? ownName : name;
}

/**
 * Returns the type of a schema by its own name. Root types, scalars and PageInfo have no prefix.
 */
export function typeNamed(schema: GraphQLSchema, ownName: string): GraphQLNamedType | undefined {
  const prefix = prefixOf(schema);
  const found = prefix && schema.getType(`${prefix}${ownName}`);
  return found || schema.getType(ownName);
}
