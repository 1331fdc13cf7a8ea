import { Kind, type OperationDefinitionNode, type VariableDefinitionNode } from 'graphql';

type Values = Readonly<Record<string, unknown>>;

const isText = (value: unknown) => typeof value === 'string';

/** Tests for values that coercion leaves unchanged, by name of a built-in scalar type. */
const unchanged: Readonly<Record<string, (value: unknown) => boolean>> = {
  ID: isText,
  String: isText,
  Boolean: (value) => typeof value === 'boolean',
  Int: (value) => typeof value === 'number' && value >> 0 === value,
};

/**
 * Returns the test whether coercion leaves a value of a variable unchanged. Undefined if the type
 * of the variable is none of `ID`, `String`, `Boolean` and `Int`. Also undefined for a variable
 * named `__proto__`, which cannot be set as a usual member of an object.
 */
function usualValueTest({ type, variable }: VariableDefinitionNode) {
  const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  const isUsual = named.kind === Kind.NAMED_TYPE && variable.name.value !== '__proto__';
  return isUsual ? unchanged[named.name.value] : undefined;
}

/**
 * Creates a fast function that coerces variables. It handles the values that coercion leaves
 * unchanged, as in most requests. In all other cases, it returns undefined: graphql-js must coerce
 * the variables, which takes several times as long.
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
