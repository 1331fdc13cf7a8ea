import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allSettingsTables, ConfigError, parseConfig } from '../src/app/config.ts';
import { createLogger, logOperation } from '../src/observability/logger.ts';
import { createMetrics, processMetrics } from '../src/observability/metrics.ts';
import { startOperation } from '../src/observability/operation.ts';

/* Compares the tables of docs/operations.md with the program. */

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const guide = read('docs/operations.md');
const files = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.startsWith('simulator'),
);
const sources = files.map((file) => read(`src/${file}`));

/** Returns the cells of all table rows in a section. */
function rowsUnder(heading: string): string[][] {
  const [, section = ''] = guide.split(`\n${heading}\n`);
  const depth = heading.indexOf(' ');
  const end = new RegExp(`\n#{1,${depth}} `);
  return [...(section.split(end)[0] ?? '').matchAll(/^\| ?(.*?) ?\|$/gm)].map(([, row = '']) =>
    row.split(/ ?(?<!\\)\| ?/),
  );
}
const codeIn = (cell: string) => /^`([^`]*)`$/.exec(cell)?.[1];
const named = (rows: string[][]) => rows.filter(([first = '']) => codeIn(first) !== undefined);

const env = { GITLAB_URL: 'https://gitlab.example.com' };
const configOf = (more: Record<string, string>) => {
  const command = parseConfig({ ...env, ...more }, []);
  return command.name === 'serve' ? command.config : undefined;
};
function problemOf(name: string, value: string): string {
  try {
    configOf({ [name]: value });
    return '';
  } catch (error) {
    return error instanceof ConfigError ? error.problems.join('\n') : String(error);
  }
}

describe('the settings', () => {
  const rows = named(rowsUnder('## Settings')).map(([name = '', byDefault = '', range = '']) => ({
    name: codeIn(name) ?? '',
    byDefault: codeIn(byDefault),
    range,
  }));

  it('are up to date (npm run docs)', () => {
    expect(guide).toContain(`\n${allSettingsTables()}\n`);
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(rows.filter(({ byDefault }) => byDefault))('$name is $byDefault by default', (row) => {
    expect(configOf({ [row.name]: row.byDefault ?? '' })).toEqual(configOf({}));
  });

  it.each(rows.filter(({ range }) => range))('$name may be $range', ({ name, range }) => {
    expect(problemOf(name, '1.5')).toContain(`${name} must be a whole number from ${range}, not`);
  });

  it('have a range if they are numbers', () => {
    const numbers = rows.filter(({ name }) => problemOf(name, 'x').includes('whole number'));
    expect(numbers.filter(({ range }) => !range)).toEqual([]);
  });
});

describe('the metrics', () => {
  const rows = new Map(
    named(rowsUnder('## Metrics')).map(([name = '', labels = '']) => [codeIn(name), labels]),
  );

  it('are complete, with their labels', () => {
    const own = createMetrics().registry.getMetricsAsArray();
    const described = own.map((metric) => {
      const { labelNames = [] } = metric as { labelNames?: string[] };
      return [metric.name, labelNames.map((label) => `\`${label}\``).join(', ')];
    });
    const ofWorkers = ['gateway_workers', 'gateway_worker_restarts_total'];
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries([...described, ...ofWorkers.map((name) => [name, ''])]),
    );
    const inSources = sources.join('\n').matchAll(/name: '(gateway_\w+)'/g);
    expect([...inSources].map(([, name]) => name).filter((name) => !rows.has(name))).toEqual([]);
  });

  it('of the process are complete', () => {
    const names = processMetrics()
      .getMetricsAsArray()
      .map(({ name }) => name);
    expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
    expect(names.length).toBeGreaterThan(20);
  });

  it('used in alerts exist', () => {
    const alerts = rowsUnder('### What to alert on').map(([when = '']) => when);
    const used = alerts.join('\n').match(/\b(gateway|nodejs|process)_\w+/g) ?? [];
    const known = [
      ...rows.keys(),
      ...processMetrics()
        .getMetricsAsArray()
        .map(({ name }) => name),
    ];
    expect(used.length).toBeGreaterThan(8);
    expect(used.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('the log', () => {
  /** Matches a call of the logger, with its level and its message. */
  const CALL = /\blogger\??\.(info|warn|error|fatal)\(\s*(?:(?:\{[^{}]*\}|\w+),\s*)?'([^']+)'/g;
  const written = sources.flatMap((text) =>
    [...text.matchAll(CALL)].map(([, level, message = '']) => ({ message, level })),
  );
  const described = named(rowsUnder('## Log'))
    .filter(([, level = '']) => /^(info|warn|error|fatal)$/.test(level))
    .map(([message = '', level]) => ({ message: codeIn(message), level }));

  it('contains exactly the documented messages, at their levels', () => {
    const calls = sources.join('\n').match(/\blogger\??\.(info|warn|error|fatal)\(/g) ?? [];
    expect(written).toHaveLength(calls.length);
    const sorted = (lines: object[]) => lines.map((line) => JSON.stringify(line)).sort();
    expect(sorted(described)).toEqual(sorted(written));
  });

  it('contains only documented fields in an operation’s line', () => {
    let line = '';
    const output = {
      write(text: string) {
        line = text;
      },
    };
    const given = { requestId: 'x', transport: 'http', startedAt: 0 } as const;
    const requestCounter = { calls: 1, coalesced: 1, notModified: 1, requestIds: ['y'] };
    const executed = { requestCounter, execution: 'compiled', results: 2 } as const;
    const operation = { ...startOperation(given), ...executed, name: 'A', document: 'z' };
    operation.codes.add('NOT_FOUND');
    logOperation(createLogger({ level: 'info', output }), operation, 1);
    const fields = Object.keys(JSON.parse(line)).filter(
      (field) => !['level', 'time', 'msg'].includes(field),
    );
    const cells = rowsUnder('## Log').map(([first = '']) => first);
    const names = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(fields.filter((field) => !names.includes(field))).toEqual([]);
    expect(fields.length).toBeGreaterThan(10);
  });

  it('contains only documented error codes', () => {
    const [, union = ''] =
      /export type ErrorCode =([^;]*);/.exec(read('src/graphql/client-errors.ts')) ?? [];
    const facing = files.filter((file) =>
      /^(federation|graphql|http|operation|websocket)\//.test(file),
    );
    const text = facing.map((file) => read(`src/${file}`)).join('\n');
    const words = text.match(/'[A-Z]+(_[A-Z]+)+'/g) ?? [];
    const codes = new Set([union, ...words].join().match(/[A-Z]{2}[A-Z_]+/g));
    const cells = rowsUnder('### Error codes').map(([first = '']) => first);
    const described = cells.join();
    // Codes that never occur in `errors` of a response: codes in payloads of mutations and in gaps
    // of boards, internal codes, and sort orders.
    const isOther = (code: string) =>
      /^(OUTCOME_UNKNOWN|NOT_TRIED|TOO_MANY|JOB_NOT_\w+|GITLAB_\w+|ID_\w+)$/.test(code);
    const missing = [...codes].filter((code) => !described.includes(`\`${code}\``));
    expect(codes.size).toBeGreaterThan(15);
    expect(missing.filter((code) => !isOther(code))).toEqual([]);
  });
});
