import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { small } from '../helpers/worlds.ts';
import { askBoth, expectSameMetrics, type Sent, startBothWays } from './direct-both-ways.ts';

/* What is too much is refused alike by both ways, and told of once. */

const env = {
  MAX_UPSTREAM_CALLS: '3',
  MAX_DEPTH: '4',
  MAX_FIELDS: '20',
  MAX_ALIASES: '5',
  MAX_ROOT_FIELDS: '4',
  MAX_DIRECTIVES: '3',
  MAX_TOKENS: '200',
  MAX_LIST_ITEMS: '5',
  MAX_BODY_BYTES: '5000',
  MAX_BATCH: '2',
};

const many = (count: number, item: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => item(at)).join(' ');
const JOB = `job(project: "42", id: "${small.fullJob}")`;
const LIST = 'query ($n: Int!) { project(fullPath: "42") { jobs(first: $n) { nodes { name } } } }';
const ids = Array.from({ length: 6 }, (_, at) => toGlobalId('Job', 42, 1001 + at));

const tooMuch: Record<string, unknown> = {
  calls: { query: `{ ${many(4, (at) => `a${at}: job(project: "${at}", id: "1") { name }`)} }` },
  'calls that variables ask for': { query: LIST, variables: { n: 500 } },
  depth: { query: `{ ${JOB} { pipeline { project { pipeline(id: "1") { sha } } } } }` },
  fields: { query: `{ ${JOB} { ${many(21, () => 'name')} } }` },
  aliases: { query: `{ ${JOB} { ${many(6, (at) => `a${at}: name`)} } }` },
  'fields at the root': { query: `{ ${many(5, () => '__typename')} }` },
  directives: { query: `{ ${many(4, () => '__typename @skip(if: false)')} }` },
  tokens: {
    query: `{ ${JOB} { ${many(15, () => 'name')} } } # ${many(9, () => 'x')}\n ${many(200, () => ',,,')} ${many(200, () => '{')}`,
  },
  items: { query: `{ nodes(ids: ${JSON.stringify(ids)}) { id } }` },
  'items of a variable': {
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: { ids },
  },
  'items of a variable nobody asked for': { query: '{ __typename }', variables: { ids } },
  'a variable nested too deep': {
    query: '{ __typename }',
    variables: { a: JSON.parse(`${'['.repeat(60)}${']'.repeat(60)}`) },
  },
  operations: [
    { query: '{ __typename }' },
    { query: '{ __typename }' },
    { query: '{ __typename }' },
  ],
  'calls of a batch': [LIST, LIST].map((query) => ({ query, variables: { n: 200 } })),
};

describe('is refused by both ways alike:', () => {
  it.each(Object.entries(tooMuch))('%s', async (_name, body) => {
    const both = await startBothWays(() => ({ env }));
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const sent: Sent = { body, headers: [['accept', accept]] };
      const { body: text, calls, log } = await askBoth(both, sent);
      expect(text).toMatch(/errors/);
      expect(calls.length).toBeLessThan(3);
      if (!Array.isArray(body)) expect(log).toHaveLength(1);
    }
    await expectSameMetrics(both);
  });

  it('what may be asked for less of', async () => {
    const both = await startBothWays(() => ({ env }));
    // One program, that variables decide about.
    for (const [n, passes] of [
      [2, true],
      [500, false],
      [2, true],
      [200, true],
    ] as const) {
      const { body } = await askBoth(both, { body: { query: LIST, variables: { n } } });
      expect(body.includes('OPERATION_TOO_COMPLEX')).toBe(!passes);
    }
  });

  it('questions about the schema, where that is hidden', async () => {
    const both = await startBothWays(() => ({ env: { INTROSPECTION: 'false' } }));
    for (const query of [
      '{ __schema { queryType { name } } }',
      '{ __type(name: "Job") { name } }',
      '{ jobb { name } }',
      '{ __typename }',
      'query ($sort: JobSort) { project(fullPath: "42") { jobs(sort: $sort) { nodes { name } } } }',
    ]) {
      const { body } = await askBoth(both, { body: { query, variables: { sort: 'ID_AS' } } });
      expect(body).not.toContain('Did you mean');
    }
  });
});
