import { defineConfig } from 'vitest/config';

export default defineConfig({
  // One copy of graphql for us and our libraries: Node takes index.js, Vite alone would take index.mjs.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    typecheck: { enabled: true, include: ['test/types/*.test-d.ts'] },
    // Patience costs nothing where things go well: machines may be slow and shared.
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      reporter: ['text-summary', 'text'],
      thresholds: { lines: 95, branches: 90 },
    },
  },
});
