import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import type { WriteObject } from './complete.ts';
import { countCompiledFields } from './equal-selections.ts';
import { createNodeFinder } from './field-nodes.ts';
import { objectWriter, serialWriter } from './fields.ts';
import type { Run } from './run.ts';

/*
 * Compiles operations: field resolution and serialization are planned once and reused. A compiled
 * operation produces the JSON of `data` directly, without a tree of results to serialize
 * afterwards. A *writer* is a function that returns the JSON of a value as text. The schema's
 * resolvers are used unchanged (docs/decisions/008-compiled-execution.md).
 */

export interface Execution {
  /** JSON of the response's `data`. */
  readonly data: string;
  readonly errors: readonly GraphQLError[];
}

/** The values of an operation's variables, after coercion. */
export type Variables = Readonly<Record<string, unknown>>;

export interface CompiledOperation {
  /**
   * Maximum number of fields that are compiled: the number of fields of the operation, times the
   * number of combinations of true and false for the variables in `@skip` and `@include`. If
   * several fields of one object have equal selections, the fields inside these count only once.
   */
  readonly fields: number;
  /**
   * Executes the operation. Never rejects; all failures are in `errors`. `rootValue` is the event
   * of a subscription.
   */
  run(context: unknown, variableValues: Variables, rootValue?: unknown): Promise<Execution>;
}

const CONDITIONAL_DIRECTIVES = ['skip', 'include'];
/**
 * Maximum number of variables in `@skip` and `@include`. Four variables have 16 combinations of
 * values, each with its own root writer.
 */
const MAX_CONDITIONS = 4;

/**
 * Returns the names of the variables in `@skip` and `@include`. Undefined if there are too many of
 * them, or if the document has another directive.
 */
function conditionNames(document: DocumentNode): string[] | undefined {
  const names = new Set<string>();
  let isSupported = true;
  visit(document, {
    Directive({ name, arguments: args = [] }: DirectiveNode) {
      if (!CONDITIONAL_DIRECTIVES.includes(name.value)) isSupported = false;
      for (const { value } of args) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return isSupported && names.size <= MAX_CONDITIONS ? [...names] : undefined;
}

/** Returns the fragments of a document by name. */
export function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]));
}

/** An operation that is compiled for certain values of the variables in `@skip` and `@include`. */
interface Variant {
  /** Writes the root object. */
  readonly write: WriteObject;
  readonly nodesAt: Run['nodesAt'];
}

/**
 * Returns a function that returns the variant for the values of variables. Calls `make` once for
 * each combination of values of the variables `names`, which are those in `@skip` and `@include`.
 */
function createVariants(names: readonly string[], make: (conditions: Variables) => Variant) {
  const variants = new Map<string, Variant>();
  return (variableValues: Variables): Variant => {
    const values = names.map((name) => [name, variableValues[name]] as const);
    const key = names.length > 0 ? JSON.stringify(values) : '';
    const cached = variants.get(key);
    if (cached) return cached;
    const variant = make(Object.fromEntries(values.filter(([, value]) => value !== undefined)));
    variants.set(key, variant);
    return variant;
  };
}

/**
 * Compiles an operation of a valid document. Returns undefined if the document has a directive
 * other than `@skip` and `@include`, or more than four variables in these two. The operation must
 * not select `__schema` or `__type`, because the schema's types do not define these fields.
 */
export function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): CompiledOperation | undefined {
  const type = schema.getRootType(operation.operation);
  const names = conditionNames(document);
  if (!type || !names) return undefined;
  const fragments = fragmentsOf(document);
  const sets = [operation.selectionSet];
  const makeWriter = operation.operation === 'mutation' ? serialWriter : objectWriter;
  const variantFor = createVariants(names, (conditions) => {
    const scope = { schema, operation, fragments, conditions, isRepeated: false };
    return { write: makeWriter(sets, type, scope), nodesAt: createNodeFinder(sets, scope) };
  });
  return {
    fields: countCompiledFields(operation.selectionSet, fragments) * 2 ** names.length,
    async run(context, variableValues, rootValue) {
      const { write, nodesAt } = variantFor(variableValues);
      const run: Run = {
        context,
        variableValues,
        errors: [],
        nodesAt,
        infos: new Map(),
        keptJson: new Map(),
        itemCount: 0,
      };
      try {
        const data = await write(rootValue, run, undefined);
        return { data, errors: run.errors };
      } catch (error) {
        // Two errors get here: an error that non-null fields passed up to the root, and a null
        // variable in `@skip` or `@include` of a root field.
        run.errors.push(error instanceof GraphQLError ? error : locatedError(error, undefined));
        return { data: 'null', errors: run.errors };
      }
    },
  };
}
