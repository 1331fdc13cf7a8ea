import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { small, tokens } from '../helpers/worlds.ts';
import { askBoth, expectSameMetrics, startBothWays } from './direct-both-ways.ts';

/* Who asks, and what GitLab says to them: no program knows of it. */

const READ = `query ($id: ID!) { job(project: "${small.secret}", id: $id) { name user { username } } }`;
const RETRY =
  'mutation ($id: ID!) { jobRetry(input: { id: $id }) { retriedJobId errors { __typename code message } } }';

describe('two callers of one operation', () => {
  it.each([
    ['with variables', READ, { id: small.secretJob }],
    ['without', READ.replace('query ($id: ID!)', '').replace('$id', `"${small.secretJob}"`), {}],
  ])('never see each other’s answer: %s', async (_name, query, variables) => {
    const { short } = await startBothWays();
    short.simulator.setLatency(5);
    const callers = Array.from(
      { length: 40 },
      (_, at) => [tokens.alice, tokens.mallory, tokens.gus, null][at % 4],
    );
    const answers = await Promise.all(
      callers.map((token) => short.query(query, { token: token ?? null, variables })),
    );
    for (const [at, { data }] of answers.entries()) {
      const name = (data?.['job'] as { name: string } | null | undefined)?.name;
      expect(name).toBe(callers[at] === tokens.alice ? 'hidden' : undefined);
    }
  });

  it('are each asked for with their own credential', async () => {
    const both = await startBothWays();
    const body = { query: READ, variables: { id: small.secretJob } };
    for (const token of [tokens.alice, tokens.mallory, null, tokens.alice, tokens.aliceExpired]) {
      await askBoth(both, { body, token });
    }
    await expectSameMetrics(both);
  });
});

describe('what GitLab says', () => {
  it.each([
    '429',
    '429-json',
    '500',
    '503',
    '504',
    'html',
    'reset',
    'truncated',
    'maintenance',
  ] as const)('to a read is told alike: %s', async (kind) => {
    const both = await startBothWays();
    for (const way of [both.short, both.general]) {
      way.simulator.fail({ kind, times: Number.POSITIVE_INFINITY });
    }
    const query = `{ ok: __typename job(project: "42", id: "${small.fullJob}") { name } }`;
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const headers = [['accept', accept]] as const;
      const { body } = await askBoth(both, { body: { query }, headers });
      expect(body).toContain('"errors"');
      await askBoth(both, { body: { query: query.replace('ok: __typename ', '') }, headers });
    }
    await expectSameMetrics(both);
  });

  it.each(['429', '500', '503', 'html', 'reset', 'truncated', 'maintenance'] as const)(
    'to a write is told alike, and it is sent once: %s',
    async (kind) => {
      const both = await startBothWays();
      for (const way of [both.short, both.general]) way.simulator.fail({ kind, match: 'retry' });
      const variables = { id: toGlobalId('Job', 42, small.fullJob) };
      const { calls } = await askBoth(both, { body: { query: RETRY, variables } });
      expect(calls).toEqual([`POST /projects/42/jobs/${small.fullJob}/retry`]);
    },
  );

  it('is asked for once where a mutation is handed on', async () => {
    const both = await startBothWays();
    const query = `mutation Retry($id: ID!, ${['a', 'b', 'c', 'd', 'e'].map((name) => `$${name}: Boolean!`)}) {
      jobRetry(input: { id: $id }) { retriedJobId ${['a', 'b', 'c', 'd', 'e'].map((name) => `${name}: __typename @skip(if: $${name})`)} } }`;
    const id = toGlobalId('Job', 42, small.fullJob);
    const variables = { id, a: true, b: false, c: true, d: false, e: true };
    const { calls } = await askBoth(both, { body: { query, variables } });
    expect(calls).toEqual([`POST /projects/42/jobs/${small.fullJob}/retry`]);
  });
});

describe('conditions', () => {
  it('each combination of them answers as it should, again and again', async () => {
    const both = await startBothWays();
    const names = ['a', 'b', 'c', 'd'];
    const query = `query (${names.map((name) => `$${name}: Boolean = true`)}) {
      job(project: "42", id: "${small.fullJob}") { ${names.map((name) => `${name}: name @include(if: $${name})`)} } }`;
    for (let round = 0; round < 40; round += 1) {
      const values = names.map((_, at) => [true, false, null, undefined][(round >> at) % 4]);
      const variables = Object.fromEntries(names.map((name, at) => [name, values[at]]));
      const { body } = await askBoth(both, { body: { query, variables } });
      const shown = names.filter((_, at) => values[at] === true || values[at] === undefined);
      if (!values.includes(null)) {
        const { data } = JSON.parse(body) as { data: { job: object } };
        expect(Object.keys(data.job)).toEqual(shown);
      }
    }
  });
});
