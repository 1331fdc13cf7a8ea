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

/** An object type of the public schema. */
export function objectType(name: string): GraphQLObjectType {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`${name} is no object type`);
  return type;
}

/** Whether the value of a field is not part of the object's row: it needs a call of its own. */
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
/** Fields that are computed from a row, by type. */
export const derivedFields: Readonly<Record<string, readonly string[]>> = {
  Job: ofJob,
  Bridge: ofJob,
  Pipeline: ofStatus,
  JobArtifactsFile: ['downloadUrl'],
};

/** The fields of one thing, sent by GitLab or derived; a type that is above already is not entered again. */
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

/** The fields that show what GitLab sent of one thing. */
export const rowFields: typeof allFields = (type, above) =>
  allFields(type, above).filter(({ name }) => !derivedFields[type.name]?.includes(name));

/** A selection of everything below a type; by default, of what GitLab sent. */
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
