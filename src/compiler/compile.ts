import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { measureDocument } from '../operation/document-size.ts';
import type { WriteObject } from './complete.ts';
import { objectWriter, serialWriter } from './fields.ts';
import type { Run } from './run.ts';

/*
 * An operation as a program: which fields there are, what each is called in the answer, how its value
 * is found and written, all decided once. Running it writes the answer's JSON: no tree of results is
 * built, to be walked again when it is serialised. Resolvers are the schema's own, so what a field
 * means still stands in one place (docs/decisions/008-compiled-execution.md).
 */

/** What a run came to. */
export interface Written {
  /** The JSON of the answer's `data`. */
  readonly data: string;
  readonly errors: readonly GraphQLError[];
}

/** Variables as operations get them: coerced. */
export type Variables = Readonly<Record<string, unknown>>;

/** A query or mutation, ready to run as often as it is asked for. */
export interface CompiledOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** How many fields it may come to hold: fragments laid out, for each combination of conditions. */
  readonly fields: number;
  /** Never rejects: what went wrong is among the errors, as the executor of graphql-js would tell it. */
  run(context: unknown, variableValues: Variables): Promise<Written>;
}

/** Directives that programs know; `@defer` and `@stream` are the general executor's. */
const CONDITIONS = ['skip', 'include'];
/** Variables that decide what is included make a program for each combination: 16 at most. */
const MAX_CONDITIONS = 4;

/** The variables that decide what is included; undefined for too many, or other directives. */
function conditionNames(document: DocumentNode): string[] | undefined {
  const names = new Set<string>();
  let isPlain = true;
  visit(document, {
    Directive({ name, arguments: args = [] }: DirectiveNode) {
      if (!CONDITIONS.includes(name.value)) isPlain = false;
      for (const { value } of args) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return isPlain && names.size <= MAX_CONDITIONS ? [...names] : undefined;
}

function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]));
}

function asksAboutSchema(document: DocumentNode): boolean {
  let asks = false;
  visit(document, {
    Field({ name }) {
      if (name.value === '__schema' || name.value === '__type') asks = true;
    },
  });
  return asks;
}

/** The writers of the root, one for each combination of what decides which fields are included. */
function writersOf(names: readonly string[], make: (conditions: Variables) => WriteObject) {
  const writers = new Map<string, WriteObject>();
  return (variableValues: Variables): WriteObject => {
    const values = names.map((name) => [name, variableValues[name]] as const);
    const key = names.length > 0 ? JSON.stringify(values) : '';
    const known = writers.get(key);
    if (known) return known;
    const write = make(Object.fromEntries(values.filter(([, value]) => value !== undefined)));
    writers.set(key, write);
    return write;
  };
}

/**
 * Compiles an operation of a valid document. Undefined for what is left to the general executor:
 * subscriptions, `@defer` and `@stream`, questions about the schema.
 */
export function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
): CompiledOperation | undefined {
  const operation = getOperationAST(document, operationName);
  const type = operation && schema.getRootType(operation.operation);
  const names = conditionNames(document);
  if (!type || !names || operation.operation === 'subscription' || asksAboutSchema(document)) {
    return undefined;
  }
  const fragments = fragmentsOf(document);
  const sets = [operation.selectionSet];
  const makeWriter = operation.operation === 'mutation' ? serialWriter : objectWriter;
  const writerFor = writersOf(names, (conditions) =>
    makeWriter(sets, type, { schema, operation, fragments, conditions }),
  );
  return {
    document,
    operation,
    fields: measureDocument(document, 0).fields * 2 ** names.length,
    async run(context, variableValues) {
      const run: Run = { context, variableValues, errors: [], infos: new Map() };
      try {
        const data = await writerFor(variableValues)(undefined, run, undefined);
        return { data, errors: run.errors };
      } catch (error) {
        // Null has reached the root, or a condition there is null: that is at no place in the answer.
        run.errors.push(error instanceof GraphQLError ? error : locatedError(error, undefined));
        return { data: 'null', errors: run.errors };
      }
    },
  };
}
