import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';

/** Returns the SDL of a schema, in alphabetical order. */
export function printSorted(schema: GraphQLSchema): string {
  return printSchema(lexicographicSortSchema(schema));
}
