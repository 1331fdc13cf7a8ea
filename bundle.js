/*
 * Bundles the program: src/cli.ts and all that it imports become dist/cli.js and a few files in dist/program/.
 * Node loads these in half of the time of 700 small files (docs/decisions/019-bundled-program.md). The other
 * files in dist/ are for programs that import this package.
 */
import { build } from 'rolldown';

await build({
  input: 'src/cli.ts',
  platform: 'node',
  tsconfig: 'tsconfig.json',
  // Prefers ES modules, of which unused code is left out.
  resolve: { mainFields: ['module', 'main'] },
  // A text of 9 MB that only GraphiQL needs.
  external: ['@graphql-yoga/render-graphiql/graphiql'],
  output: {
    dir: 'dist',
    // As deep as the sources, some of which find `schema` and `dist/board` relative to themselves.
    chunkFileNames: 'program/[name].js',
    sourcemap: true,
    sourcemapExcludeSources: true,
  },
  logLevel: 'warn',
});
