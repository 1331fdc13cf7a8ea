import { embeddedTypes, implementations, paginatedFields } from './schema-facts.ts';

/** The types of each interface, for `possibleTypes` of Apollo Client's `InMemoryCache`. */
export const possibleTypes = implementations;

/**
 * Keeps the cached value if a response has null instead, which means that the value was not read.
 */
function keepOverNull<Value>(existing: Value | undefined, incoming: Value): Value {
  return incoming ?? existing ?? incoming;
}

const keptOverNull = { merge: keepOverNull };

/** What a `read` function receives of Apollo Client. */
interface ReadOptions {
  readField(name: string): unknown;
}

/**
 * A response without the attempts of a job counts it as the newest one. If the cache knows better, the
 * job is not retryable.
 */
function readRetryable(
  retryable: boolean | undefined,
  { readField }: ReadOptions,
): boolean | undefined {
  return retryable && readField('retried') !== true;
}

/** Returns a status whose action is RETRY or null by what the cache knows of the object. */
function readDetailedStatus<Status extends { action?: unknown }>(
  status: Status | undefined,
  { readField }: ReadOptions,
): Status | undefined {
  if (status?.action === 'RETRY' && readField('retried') === true) {
    return { ...status, action: null };
  }
  if (status?.action === null && readField('retryable') === true) {
    return { ...status, action: 'RETRY' };
  }
  return status;
}

const ofJob = {
  retried: keptOverNull,
  retryable: { read: readRetryable },
  detailedStatus: { read: readDetailedStatus },
};

/** Fields that depend on the attempts of jobs, which some responses contain and others do not. */
const fieldsOfAttempts = {
  Job: ofJob,
  Bridge: ofJob,
  Pipeline: { retryable: keptOverNull, detailedStatus: { read: readDetailedStatus } },
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
 * - what is known of the attempts of a job stays known after a response without them: `retried`, and
 *   what follows from it (`retryable`, `detailedStatus.action`); of a pipeline `retryable` and its
 *   `detailedStatus.action`.
 *
 * @param relayStylePagination the function of that name of `@apollo/client/utilities`
 */
export function createTypePolicies<Policy>(
  relayStylePagination: (keyArgs: string[] | false) => Policy,
) {
  type Fields = Record<string, Policy | (typeof ofJob)[keyof typeof ofJob]>;
  const names = new Set([
    ...embeddedTypes,
    ...Object.keys(paginatedFields),
    ...Object.keys(fieldsOfAttempts),
  ]);
  const policyOf = (type: string): { merge?: true; fields: Fields } => {
    const lists = mapValues(paginatedFields[type] ?? {}, (filters) =>
      relayStylePagination(filters.length > 0 && [...filters]),
    );
    const { [type]: ofAttempts = {} } = fieldsOfAttempts as Record<string, Fields>;
    const fields = { ...lists, ...ofAttempts };
    return { ...(embeddedTypes.includes(type) && { merge: true }), fields };
  };
  return Object.fromEntries([...names].map((type) => [type, policyOf(type)]));
}
