import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import packageJson from './package.json' with { type: 'json' };

/**
 * Maps the package's exports to their sources, because the examples import the package by its name.
 */
const exported = Object.entries(packageJson.exports).flatMap(([name, target]) => {
  if (typeof target === 'string') return [];
  const source = target.default.replace('./dist/', `${import.meta.dirname}/src/`);
  const find = new RegExp(`^gitlab-jobs-gateway${name.slice(1)}$`);
  return [{ find, replacement: source.replace(/js$/, 'ts') }];
});

/** One more than there are cores, because many tests wait: for retries, polls and timeouts. */
const WORKERS = availableParallelism() + 1;

/**
 * `npm test` runs *.test.ts. `npm run test:slow` (mode "slow") runs *.slow.ts, one file at a time:
 * tests that need a real clock, a small heap, a browser, or the built program in a process of its
 * own. A slow test fails only if three tries in a row fail, because a busy machine may miss a time
 * limit. Slow tests without a time limit set `retry` to 0.
 */
export default defineConfig(({ mode }) => ({
  // One copy of graphql for our code and libraries: Node loads index.js, but Vite alone loads
  // index.mjs.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }, ...exported] },
  test: {
    ...(mode === 'slow'
      ? {
          include: ['test/**/*.slow.ts'],
          globalSetup: 'test/setup/build.ts',
          fileParallelism: false,
          retry: 2,
        }
      : { include: ['test/**/*.test.ts'], maxWorkers: WORKERS, isolate: false }),
    // As in production. With NODE_ENV=test, Yoga pings event streams every 300 ms instead of every
    // 12 s.
    env: { NODE_ENV: 'production' },
    // Fewer garbage collections: 5 % less CPU time for the whole suite.
    execArgv: ['--max-semi-space-size=64'],
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
