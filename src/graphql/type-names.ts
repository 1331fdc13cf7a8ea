import type { GraphQLNamedType, GraphQLSchema } from 'graphql';

/*
 * The code uses the type names of schema.graphql, called own names. The types of a subgraph may have a
 * prefix before these names (federation/type-prefix.ts). It is kept in the extensions of the schema.
 */

/** Returns the prefix of the names of a schema's types; empty without one. */
export function prefixOf({ extensions }: GraphQLSchema): string {
  const { typePrefix } = extensions;
  return typeof typePrefix === 'string' ? typePrefix : '';
}

/** Returns the name of a type without prefix. */
export function ownNameOf({ name, extensions }: GraphQLNamedType): string {
  const { ownName } = extensions;
  return typeof ownName === 'string' ? ownName : name;
}

/** Returns the type of a schema by its own name; PageInfo and root types have no prefix. */
export function typeNamed(schema: GraphQLSchema, ownName: string): GraphQLNamedType | undefined {
  const prefix = prefixOf(schema);
  const found = prefix && schema.getType(`${prefix}${ownName}`);
  return found || schema.getType(ownName);
}
