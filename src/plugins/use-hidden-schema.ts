import { type GraphQLError, NoSchemaIntrospectionCustomRule, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';

const SUGGESTION = / Did you mean .*$/s;

function hideSuggestions(result: unknown): void {
  const { errors = [] } = result as { errors?: readonly GraphQLError[] };
  for (const error of errors) {
    // An error with a path is what a resolver said: nothing about the schema.
    if (!error.path) error.message = error.message.replace(SUGGESTION, '');
  }
}

/**
 * Keeps the schema to those who have it: no introspection, and no names suggested in errors about
 * documents or variables.
 */
export function useHiddenSchema(): Plugin {
  return {
    onValidate({ addValidationRule, setValidationFn }) {
      addValidationRule(NoSchemaIntrospectionCustomRule);
      setValidationFn((schema, document, rules) =>
        validate(schema, document, rules, { hideSuggestions: true }),
      );
    },
    onExecute: () => ({ onExecuteDone: ({ result }) => hideSuggestions(result) }),
    onSubscribe: () => ({ onSubscribeResult: ({ result }) => hideSuggestions(result) }),
  };
}
