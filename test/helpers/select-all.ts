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

/** Lists and logs, which are not part of the row itself. */
function isElsewhere(type: GraphQLNamedType): boolean {
  return type.name.endsWith('Connection') || type.name === 'JobTrace';
}

/** The fields that show what GitLab sent of one thing; a type that is above already is not entered again. */
export function rowFields(
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

/** A selection of everything below a type. `without` names fields, such as `Pipeline.duration`. */
export function selectAll(
  type: GraphQLObjectType,
  without: readonly string[] = [],
  above: readonly string[] = [],
): string {
  const fields = rowFields(type, above).filter(
    ({ name }) => !without.includes(`${type.name}.${name}`),
  );
  const selected = fields.map((field) => {
    const named = getNamedType(field.type);
    if (!isObjectType(named)) return field.name;
    return `${field.name} ${selectAll(named, without, [...above, type.name])}`;
  });
  return `{ ${selected.join(' ')} }`;
}
