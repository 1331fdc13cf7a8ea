import { Kind, type OperationDefinitionNode, type VariableDefinitionNode } from 'graphql';

type Values = Readonly<Record<string, unknown>>;

const isText = (value: unknown) => typeof value === 'string';

/** Tests for values that coercion leaves unchanged, by name of a scalar type of GraphQL itself. */
const unchanged: Readonly<Record<string, (value: unknown) => boolean>> = {
  ID: isText,
  String: isText,
  Boolean: (value) => typeof value === 'boolean',
  Int: (value) => typeof value === 'number' && value >> 0 === value,
};

/**
 * Returns the test for values of a variable that coercion leaves unchanged. Undefined if its type
 * is a list, an input object, an enum or another scalar, and for a variable named `__proto__`,
 * which cannot be set as a usual member of an object.
 */
function usualValueTest({ type, variable }: VariableDefinitionNode) {
  const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  const isUsual = named.kind === Kind.NAMED_TYPE && variable.name.value !== '__proto__';
  return isUsual ? unchanged[named.name.value] : undefined;
}

/**
 * Returns a function that coerces the variables of an operation if coercion leaves all of them
 * unchanged, as in most requests. It returns undefined for other variables. graphql-js must coerce
 * these, which takes several times as long.
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
