import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { costOfField } from '../../src/graphql/cost.ts';
import { schema } from '../../src/graphql/schema.ts';

/** Returns an object type of the public schema. */
export function objectType(name: string): GraphQLObjectType {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`${name} is no object type`);
  return type;
}

/**
 * Returns whether the value of a field needs a call of its own, because it is not part of the
 * object's REST row.
 */
function isElsewhere(field: GraphQLField<unknown, unknown>, type: GraphQLObjectType): boolean {
  const { call, list } = costOfField(field);
  return list !== undefined || (call !== undefined && call !== type.name.toLowerCase());
}

const ofStatus = ['active', 'complete', 'cancelable', 'retryable', 'detailedStatus'];
const ofJob = [
  ...ofStatus,
  ...['playable', 'retried', 'queuedAt', 'failureMessage', 'failureCategory', 'failure'],
  ...['groupName', 'parallelIndex', 'parallelTotal', 'matrixValues'],
];
/** Fields that the gateway computes from a REST row, by type. */
export const derivedFields: Readonly<Record<string, readonly string[]>> = {
  Job: ofJob,
  Bridge: ofJob,
  Pipeline: ofStatus,
  JobArtifactsFile: ['downloadUrl'],
};

/**
 * Returns the fields of a type whose values are in the REST row or computed from it. Leaves out
 * fields with required arguments, and objects of the types in `above`, so that the recursion ends.
 */
export function allFields(
  type: GraphQLObjectType,
  above: readonly string[],
): GraphQLField<unknown, unknown>[] {
  return Object.values(type.getFields()).filter((field) => {
    const named = getNamedType(field.type);
    if (isElsewhere(field, type) || field.args.some(isRequiredArgument)) return false;
    return (
      isLeafType(named) || (isObjectType(named) && ![...above, type.name].includes(named.name))
    );
  });
}

/** Returns the fields of a type whose values are in the REST row. */
export const rowFields: typeof allFields = (type, above) =>
  allFields(type, above).filter(({ name }) => !derivedFields[type.name]?.includes(name));

/**
 * Returns a selection of all fields below a type. By default, these are fields whose values are in
 * the REST row.
 */
export function selectAll(
  type: GraphQLObjectType,
  fieldsOf = rowFields,
  above: readonly string[] = [],
): string {
  const selected = fieldsOf(type, above).map((field) => {
    const named = getNamedType(field.type);
    if (!isObjectType(named)) return field.name;
    return `${field.name} ${selectAll(named, fieldsOf, [...above, type.name])}`;
  });
  return `{ ${selected.join(' ')} }`;
}
