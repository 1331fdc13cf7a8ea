import { defineConfig } from 'vitest/config';
import packageJson from './package.json' with { type: 'json' };

/** The sources of what the package exports, by name: the examples import it as its users do. */
const exported = Object.entries(packageJson.exports).flatMap(([name, target]) => {
  if (typeof target === 'string') return [];
  const source = target.default.replace('./dist/', `${import.meta.dirname}/src/`);
  const find = new RegExp(`^gitlab-jobs-gateway${name.slice(1)}$`);
  return [{ find, replacement: source.replace(/js$/, 'ts') }];
});

/**
 * `npm test` runs *.test.ts. `npm run test:slow` (mode "slow") runs *.slow.ts: what only a clock, a
 * small heap or a restart can show, one file at a time. There a time bound counts as missed only when
 * three tries in a row miss it.
 */
export default defineConfig(({ mode }) => ({
  // One copy of graphql for us and our libraries: Node takes index.js, Vite alone would take index.mjs.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }, ...exported] },
  test: {
    ...(mode === 'slow'
      ? { include: ['test/**/*.slow.ts'], fileParallelism: false, retry: 2 }
      : { include: ['test/**/*.test.ts'], maxWorkers: '100%', isolate: false }),
    // What ships: under NODE_ENV=test, Yoga pings event streams every 300 ms instead of every 12 s.
    env: { NODE_ENV: 'production' },
    globalSetup: ['test/setup/build-program.ts', 'test/setup/build-board.ts'],
    setupFiles: 'test/setup/properties.ts',
    // Long timeouts cost nothing while tests pass: machines may be slow and shared.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      reporter: ['text-summary', 'text'],
      thresholds: { lines: 95, branches: 90 },
    },
  },
}));
