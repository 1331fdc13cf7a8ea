import {
  correctRetryable,
  correctStatus,
  type KnownAttempts,
  keepOverNull,
} from '../client/attempts.ts';
import { embeddedTypes, implementations, paginatedFields } from './schema-facts.ts';

/** The types of each interface, for `possibleTypes` of Apollo Client's `InMemoryCache`. */
export const possibleTypes = implementations;

const keptOverNull = { merge: keepOverNull };

/** The options that Apollo Client passes to a `read` function. */
interface ReadOptions {
  readField(name: string): unknown;
}

const readAttempts = ({ readField }: ReadOptions): KnownAttempts => ({
  retried: readField('retried'),
  retryable: readField('retryable'),
});

const readRetryable = (retryable: boolean | undefined, { readField }: ReadOptions) =>
  correctRetryable(retryable, { retried: readField('retried') });

const readDetailedStatus = <Status extends { action?: unknown }>(
  status: Status | undefined,
  options: ReadOptions,
) => status && correctStatus(status, readAttempts(options));

const ofJob = {
  retried: keptOverNull,
  retryable: { read: readRetryable },
  detailedStatus: { read: readDetailedStatus },
};

/**
 * Policies of fields that depend on whether a job was retried. A response for which the gateway did
 * not read all attempts has null for `retried`, and may show a retried job as retryable. These
 * policies then use what the cache knows.
 */
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
 * - the new fields of an object without an id are added to the cached object;
 * - if a later response has null for `retried`, a job that the cache knows as retried stays
 *   retried, and is not shown as retryable (see `fieldsOfAttempts`).
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
