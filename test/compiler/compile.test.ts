import {
  buildSchema,
  type DocumentNode,
  execute,
  type GraphQLSchema,
  getOperationAST,
  parse,
  printError,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import { unheard } from './unheard.ts';

const types = `
  type Query { thing: Thing, things: [Thing!], known: Known }
  type Thing implements Known { id: ID!, name: String, late: String!, broken: String! }
  type Other implements Known { id: ID! }
  interface Known { id: ID! }`;

/** A thing that fails at once in one field, and later in another. */
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

function createSchema(): GraphQLSchema {
  const schema = buildSchema(types);
  const fields = schema.getQueryType()?.getFields();
  Object.assign(fields?.['thing'] ?? {}, { resolve: () => failing });
  Object.assign(fields?.['things'] ?? {}, { resolve: () => [failing, failing] });
  Object.assign(fields?.['known'] ?? {}, { resolve: () => ({ id: 2 }) });
  Object.assign(schema.getType('Known') ?? {}, { resolveType: () => 'Other' });
  return schema;
}

const schema = createSchema();

function compileOnly(document: DocumentNode) {
  const operation = getOperationAST(document);
  return operation ? compile(schema, document, operation) : undefined;
}

/** What both ways make of it, as the JSON of the data and the errors in full. */
async function both(query: string, variables: Record<string, unknown> = {}) {
  const document = parse(query);
  const written = await compileOnly(document)?.run({}, variables);
  const { data, errors = [] } = await execute({ schema, document, variableValues: variables });
  return {
    written: { data: written?.data, errors: written?.errors.map(printError) },
    expected: { data: JSON.stringify(data), errors: errors.map(printError) },
    paths: written?.errors.map(({ path }) => path),
  };
}

describe('a program', () => {
  it.each([
    ['by a condition', '{ thing { name @skip(if: true) } }', '{"thing":{}}'],
    ['by a fragment on another type', '{ known { ... on Thing { name } } }', '{"known":{}}'],
    ['at all', '{ thing @include(if: false) { name } }', '{}'],
  ])('writes an empty object where nothing is selected %s', async (_name, query, data) => {
    const { written, expected } = await both(query);
    expect(written).toEqual({ data, errors: [] });
    expect(written).toEqual(expected);
  });

  it('has the object fail whose condition is null, and no other', async () => {
    const query = `query ($is: Boolean = true) { known { id } thing { name @include(if: $is) } }`;
    const { written, expected, paths } = await both(query, { is: null });
    expect(written.data).toBe('{"known":{"id":"2"},"thing":null}');
    expect(paths).toEqual([['thing']]);
    expect(written).toEqual(expected);
  });

  it('has everything fail where the condition at the root is null', async () => {
    const query = 'query ($is: Boolean = true) { thing @include(if: $is) { name } }';
    const { written, expected, paths } = await both(query, { is: null });
    expect(written.data).toBe('null');
    expect(paths).toEqual([undefined]);
    expect(written).toEqual(expected);
  });

  it('leaves no rejection unheard where a field beside it fails at once', async () => {
    for (const query of ['{ thing { late broken } }', '{ things { late broken } }']) {
      const program = compileOnly(parse(query));
      expect(await unheard(async () => program?.run({}, {}))).toEqual([]);
    }
  });

  it('tells an error’s place once where a fragment is spread twice', async () => {
    const query = '{ ...F ...F } fragment F on Query { thing { late } }';
    const { written, expected } = await both(query);
    expect(written).toEqual(expected);
  });

  it.each([
    ['a deferred part', '{ ... @defer { thing { name } } }'],
    [
      'more conditions than four',
      `query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!, $e: Boolean!) { thing {
         a: id @skip(if: $a) b: id @skip(if: $b) c: id @skip(if: $c) d: id @skip(if: $d) e: id @skip(if: $e) } }`,
    ],
  ])('is not made of %s', (_name, query) => {
    expect(compileOnly(parse(query))).toBeUndefined();
  });
});
