import { type JobLog, paint, progress } from './demo-logs.ts';

const node = 'node:22-bookworm';

/** What `npm ci` prints. */
const install = {
  run: 'npm ci --prefer-offline',
  prints: ['', 'added 612 packages, and audited 613 packages in 9s', '', 'found 0 vulnerabilities'],
};

/** A quick check, all well. */
export const lint: JobLog = {
  image: node,
  commands: [
    install,
    {
      run: 'npm run lint',
      prints: ['> biome ci', '', 'Checked 214 files in 612ms. No fixes applied.'],
    },
  ],
};

/** The compiler’s few words, every line stamped. */
export const typecheck: JobLog = {
  image: node,
  stamped: true,
  commands: [install, { run: 'npx tsc --noEmit', prints: ['Files: 1203', 'Check time: 4.81s'] }],
};

const suites = [
  ['cart/totals', 42],
  ['cart/discounts', 31],
  ['catalog/search', 57],
  ['catalog/facets', 18],
  ['checkout/address', 24],
  ['checkout/shipping', 36],
  ['orders/history', 22],
  ['orders/refund', 19],
  ['session/login', 28],
] as const;

function passed(name: string, tests: number): string {
  return ` ${paint.green('✓')} src/${name}.test.ts ${paint.grey(`(${tests} tests)`)}`;
}

const testRun = 'npm test -- --coverage --reporter=junit --reporter=default';

/** A suite that passes. */
export const unitTests: JobLog = {
  image: node,
  uploads: ['junit.xml', 'coverage/'],
  commands: [
    install,
    {
      run: testRun,
      prints: [
        ...suites.map(([name, tests]) => passed(name, tests)),
        '',
        ` Test Files  ${paint.green('9 passed')} (9)`,
        `      Tests  ${paint.green('277 passed')} (277)`,
        'All files |   93.41 |    88.02 |   95.10 |   93.41 |',
      ],
    },
  ],
};

/** The same suite when it has found a bug. */
export const failingUnitTests: JobLog = {
  image: node,
  uploads: ['junit.xml'],
  failure: ': exit code 1',
  commands: [
    install,
    {
      run: testRun,
      prints: [
        ...suites.slice(0, 6).map(([name, tests]) => passed(name, tests)),
        ` ${paint.red('❯')} src/orders/refund.test.ts ${paint.grey('(19 tests | 1 failed)')}`,
        `   ${paint.red('×')} refunds shipping when every item is returned`,
        '',
        `${esc('41;1')} FAIL ${esc('0')} src/orders/refund.test.ts > refunds shipping when every item is returned`,
        paint.red('AssertionError: expected 4299 to be 4798 // Object.is equality'),
        '',
        paint.green('- Expected  4798'),
        paint.red('+ Received  4299'),
        '',
        ` ${paint.cyan('❯')} src/orders/refund.test.ts:61:32`,
        paint.grey('     60|   const refund = refundFor(order, order.items);'),
        `     61|   expect(refund.total).${paint.yellow('toBe')}(order.total);`,
        paint.red('       |                        ^'),
        '',
        ` Test Files  ${paint.red('1 failed')} | ${paint.green('8 passed')} (9)`,
        `      Tests  ${paint.red('1 failed')} | ${paint.green('276 passed')} (277)`,
      ],
    },
  ],
};

/** What remains of a job whose machine went away. */
export const lostUnitTests: JobLog = {
  image: node,
  failure:
    ' (system failure): Error response from daemon: No such container: 8f1d2c3b (exec.go:78:0s)',
  commands: [install],
};

/** A bundler with a progress bar, every line stamped. */
export const build: JobLog = {
  image: node,
  stamped: true,
  uploads: ['dist/', 'gl-bundle-report.json'],
  commands: [
    install,
    {
      run: 'npm run build',
      prints: [
        'vite v6.0.3 building for production...',
        ...progress('transforming', 8),
        'dist/index.html                   1.12 kB │ gzip:  0.58 kB',
        'dist/assets/index-C2cf1mJ0.css   48.70 kB │ gzip:  9.31 kB',
        'dist/assets/index-BkDq1nSc.js   412.08 kB │ gzip: 131.55 kB',
        paint.green('✓ built in 11.42s'),
      ],
    },
  ],
};

/** A browser test with a long download. */
export const endToEnd: JobLog = {
  image: 'mcr.microsoft.com/playwright:v1.49.0',
  uploads: ['playwright-report/'],
  commands: [
    install,
    { run: 'npx playwright install chromium', prints: progress('chromium 131.0', 12) },
    {
      run: 'npx playwright test',
      prints: [
        'Running 14 tests using 2 workers',
        ...['adds to cart', 'pays by card', 'pays by invoice', 'returns an order'].map(
          (title, at) =>
            `  ${paint.green('✓')}  ${at + 1} [chromium] › shop.spec.ts › ${title} (2.${at}s)`,
        ),
        `  ${paint.green('14 passed')} (31.8s)`,
      ],
    },
  ],
};

/** A deployment with a masked token. */
export const deploy: JobLog = {
  image: 'registry.example.com/acme/deployer:4',
  commands: [
    {
      run: 'deploy --environment "$CI_ENVIRONMENT_NAME" --token "$DEPLOY_TOKEN"',
      prints: [
        'using token [MASKED]',
        ...progress('uploading', 6),
        'rollout: 3 of 3 replicas updated',
        paint.green('deployed'),
      ],
    },
  ],
};

/** What the neighbour’s pipeline runs. */
export const contractTests: JobLog = {
  image: 'golang:1.24',
  commands: [
    {
      run: 'go test ./contract/...',
      prints: [
        'ok  \tacme/shop/api/contract/orders\t2.114s',
        'ok  \tacme/shop/api/contract/catalog\t1.876s',
      ],
    },
  ],
};

function esc(code: string): string {
  return `\u001b[${code}m`;
}
