import { paginatedFields, typesWithoutId } from './schema-facts.ts';

/**
 * The option `keys` of urql's graphcache. For each type without an id, it has a function that
 * returns null, so that the cache stores such objects inside the object that contains them.
 */
export const keys: Record<string, () => null> = Object.fromEntries(
  typesWithoutId.map((type) => [type, () => null]),
);

/**
 * Creates `resolvers` for urql's graphcache: lists grow page by page.
 *
 * @param relayPagination the function of that name of `@urql/exchange-graphcache/extras`
 */
export function createResolvers<Resolver>(
  relayPagination: () => Resolver,
): Record<string, Record<string, Resolver>> {
  return Object.fromEntries(
    Object.entries(paginatedFields).map(([type, fields]) => [
      type,
      Object.fromEntries(Object.keys(fields).map((field) => [field, relayPagination()])),
    ]),
  );
}
