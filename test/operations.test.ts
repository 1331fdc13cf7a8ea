import { readdirSync, readFileSync } from 'node:fs';
import { parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { schema } from '../src/graphql/schema.ts';
import { parseOperation, readOperations } from '../src/http/example-operations.ts';
import { demo, seedWorld } from '../src/simulator/seed.ts';
import { startGateway } from './helpers/start-gateway.ts';

const folder = new URL('../schema/operations/', import.meta.url);
const files = readdirSync(folder);
const tokens: Record<string, string> = {
  'PRIVATE-TOKEN': demo.token,
  'JOB-TOKEN': demo.tokens.job,
};
/** The URL of the demo's GitLab in links. The example operations contain it. */
const demoUrl = 'https://gitlab.example.com';

function startDemo() {
  return startGateway({
    simulator: { world: seedWorld(), externalUrl: demoUrl },
    config: { gitlabExternalUrl: demoUrl },
  });
}

/** Returns all values of members named `key`, at any depth. */
function valuesAt(key: string, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => [
    ...(name === key ? [child] : []),
    ...valuesAt(key, child),
  ]);
}

it('has nothing but operations in its folder, numbered in the order of their reading', () => {
  for (const [at, file] of files.sort().entries()) {
    expect(file).toMatch(/^\d\d-[a-z]+(-[a-z]+)*\.graphql$/);
    expect(Number(file.slice(0, 2))).toBe(at + 1);
  }
  expect(readOperations().map(({ name }) => `${name}.graphql`)).toEqual(files.sort());
});

it('gives each operation a name of its own, which is its tab’s title', () => {
  const names = files.map((file) => {
    const { definitions } = parse(readFileSync(new URL(file, folder), 'utf8'));
    return definitions.map((each) => each.kind === 'OperationDefinition' && each.name?.value);
  });
  expect(names.flat().every(Boolean)).toBe(true);
  expect(new Set(names.flat()).size).toBe(files.length);
});

it.each(files)('%s says what it shows, and with which variables', (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8');
  expect(text).toMatch(
    /^# [A-Z][^\n]+[.:,\w]\n(# [^\n]+\n)*#\n# variables: \{.*\}\n(# credential: [A-Z-]+\n)?\n\w/,
  );
  // The editor of GraphiQL shows 59 characters per line beside its buttons.
  for (const line of text.split('\n').filter((each) => /^# (?!variables)/.test(each))) {
    expect(line.length).toBeLessThanOrEqual(59);
  }
});

it.each(files)('%s fits the schema', (file) => {
  const document = parse(readFileSync(new URL(file, folder), 'utf8'));
  expect(validate(schema, document)).toEqual([]);
});

/** How many calls to GitLab the comment of an operation names. */
const costs: Record<string, number> = {
  '01-one-job': 1,
  '02-newest-jobs': 1,
  '03-failed-jobs': 1,
  '04-pipeline': 3,
  '06-job-log': 1,
  '07-by-web-address': 1,
  '08-by-id': 2,
  '09-job-board': 2,
  '10-current-job': 2,
  '11-retry-job': 1,
  '12-cancel-job': 1,
  '13-play-job': 1,
  '14-erase-job': 1,
  '18-pipelines-of-a-ref': 1,
  '19-pipeline-board': 3,
  '20-failed-jobs-of-board': 2,
  '21-pipeline-timeline': 2,
  '22-downstream-pipelines': 3,
  '24-search-log': 1,
  '27-why-a-pipeline-failed': 3,
  '28-tests-and-artifacts': 3,
  '30-plan-retries': 2,
  '31-retry-pipeline': 3,
};

/** Queries and mutations. Subscriptions have tests of their own. */
const answered = readOperations().filter(({ query }) => !/^subscription /m.test(query));

it('names the calls of operations that exist', () => {
  expect(answered.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(costs)));
});

it.each(answered)(
  '$name works in the demo on the first click, and costs what it says',
  async (operation) => {
    const gateway = await startDemo();
    const { name, query, variables, credential } = operation;
    const headers = { [credential]: tokens[credential] ?? '' };
    const answer = await gateway.query(query, { variables, headers, token: null });
    if (costs[name]) expect(gateway.calls()).toHaveLength(costs[name]);
    expect(answer.errors).toBeUndefined();
    for (const root of Object.values(answer.data ?? {})) expect(root).toBeTruthy();
    for (const key of [
      'job',
      'pipeline',
      'trace',
      'jobs',
      'pipelines',
      'nodes',
      'resource',
      'downstreamPipeline',
    ]) {
      for (const value of valuesAt(key, answer.data)) expect(value).not.toBeNull();
    }
    for (const nodes of valuesAt('nodes', answer.data)) expect(nodes).not.toEqual([]);
    for (const root of Object.values(answer.data ?? {})) {
      if (/^mutation /m.test(query)) expect(root).toMatchObject({ errors: [] });
    }
    expect(gateway.bugs).toEqual([]);
  },
);

it('shows on its board what is difficult: a retry, a matrix, a warning, jobs that wait', async () => {
  const gateway = await startDemo();
  const { query, variables } = readOperations().find(({ name }) => name === '19-pipeline-board')!;
  const text = JSON.stringify(await gateway.query(query, { variables, token: demo.token }));
  const shown = [
    'e2e: [chrome] 1/2',
    'success-with-warnings',
    '"MANUAL"',
    '"SCHEDULED"',
    '"BRIDGE"',
  ];
  for (const part of shown) expect(text).toContain(part);
  expect(text).toMatch(/"status":"FAILED"\},\{"databaseId":"\d+","status":"SUCCESS"/);
});

it('finds pipelines on two levels below one', async () => {
  const gateway = await startDemo();
  const name = '22-downstream-pipelines';
  const { query, variables } = readOperations().find((each) => each.name === name)!;
  const answer = await gateway.query(query, { variables, token: demo.token });
  expect(valuesAt('depth', answer.data)).toEqual([1, 1, 2]);
});

it('cancels, retries and erases in the demo for real', async () => {
  const gateway = await startDemo();
  const run = (name: string) => {
    const { query, variables } = readOperations().find((each) => each.name === name)!;
    return gateway.query(query, { variables, token: demo.token });
  };
  expect(await run('12-cancel-job')).toMatchObject({ data: { jobCancel: { canceled: true } } });
  expect(await run('11-retry-job')).toMatchObject({
    data: { jobRetry: { job: { name: 'unit tests', status: 'PENDING' } } },
  });
  expect(await run('14-erase-job')).toMatchObject({
    data: { jobErase: { job: { erasedAt: expect.any(String), artifacts: [] } } },
  });
});

it('takes an operation’s file apart', () => {
  const text =
    '# What it shows.\n#\n# variables: {"id": "1"}\n# credential: JOB-TOKEN\n\nquery A { a }\n';
  expect(parseOperation('01-a', text)).toEqual({
    name: '01-a',
    query: '# What it shows.\n\nquery A { a }\n',
    variables: { id: '1' },
    credential: 'JOB-TOKEN',
  });
});
