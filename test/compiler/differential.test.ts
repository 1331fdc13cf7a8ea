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
import { createOddSchema } from './odd-world.ts';
import { type RandomOperation, randomOperation } from './random-operation.ts';
import { unheard } from './unheard.ts';

/*
 * Random operations over odd data, by a compiled program and by graphql-js: the same JSON, the same
 * errors.
 */

const RUNS = runs(900);

interface Outcome {
  data: string;
  errors: readonly GraphQLError[];
}

interface Asked extends RandomOperation {
  seed: number;
}

/** Undefined for what is not valid, or takes other variables than it was given. */
function prepare({ query, operationName, variables }: Asked, on: GraphQLSchema) {
  const document = parse(query);
  const operation = getOperationAST(document, operationName);
  if (!operation || validate(on, document).length > 0) return undefined;
  const { coerced } = getVariableValues(on, operation.variableDefinitions ?? [], variables);
  return coerced && { document, operation, coerced };
}

async function generally(asked: Asked, on: GraphQLSchema): Promise<Outcome> {
  const { query, operationName, variables, seed } = asked;
  const { data, errors = [] } = await execute({
    schema: on,
    document: parse(query),
    operationName,
    variableValues: variables,
    contextValue: { seed },
  });
  return { data: JSON.stringify(data), errors };
}

const shown = ({ message, path, extensions, locations }: GraphQLError) => ({
  message,
  path,
  extensions,
  locations,
});

/** Where null stands for an error: at its field, or as far above it as there may be null. */
function nullOf({ path = [] }: GraphQLError, data: unknown): string {
  let value = data;
  for (const [at, key] of path.entries()) {
    if (value === null) return path.slice(0, at).join('.');
    value = (value as Record<string, unknown>)[key];
  }
  return path.join('.');
}

/**
 * Errors by the null that stands for them. Where it stands above their field, others may have
 * happened beside it, and which of them are told depends on which came first: then, only that there
 * are some.
 */
function toldErrors({ data, errors }: Outcome): Record<string, unknown> {
  const told = errors.map((error) => {
    const place = nullOf(error, JSON.parse(data));
    return [place, place === (error.path ?? []).join('.') ? shown(error) : 'some'] as const;
  });
  // Last, so that it stands whatever else is told of the place.
  return Object.fromEntries([...told, ...told.filter(([, what]) => what === 'some')]);
}

/** What became of the operations: a property that tries nothing proves nothing. */
interface Tally {
  compiled: number;
  withErrors: number;
}

/** Compares both ways; `waits` says whether some of the data comes later. */
async function compare(asked: Asked, on: { schema: GraphQLSchema; waits: boolean }, tally: Tally) {
  const prepared = prepare(asked, on.schema);
  const compiled = prepared && compile(on.schema, prepared.document, prepared.operation);
  if (!compiled) return;
  let expected: Outcome = { data: '', errors: [] };
  // What graphql-js itself leaves unheard, in lists, is no concern of ours.
  await unheard(async () => {
    expected = await generally(asked, on.schema);
  });
  const lost = await unheard(async () => {
    // Twice: what a program keeps of its first run changes nothing.
    for (let run = 0; run < 2; run += 1) {
      const written = await compiled.run({ seed: asked.seed }, prepared.coerced);
      expect(written.data).toBe(expected.data);
      if (on.waits) expect(toldErrors(written)).toEqual(toldErrors(expected));
      else expect(written.errors.map(shown)).toEqual(expected.errors.map(shown));
    }
  });
  expect(lost).toEqual([]);
  tally.compiled += 1;
  tally.withErrors += Number(expected.errors.length > 0);
}

const subgraph = createSubgraph(schema, { maxReferences: 100 });

describe('a compiled program answers as graphql-js does', () => {
  it.each([
    ['queries', schema, 'query', true],
    ['queries of what is there', schema, 'query', false],
    ['mutations', schema, 'mutation', true],
    ['queries of routers', subgraph, 'query', true],
  ] as const)('%s', { timeout: 60_000 + RUNS * 100 }, async (_name, real, type, waits) => {
    const on = { schema: createOddSchema(real, waits ? 0.3 : 0), waits };
    const tally: Tally = { compiled: 0, withErrors: 0 };
    const operations = fc.integer().map((seed): Asked => {
      const made = randomOperation({ schema: on.schema, choose: createChooser(seed), type });
      return { ...made, seed };
    });
    const property = fc.asyncProperty(operations, (asked) => compare(asked, on, tally));
    await fc.assert(property, { numRuns: RUNS / 4, endOnFailure: true });
    expect(tally.compiled).toBeGreaterThan((RUNS / 4) * 0.9);
    expect(tally.withErrors).toBeGreaterThan((RUNS / 4) * 0.2);
  });
});
