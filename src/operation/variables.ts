import { Kind, type OperationDefinitionNode, type VariableDefinitionNode } from 'graphql';

type Values = Readonly<Record<string, unknown>>;

const isText = (value: unknown) => typeof value === 'string';

/** The values that GraphQL's own scalars accept and leave as they are, by type. */
const unchanged: Readonly<Record<string, (value: unknown) => boolean>> = {
  ID: isText,
  String: isText,
  Boolean: (value) => typeof value === 'boolean',
  Int: (value) => typeof value === 'number' && value >> 0 === value,
};

/**
 * Returns a test of the values that a variable keeps. Undefined for other types, and for the one name
 * that an object cannot have as a usual member.
 */
function usualValueTest({ type, variable }: VariableDefinitionNode) {
  const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  const isUsual = named.kind === Kind.NAMED_TYPE && variable.name.value !== '__proto__';
  return isUsual ? unchanged[named.name.value] : undefined;
}

/**
 * Returns a function that coerces the variables of an operation if all of them are usual values of
 * GraphQL's own scalars, as in most requests. It returns undefined for all others, which graphql-js
 * must coerce: that takes several times as long.
 */
export function createUsualCoercion({
  variableDefinitions = [],
}: OperationDefinitionNode): (variables: Values) => Values | undefined {
  const tests = variableDefinitions.map((definition) => ({
    name: definition.variable.name.value,
    isUsual: usualValueTest(definition),
  }));
  return (variables) => {
    const coerced: Record<string, unknown> = {};
    for (const { name, isUsual } of tests) {
      if (!isUsual || !Object.hasOwn(variables, name)) return undefined;
      const value = variables[name];
      if (!isUsual(value)) return undefined;
      coerced[name] = value;
    }
    return coerced;
  };
}
