import fc from 'fast-check';
import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createSubgraph } from '../../src/federation/subgraph.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { schema } from '../../src/graphql/schema.ts';
import { createChooser } from '../compiler/chooser.ts';
import { randomOperation } from '../compiler/random-operation.ts';
import type { Known } from '../compiler/random-value.ts';
import { runs } from '../helpers/runs.ts';
import { small } from '../helpers/worlds.ts';
import { askBothInAnyOrder, expectSameMetrics, startBothWays } from './direct-both-ways.ts';

/*
 * Random operations on a whole gateway in front of a GitLab, by both ways.
 */

const RUNS = runs(240);

const jobs = [small.fullJob, small.bareJob, small.secretJob, '999'];
const pipelines = [small.pipeline, small.downstream];
const ids = [
  ...jobs.map((id) => toGlobalId('Job', 42, id)),
  ...pipelines.map((id) => toGlobalId('Pipeline', 42, id)),
  toGlobalId('Bridge', 42, small.pipeline, small.bridge),
  toGlobalId('Project', 42),
];
const url = 'https://gitlab.example.com/group/app/-/jobs';

const reading: Known = {
  project: ['42', small.project, small.secret],
  fullPath: ['42', small.project, 'group/none'],
  fullPaths: ['42', small.project, '44'],
  id: [...jobs, ...pipelines, ...ids],
  ids,
  url: [`${url}/${small.fullJob}`, `${url}/none`],
  first: [1, 2, 20],
  last: [1, 3],
  after: [null],
  before: [null],
  lastLines: [1, 5],
  representations: [
    ...ids.slice(0, 4).map((id) => ({ __typename: 'Job', id })),
    { __typename: 'Job', webUrl: `${url}/${small.fullJob}` },
    { __typename: 'Project', fullPath: small.project },
    { __typename: 'Pipeline', projectId: '42', databaseId: small.pipeline },
    { __typename: 'Nonsense' },
  ],
};
const writing: Known = { ...reading, id: ids, force: [false] };

const env = {
  ...{ MAX_UPSTREAM_CALLS: '5000', MAX_FIELDS: '100000', MAX_ALIASES: '1000', MAX_DEPTH: '30' },
  ...{ MAX_DIRECTIVES: '1000', MAX_TOKENS: '100000', MAX_ROOT_FIELDS: '500' },
};
const subgraph = createSubgraph(schema, { maxReferences: 100 });

describe('a gateway answers the same by both ways', () => {
  it.each([
    ['queries', schema, 'query', reading],
    ['mutations', schema, 'mutation', writing],
    ['queries of routers', subgraph, 'query', reading],
  ] as const)('%s', { timeout: 60_000 + RUNS * 200 }, async (_name, on, type, known) => {
    const federation = on === subgraph;
    const both = await startBothWays(() => ({
      env: { ...env, ...(federation && { FEDERATION: 'true' }) },
      simulator: { jobsIndexLimit: 0 },
    }));
    let [asked, told] = [0, 0];
    const property = fc.asyncProperty(fc.integer(), async (seed) => {
      const operation = randomOperation({ schema: on, choose: createChooser(seed), type, known });
      if (validate(on, parse(operation.query)).length > 0) return;
      const { status, calls } = await askBothInAnyOrder(both, { body: operation });
      expect(status).toBe(200);
      asked += 1;
      told += Number(calls.length > 0);
      both.short.bugs.length = 0;
    });
    await fc.assert(property, { numRuns: RUNS / 3, endOnFailure: true });
    await expectSameMetrics(both);
    expect(asked).toBeGreaterThan((RUNS / 3) * 0.9);
    expect(told).toBeGreaterThan((RUNS / 3) * 0.3);
  });
});
