import type { LogScript } from './records.ts';

/*
 * Logs in the format of a runner (upstream.md §7): ANSI colors, section marks, progress bars that
 * are overwritten with \r and, on newer runners, a timestamp before every line.
 */

const esc = '\u001b';
export const clear = `${esc}[0K`;

export const paint = {
  green: (text: string) => `${esc}[32;1m${text}${esc}[0;m`,
  red: (text: string) => `${esc}[31;1m${text}${esc}[0;m`,
  cyan: (text: string) => `${esc}[36;1m${text}${esc}[0;m`,
  yellow: (text: string) => `${esc}[33m${text}${esc}[39m`,
  grey: (text: string) => `${esc}[90m${text}${esc}[39m`,
  violet: (text: string) => `${esc}[38;5;141m${text}${esc}[0m`,
};

export interface Section {
  readonly name: string;
  readonly heading: string;
  readonly collapsed?: boolean;
  readonly lines: readonly string[];
}

interface JobLog {
  readonly image: string;
  readonly commands: readonly { readonly run: string; readonly output: readonly string[] }[];
  readonly uploads?: readonly string[];
  /** End of the error message, such as `: exit code 1`. Undefined if the job succeeds. */
  readonly failure?: string;
  /** Whether every line has a timestamp, as runners since 18.7 write by default. */
  readonly timestamps?: boolean;
}

function preparationSections(image: string): Section[] {
  return [
    {
      name: 'prepare_executor',
      heading: 'Preparing the "docker" executor',
      collapsed: true,
      lines: [
        `Using Docker executor with image ${image} ...`,
        `Pulling docker image ${image} ...`,
        `Using docker image sha256:4c1f6e0d for ${image} with digest ${image}@sha256:9be4 ...`,
      ],
    },
    {
      name: 'prepare_script',
      heading: 'Preparing environment',
      collapsed: true,
      lines: ['Running on runner-8f1d2c3b-project-101-concurrent-0 via shared-runner-1...'],
    },
    {
      name: 'get_sources',
      heading: 'Getting source from Git repository',
      collapsed: true,
      lines: [
        paint.green('Fetching changes with git depth set to 20...'),
        'Reinitialized existing Git repository in /builds/acme/shop/web/.git/',
        paint.green('Checking out as detached HEAD (ref is main)...'),
        'Skipping Git submodules setup',
      ],
    },
  ];
}

function scriptSection({ commands }: JobLog): Section {
  const lines = commands.flatMap(({ run, output }) => [paint.green(`$ ${run}`), ...output]);
  return {
    name: 'step_script',
    heading: 'Executing "step_script" stage of the job script',
    lines,
  };
}

function finalSections({ uploads = [], failure }: JobLog): Section[] {
  const state = failure === undefined ? 'success' : 'failure';
  const upload = {
    name: `upload_artifacts_on_${state}`,
    heading: `Uploading artifacts for ${failure === undefined ? 'successful' : 'failed'} job`,
    lines: uploads.map((file) => `${file}: found 1 matching artifact files and directories`),
  };
  const cleanUp = {
    name: 'cleanup_file_variables',
    heading: 'Cleaning up project directory and file based variables',
    lines: [],
  };
  return [...(uploads.length > 0 ? [upload] : []), cleanUp];
}

/**
 * Returns a piece of a log: a whole line, or a part of a line that the next chunk continues or
 * overwrites. Section marks in the piece contain the time `unixSeconds`.
 */
export type Chunk = (unixSeconds: number) => string;

export function sectionChunks({ name, heading, collapsed = false, lines }: Section): Chunk[] {
  const options = collapsed ? '[collapsed=true]' : '';
  return [
    (time) =>
      `section_start:${time}:${name}${options}\r${clear}${clear}${paint.cyan(heading)}${esc}[0;m\n`,
    ...lines.map((line) => () => (line.endsWith('\r') ? line : `${line}\n`)),
    (time) => `section_end:${time}:${name}\r${clear}`,
  ];
}

/** Returns the last line of a log. If the job failed, `failure` is the end of its error message. */
export function resultLine(failure: string | undefined): string {
  if (failure === undefined) return paint.green('Job succeeded');
  return paint.red(`ERROR: Job failed${failure}`);
}

function chunksOf(log: JobLog): Chunk[] {
  const sections = [...preparationSections(log.image), scriptSection(log), ...finalSections(log)];
  return [
    () => `${clear}Running with gitlab-runner 18.6.0 (abcdef12)${esc}[0;m\n`,
    () =>
      `${clear}  on shared-runner-1.example.com 8f1d2c3b, system ID: s_8f1d2c3b4a59${esc}[0;m\n`,
    ...sections.flatMap(sectionChunks),
    () => `${resultLine(log.failure)}\n`,
  ];
}

/**
 * Returns the 32-byte prefix that newer runners write. `+` marks a continuation of the previous
 * line (upstream.md §7).
 */
function timestamp(ms: number, isContinuation: boolean): string {
  const time = new Date(ms).toISOString().replace('Z', '412Z');
  return `${time} 01O${isContinuation ? '+' : ' '}`;
}

function withTimestamps(chunks: readonly string[], timeAt: (at: number) => number): string[] {
  let isContinuation = false;
  return chunks.map((chunk, at) => {
    const line = `${timestamp(timeAt(at), isContinuation)}${chunk.replace(/\n$/, '')}\n`;
    isContinuation = !chunk.endsWith('\n');
    return line;
  });
}

/**
 * Returns the texts of chunks. `timeAt` returns the time of a chunk in ms since 1970, by its index.
 */
export function printChunks(
  chunks: readonly Chunk[],
  timeAt: (at: number) => number,
  { timestamps = false }: Pick<JobLog, 'timestamps'>,
): string[] {
  const texts = chunks.map((chunk, at) => chunk(Math.floor(timeAt(at) / 1_000)));
  return timestamps ? withTimestamps(texts, timeAt) : texts;
}

/**
 * Returns a function that returns the chunks of a log. A running job prints the chunks evenly over
 * its run time.
 */
export function toScript(log: JobLog): LogScript {
  const chunks = chunksOf(log);
  return (startedAt, runMs) => {
    const timeAt = (at: number) => Math.floor(startedAt + (runMs * at) / chunks.length);
    return printChunks(chunks, timeAt, log);
  };
}

/** Returns the states of a progress bar. Each overwrites the previous one. */
function progress(label: string, steps: number): string[] {
  return Array.from({ length: steps }, (_, at) => {
    const share = Math.round(((at + 1) / steps) * 100);
    const bar = '█'.repeat(Math.round(share / 5)).padEnd(20, '░');
    const text = `${label} ${paint.violet(bar)} ${String(share).padStart(3)}%`;
    return at + 1 === steps ? text : `${text}\r`;
  });
}

const node = 'node:22-bookworm';

const install = {
  run: 'npm ci --prefer-offline',
  output: ['', 'added 612 packages, and audited 613 packages in 9s', '', 'found 0 vulnerabilities'],
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

export const jobLogs = {
  lint: {
    image: node,
    commands: [
      install,
      {
        run: 'npm run lint',
        output: ['> biome ci', '', 'Checked 214 files in 612ms. No fixes applied.'],
      },
    ],
  },
  typecheck: {
    image: node,
    timestamps: true,
    commands: [install, { run: 'npx tsc --noEmit', output: ['Files: 1203', 'Check time: 4.81s'] }],
  },
  unitTests: {
    image: node,
    uploads: ['junit.xml', 'coverage/'],
    commands: [
      install,
      {
        run: testRun,
        output: [
          ...suites.map(([name, tests]) => passed(name, tests)),
          '',
          ` Test Files  ${paint.green('9 passed')} (9)`,
          `      Tests  ${paint.green('277 passed')} (277)`,
          'All files |   93.41 |    88.02 |   95.10 |   93.41 |',
        ],
      },
    ],
  },
  failingUnitTests: {
    image: node,
    uploads: ['junit.xml'],
    failure: ': exit code 1',
    commands: [
      install,
      {
        run: testRun,
        output: [
          ...suites.slice(0, 6).map(([name, tests]) => passed(name, tests)),
          ` ${paint.red('❯')} src/orders/refund.test.ts ${paint.grey('(19 tests | 1 failed)')}`,
          `   ${paint.red('×')} refunds shipping when every item is returned`,
          '',
          `${esc}[41;1m FAIL ${esc}[0m src/orders/refund.test.ts > refunds shipping when every item is returned`,
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
  },
  /** Unit tests whose runner fails. */
  lostUnitTests: {
    image: node,
    failure:
      ' (system failure): Error response from daemon: No such container: 8f1d2c3b (exec.go:78:0s)',
    commands: [install],
  },
  build: {
    image: node,
    timestamps: true,
    uploads: ['dist/', 'gl-bundle-report.json'],
    commands: [
      install,
      {
        run: 'npm run build',
        output: [
          'vite v6.0.3 building for production...',
          ...progress('transforming', 8),
          'dist/index.html                   1.12 kB │ gzip:  0.58 kB',
          'dist/assets/index-C2cf1mJ0.css   48.70 kB │ gzip:  9.31 kB',
          'dist/assets/index-BkDq1nSc.js   412.08 kB │ gzip: 131.55 kB',
          paint.green('✓ built in 11.42s'),
        ],
      },
    ],
  },
  /** Browser tests with a long download. */
  endToEnd: {
    image: 'mcr.microsoft.com/playwright:v1.49.0',
    uploads: ['playwright-report/'],
    commands: [
      install,
      { run: 'npx playwright install chromium', output: progress('chromium 131.0', 12) },
      {
        run: 'npx playwright test',
        output: [
          'Running 14 tests using 2 workers',
          ...['adds to cart', 'pays by card', 'pays by invoice', 'returns an order'].map(
            (title, at) =>
              `  ${paint.green('✓')}  ${at + 1} [chromium] › shop.spec.ts › ${title} (2.${at}s)`,
          ),
          `  ${paint.green('14 passed')} (31.8s)`,
        ],
      },
    ],
  },
  /** A deployment with a masked token. */
  deploy: {
    image: 'registry.example.com/acme/deployer:4',
    commands: [
      {
        run: 'deploy --environment "$CI_ENVIRONMENT_NAME" --token "$DEPLOY_TOKEN"',
        output: [
          'using token [MASKED]',
          ...progress('uploading', 6),
          'rollout: 3 of 3 replicas updated',
          paint.green('deployed'),
        ],
      },
    ],
  },
  /** Contract tests, which run in a downstream pipeline. */
  contractTests: {
    image: 'golang:1.24',
    commands: [
      {
        run: 'go test ./contract/...',
        output: [
          'ok  \tacme/shop/api/contract/orders\t2.114s',
          'ok  \tacme/shop/api/contract/catalog\t1.876s',
        ],
      },
    ],
  },
} satisfies Record<string, JobLog>;
