import type { CodegenConfig } from '@graphql-codegen/cli';
import { scalars } from 'gitlab-jobs-gateway/codegen';

const config: CodegenConfig = {
  schema: 'node_modules/gitlab-jobs-gateway/schema/schema.graphql',
  documents: ['src/**/*.ts'],
  generates: {
    'src/gql/': { preset: 'client', config: { scalars, useTypeImports: true } },
  },
};

export default config;
