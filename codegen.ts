import type { CodegenConfig } from '@graphql-codegen/cli';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { printSubgraph } from './src/federation/subgraph.ts';
import { schema } from './src/graphql/schema.ts';

/*
 * Writes the contract that clients rely on (schema/*.graphql) out of the code, and typed documents of
 * the example operations for the tests. `--check` fails where something is stale.
 */
const config: CodegenConfig = {
  schema: printSchema(lexicographicSortSchema(schema)),
  documents: ['schema/operations/*.graphql'],
  importExtension: '.ts',
  generates: {
    'schema/schema.graphql': { plugins: ['schema-ast'] },
    'schema/subgraph.graphql': { plugins: [{ add: { content: printSubgraph(schema) } }] },
    'test/graphql/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { ID: 'string', DateTime: 'string', BigInt: 'number | string', JSON: 'unknown' },
      },
    },
  },
};

export default config;
