import { embeddedTypes, implementations, paginatedFields } from './schema-facts.ts';

/** The types of each interface, for `possibleTypes` of Apollo Client's `InMemoryCache`. */
export const possibleTypes = implementations;

/**
 * Keeps the cached value if a response has null instead. GitLab omits some fields of an object in
 * its lists; for such a field, null means that the value was not read.
 */
function keepOverNull<Value>(existing: Value | undefined, incoming: Value): Value {
  return incoming ?? existing ?? incoming;
}

const keptOverNull = { merge: keepOverNull };

/** Fields whose null may mean that the value was not read. */
const unreadIfNull: Readonly<Record<string, readonly string[]>> = {
  Job: ['retried'],
  Bridge: ['retried'],
  Pipeline: ['retryable'],
};

const mapValues = <Value, Result>(
  values: Readonly<Record<string, Value>>,
  map: (value: Value) => Result,
): Record<string, Result> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));

/**
 * Creates `typePolicies` for Apollo Client's `InMemoryCache`:
 * - lists grow page by page;
 * - objects without an id are merged with their fields in the cache;
 * - null does not replace a cached value in a field whose null may mean "not read".
 *
 * @param relayStylePagination the function of that name of `@apollo/client/utilities`
 */
export function createTypePolicies<Policy>(
  relayStylePagination: (keyArgs: string[] | false) => Policy,
) {
  type Fields = Record<string, Policy | typeof keptOverNull>;
  const names = new Set([
    ...embeddedTypes,
    ...Object.keys(paginatedFields),
    ...Object.keys(unreadIfNull),
  ]);
  const policyOf = (type: string): { merge?: true; fields: Fields } => {
    const lists = mapValues(paginatedFields[type] ?? {}, (filters) =>
      relayStylePagination(filters.length > 0 && [...filters]),
    );
    const kept = Object.fromEntries(
      (unreadIfNull[type] ?? []).map((field) => [field, keptOverNull]),
    );
    return { ...(embeddedTypes.includes(type) && { merge: true }), fields: { ...lists, ...kept } };
  };
  return Object.fromEntries([...names].map((type) => [type, policyOf(type)]));
}
