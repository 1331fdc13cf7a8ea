import { setImmediate } from 'node:timers/promises';
import {
  buildSchema,
  type DocumentNode,
  execute,
  type GraphQLObjectType,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  type ParseOptions,
  parse,
  printError,
} from 'graphql';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type CompiledOperation, compile } from '../../src/compiler/compile.ts';
import { unhandledRejections } from './unhandled-rejections.ts';

const types = `
  type Query {
    thing: Thing, things: [Thing!], manyThings: [Thing!], known: Known, holders: [Holder!]
  }
  type Holder { shared: Shared }
  type Shared { fine: String, faulty: Int, deep: Shared }
  type Thing implements Known { id: ID!, name: String, late: String!, broken: String! }
  type Other implements Known { id: ID! }
  interface Known { id: ID! }`;

/** An object with a field that rejects and a field that throws. */
const failing = {
  id: 1,
  name: 'first',
  late: async () => {
    throw new Error('late');
  },
  broken: () => {
    throw new Error('broken');
  },
};

/** Counts how often `fine` is read. */
let reads = 0;
const shared = {
  get fine() {
    reads += 1;
    return 'fine';
  },
  faulty: 'no number',
  deep: null,
};

function createSchema(): GraphQLSchema {
  const schema = buildSchema(types);
  const fields = schema.getQueryType()?.getFields();
  Object.assign(fields?.['thing'] ?? {}, { resolve: () => failing });
  Object.assign(fields?.['things'] ?? {}, { resolve: () => [failing, failing] });
  const manyThings = Array.from({ length: 2_500 }, () => failing);
  Object.assign(fields?.['manyThings'] ?? {}, { resolve: () => manyThings });
  Object.assign(fields?.['known'] ?? {}, { resolve: () => ({ id: 2 }) });
  Object.assign(fields?.['holders'] ?? {}, { resolve: () => [{ shared }, { shared }] });
  for (const type of ['Holder', 'Shared'].map(
    (name) => schema.getType(name) as GraphQLObjectType,
  )) {
    for (const field of Object.values(type.getFields())) {
      // Takes only the source, so the compiler knows that the value depends on nothing else.
      field.resolve = (source) => source[field.name];
    }
  }
  Object.assign(schema.getType('Known') ?? {}, { resolveType: () => 'Other' });
  return schema;
}

const schema = createSchema();

function compileOnly(document: DocumentNode) {
  const operation = getOperationAST(document);
  return operation ? compile(schema, document, operation) : undefined;
}

/**
 * Executes a query with the compiler and with graphql-js. Returns the JSON of the data and the
 * printed errors of both.
 */
async function executeBoth(
  query: string,
  variables: Record<string, unknown> = {},
  options: ParseOptions = {},
) {
  const document = parse(query, options);
  const compiled = await compileOnly(document)?.run({}, variables);
  const { data, errors = [] } = await execute({ schema, document, variableValues: variables });
  return {
    actual: { data: compiled?.data, errors: compiled?.errors.map(printError) },
    expected: { data: JSON.stringify(data), errors: errors.map(printError) },
    paths: compiled?.errors.map(({ path }) => path),
  };
}

describe('a compiled operation', () => {
  it.each([
    ['due to a condition', '{ thing { name @skip(if: true) } }', '{"thing":{}}'],
    ['due to a fragment on another type', '{ known { ... on Thing { name } } }', '{"known":{}}'],
    ['at the root', '{ thing @include(if: false) { name } }', '{}'],
  ])('writes an empty object if no field is selected %s', async (_name, query, data) => {
    const { actual, expected } = await executeBoth(query);
    expect(actual).toEqual({ data, errors: [] });
    expect(actual).toEqual(expected);
  });

  it('reports a condition that is null at its object only', async () => {
    const query = `query ($is: Boolean = true) { known { id } thing { name @include(if: $is) } }`;
    const { actual, expected, paths } = await executeBoth(query, { is: null });
    expect(actual.data).toBe('{"known":{"id":"2"},"thing":null}');
    expect(paths).toEqual([['thing']]);
    expect(actual).toEqual(expected);
  });

  it('has no data if a condition at the root is null', async () => {
    const query = 'query ($is: Boolean = true) { thing @include(if: $is) { name } }';
    const { actual, expected, paths } = await executeBoth(query, { is: null });
    expect(actual.data).toBe('null');
    expect(paths).toEqual([undefined]);
    expect(actual).toEqual(expected);
  });

  it('writes an object that list items share only once', async () => {
    reads = 0;
    const operation = compileOnly(parse('{ holders { shared { fine deep { fine } } } }'));
    const holder = '{"shared":{"fine":"fine","deep":null}}';
    for (const readsSoFar of [1, 2]) {
      expect((await operation?.run({}, {}))?.data).toBe(`{"holders":[${holder},${holder}]}`);
      expect(reads).toBe(readsSoFar);
    }
  });

  it('writes an object that list items share only once, even if a sibling has equal selections', async () => {
    reads = 0;
    const operation = compileOnly(parse('{ holders { shared { fine } again: shared { fine } } }'));
    const holder = '{"shared":{"fine":"fine"},"again":{"fine":"fine"}}';
    expect((await operation?.run({}, {}))?.data).toBe(`{"holders":[${holder},${holder}]}`);
    expect(reads).toBeLessThanOrEqual(2);
  });

  it('reports an error in a shared object for each list item', async () => {
    const { actual, expected, paths } = await executeBoth('{ holders { shared { fine faulty } } }');
    expect(paths).toEqual([
      ['holders', 0, 'shared', 'faulty'],
      ['holders', 1, 'shared', 'faulty'],
    ]);
    expect(actual).toEqual(expected);
  });

  it('reports no condition that is null below an object that is null', async () => {
    const query =
      'query ($is: Boolean = true) { holders { shared { fine deep { fine @include(if: $is) } } } }';
    const { actual, expected } = await executeBoth(query, { is: null });
    expect(actual.errors).toEqual([]);
    expect(actual).toEqual(expected);
  });

  it.each([
    ['an object and a list', '{ a: thing { id broken } b: things { id broken } }'],
    [
      'merged fields',
      `{ a: holders { shared { fine } } a: holders { shared { faulty } }
         b: holders { shared { fine } } b: holders { shared { faulty } } }`,
    ],
    [
      'fragments',
      `{ a: holders { ...H } b: holders { ...H } }
       fragment H on Holder { x: shared { ...S } y: shared { ...S } } fragment S on Shared { faulty }`,
    ],
    [
      'fragments on the types of an interface',
      `{ a: known { __typename ... on Other { id } ... on Thing { name } }
         b: known { __typename ... on Other { id } ... on Thing { name } } }`,
    ],
    [
      'aliases in aliases',
      `{ a: holders { c: shared { faulty } d: shared { faulty } }
         b: holders { c: shared { faulty } d: shared { faulty } } }`,
    ],
    [
      'comments and brackets',
      `{ a: holders { shared { # },{ $
           faulty } } b: holders { shared { # },{ $
           faulty } } c: holders { shared { faulty } } c: holders { shared { fine } } }`,
    ],
  ])('has equal results for aliases with equal selections: %s', async (_name, query) => {
    for (const noLocation of [false, true]) {
      const { actual, expected } = await executeBoth(query, {}, { noLocation });
      expect(actual).toEqual(expected);
    }
  });

  it.each([
    [
      'in aliases',
      '{ a: holders { shared { fine @skip(if: $is) } } b: holders { shared { fine @skip(if: $is) } } }',
    ],
    [
      'in a fragment of aliases',
      '{ a: holders { ...H } b: holders { ...H } } fragment H on Holder { shared { fine @skip(if: $is) } }',
    ],
  ])('locates a condition that is null %s', async (_name, text) => {
    const { actual, expected, paths } = await executeBoth(`query ($is: Boolean = true) ${text}`, {
      is: null,
    });
    expect(paths).toHaveLength(4);
    expect(actual).toEqual(expected);
  });

  it('handles the rejection of a field whose sibling throws', async () => {
    for (const query of ['{ thing { late broken } }', '{ things { late broken } }']) {
      const operation = compileOnly(parse(query));
      expect(await unhandledRejections(async () => operation?.run({}, {}))).toEqual([]);
    }
  });

  it('handles the rejections of a list that is written in slices', async () => {
    const operation = compileOnly(parse('{ manyThings { late } }'));
    const unhandled = await unhandledRejections(async () => {
      expect((await operation?.run({}, {}))?.data).toBe('{"manyThings":null}');
    });
    expect(unhandled).toEqual([]);
  });

  it('lets other work run between the items of nested lists', async () => {
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => clock.mockRestore());
    let written = 0;
    const cell = () => {
      written += 1;
      now += 1;
      return 'x';
    };
    const rows = Array.from({ length: 40 }, () => ({
      cells: Array.from({ length: 20 }, () => ({ cell })),
    }));
    const nested = buildSchema(
      'type Query { rows: [Row!]! } type Row { cells: [Cell!]! } type Cell { cell: String! }',
    );
    const document = parse('{ rows { cells { cell } } }');
    const [operation] = document.definitions as OperationDefinitionNode[];
    let result: Awaited<ReturnType<CompiledOperation['run']>> | undefined;
    const running = operation && compile(nested, document, operation)?.run({}, {}, { rows });
    void running?.then((done) => {
      result = done;
    });
    let most = 0;
    for (let before = 0; !result; before = written) {
      await setImmediate();
      most = Math.max(most, written - before);
    }
    const row = `{"cells":[${Array(20).fill('{"cell":"x"}').join(',')}]}`;
    expect(result.data).toBe(`{"rows":[${Array(40).fill(row).join(',')}]}`);
    // The first 100 items are written without a pause. After them, there is a pause whenever 5 ms
    // are over, and `cell` advances the clock by 1 ms.
    expect(most).toBeLessThanOrEqual(100);
    expect(written).toBe(800);
  });

  it('locates an error once if a fragment is spread twice', async () => {
    const query = '{ ...F ...F } fragment F on Query { thing { late } }';
    const { actual, expected } = await executeBoth(query);
    expect(actual).toEqual(expected);
  });

  it('evaluates each combination of conditions, repeatedly', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const document = parse(`query (${names.map((name) => `$${name}: Boolean!`)}) {
      thing { ${names.map((name) => `${name}: name @include(if: $${name})`)} } }`);
    const operation = compileOnly(document);
    for (let round = 0; round < 32; round += 1) {
      const variables = Object.fromEntries(
        names.map((name, at) => [name, (round & (1 << at)) > 0]),
      );
      const { data = '' } = (await operation?.run({}, variables)) ?? {};
      const included = names.filter((name) => variables[name]);
      expect(data).toBe(`{"thing":{${included.map((name) => `"${name}":"first"`)}}}`);
    }
  });

  it.each([
    ['@defer', '{ ... @defer { thing { name } } }'],
    [
      'more than four conditions',
      `query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!, $e: Boolean!) { thing {
         a: id @skip(if: $a) b: id @skip(if: $b) c: id @skip(if: $c) d: id @skip(if: $d) e: id @skip(if: $e) } }`,
    ],
  ])('does not support %s', (_name, query) => {
    expect(compileOnly(parse(query))).toBeUndefined();
  });
});
