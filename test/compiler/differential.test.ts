import fc from 'fast-check';
import {
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  parse,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import { createSubgraph } from '../../src/federation/subgraph.ts';
import { schema } from '../../src/graphql/schema.ts';
import { runs } from '../helpers/runs.ts';
import { createChooser } from './chooser.ts';
import { createFaultySchema } from './faulty-schema.ts';
import { type RandomOperation, randomOperation } from './random-operation.ts';
import { unhandledRejections } from './unhandled-rejections.ts';

/*
 * Executes random operations with the compiler and with graphql-js, on a schema whose resolvers
 * fail at random. Both must return equal JSON and equal errors.
 */

/** Number of operations per test. */
const RUNS = runs(450);

interface Outcome {
  data: string;
  errors: readonly GraphQLError[];
}

interface SeededOperation extends RandomOperation {
  seed: number;
}

/** Parses and validates an operation, and coerces its variables. Undefined if it is invalid. */
function prepare({ query, operationName, variables }: SeededOperation, on: GraphQLSchema) {
  const document = parse(query);
  const operation = getOperationAST(document, operationName);
  if (!operation || validate(on, document).length > 0) return undefined;
  const { coerced } = getVariableValues(on, operation.variableDefinitions ?? [], variables);
  return coerced && { document, operation, coerced };
}

async function executeByGraphqlJs(
  { query, operationName, variables, seed }: SeededOperation,
  on: GraphQLSchema,
): Promise<Outcome> {
  const { data, errors = [] } = await execute({
    schema: on,
    document: parse(query),
    operationName,
    variableValues: variables,
    contextValue: { seed, shared: new Map() },
  });
  return { data: JSON.stringify(data), errors };
}

const toComparable = ({ message, path, extensions, locations }: GraphQLError) => ({
  message,
  path,
  extensions,
  locations,
});

/**
 * Returns the path of the null that replaces a failed field: the path of the field, or of a
 * nullable ancestor.
 */
function pathOfNull({ path = [] }: GraphQLError, data: unknown): string {
  let value = data;
  for (const [at, key] of path.entries()) {
    if (value === null) return path.slice(0, at).join('.');
    value = (value as Record<string, unknown>)[key];
  }
  return path.join('.');
}

/**
 * Returns errors by the path of the null that replaces their field. If null replaces an ancestor,
 * several fields below it may have failed, and timing decides which errors are reported. Then only
 * the existence of an error is compared.
 */
function errorsByNull({ data, errors }: Outcome): Record<string, unknown> {
  const found = errors.map((error) => {
    const path = pathOfNull(error, JSON.parse(data));
    return [path, path === (error.path ?? []).join('.') ? toComparable(error) : 'any'] as const;
  });
  // 'any' comes last, so that it overrides other errors at the same path.
  return Object.fromEntries([...found, ...found.filter(([, error]) => error === 'any')]);
}

/** Counts what was compared, because a property test without enough cases proves nothing. */
interface Tally {
  compiled: number;
  withErrors: number;
}

/**
 * Compares the compiler's results with those of graphql-js. `isAsync` says whether some resolvers
 * return promises.
 */
async function compare(
  operation: SeededOperation,
  on: { schema: GraphQLSchema; isAsync: boolean },
  tally: Tally,
) {
  const prepared = prepare(operation, on.schema);
  const compiled = prepared && compile(on.schema, prepared.document, prepared.operation);
  if (!compiled) return;
  let expected: Outcome = { data: '', errors: [] };
  // Ignores unhandled rejections here: graphql-js causes some for rejected list items.
  await unhandledRejections(async () => {
    expected = await executeByGraphqlJs(operation, on.schema);
  });
  const unhandled = await unhandledRejections(async () => {
    // The second run uses what the first run has cached.
    for (let run = 0; run < 2; run += 1) {
      const actual = await compiled.run(
        { seed: operation.seed, shared: new Map() },
        prepared.coerced,
      );
      expect(actual.data).toBe(expected.data);
      if (on.isAsync) expect(errorsByNull(actual)).toEqual(errorsByNull(expected));
      else expect(actual.errors.map(toComparable)).toEqual(expected.errors.map(toComparable));
    }
  });
  expect(unhandled).toEqual([]);
  tally.compiled += 1;
  tally.withErrors += Number(expected.errors.length > 0);
}

const subgraph = createSubgraph(schema, { maxReferences: 100 });

describe('the compiler and graphql-js have equal results', () => {
  it.each([
    ['queries', schema, 'query', true],
    ['queries with synchronous resolvers', schema, 'query', false],
    ['mutations', schema, 'mutation', true],
    ['queries of a router', subgraph, 'query', true],
  ] as const)('%s', { timeout: 60_000 + RUNS * 200 }, async (_name, real, type, isAsync) => {
    const on = { schema: createFaultySchema(real, isAsync ? 0.3 : 0), isAsync };
    const tally: Tally = { compiled: 0, withErrors: 0 };
    const operations = fc.integer().map((seed): SeededOperation => {
      const made = randomOperation({ schema: on.schema, choose: createChooser(seed), type });
      return { ...made, seed };
    });
    const property = fc.asyncProperty(operations, (operation) => compare(operation, on, tally));
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    expect(tally.compiled).toBeGreaterThan(RUNS * 0.9);
    expect(tally.withErrors).toBeGreaterThan(RUNS * 0.2);
  });
});
