import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';

/** An object type of the public schema. */
export function objectType(name: string): GraphQLObjectType {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`${name} is no object type`);
  return type;
}

/** Types with values that are not part of the row itself. */
const elsewhere = ['JobTrace', 'PipelineBoard', 'DownstreamPipeline'];

function isElsewhere({ name }: GraphQLNamedType): boolean {
  return name.endsWith('Connection') || elsewhere.includes(name);
}

const ofStatus = ['active', 'complete', 'cancelable', 'retryable', 'detailedStatus'];
const ofJob = [
  ...ofStatus,
  ...['playable', 'retried', 'queuedAt', 'failureMessage', 'failureCategory'],
  ...['groupName', 'parallelIndex', 'parallelTotal', 'matrixValues'],
];
/** Fields that are computed from a row, by type. */
export const derivedFields: Readonly<Record<string, readonly string[]>> = {
  Job: ofJob,
  Bridge: ofJob,
  Pipeline: ofStatus,
};

/** The fields of one thing, sent by GitLab or derived; a type that is above already is not entered again. */
export function allFields(
  type: GraphQLObjectType,
  above: readonly string[],
): GraphQLField<unknown, unknown>[] {
  return Object.values(type.getFields()).filter((field) => {
    const named = getNamedType(field.type);
    if (isElsewhere(named) || field.args.some(isRequiredArgument)) return false;
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
