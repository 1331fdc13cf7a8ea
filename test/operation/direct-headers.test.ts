import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { runs } from '../helpers/runs.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { askBoth, type BothWays, startBothWays } from './direct-both-ways.ts';

/* What headers ask for is the same by both ways. */

const SITE = 'https://ci.example.com';
const body = { query: `{ job(project: "42", id: "${small.fullJob}") { name } }` };
const failing = { query: '{ a: __typename job(project: "42", id: "x") { name } }' };

describe('the answer’s type', () => {
  const types = [
    ...['application/json', 'application/graphql-response+json', '*/*', 'application/*', '*/json'],
    ...['text/html', 'text/event-stream', 'multipart/mixed', 'text/*', 'APPLICATION/JSON', '', '*'],
  ];
  const parameters = ['', ';q=0.5', '; charset=utf-8', ';charset=latin1', ';xcharset=1', ';q=0'];
  const accepts = fc
    .array(fc.tuple(fc.constantFrom(...types), fc.constantFrom(...parameters)), { maxLength: 4 })
    .map((items) => items.map((item) => item.join('')).join(', '));

  it('is chosen from what the client likes', async () => {
    const both = await startBothWays();
    const seen = new Set<number>();
    const property = fc.asyncProperty(accepts, fc.boolean(), async (accept, fails) => {
      const headers = [['accept', accept]] as const;
      const { status } = await askBoth(both, { body: fails ? failing : body, headers });
      seen.add(status);
    });
    await fc.assert(property, { numRuns: runs(150), endOnFailure: true });
    expect([...seen].sort()).toEqual([200, 406]);
  });

  it('is looked at before anything is done: a write is not made for whom no answer would reach', async () => {
    const { post, calls } = await startGateway({ simulator: { world: smallWorld() } });
    const write = `mutation { jobCancel(input: { id: "${toGlobalId('Job', 42, small.bareJob)}" }) { errors { code } } }`;
    const refused = await post(write, { token: tokens.alice, headers: { accept: 'text/html' } });
    expect(refused.status).toBe(406);
    expect(calls()).toEqual([]);
  });

  it('is chosen from two headers as from one', async () => {
    const both = await startBothWays();
    const headers = [
      ['accept', 'text/html'],
      ['accept', 'application/graphql-response+json'],
    ] as const;
    const seen = await askBoth(both, { body, headers });
    expect(seen.headers).toContain(
      'content-type: application/graphql-response+json; charset=utf-8',
    );
  });
});

describe('a page', () => {
  const origins = [
    undefined,
    SITE,
    'https://evil.example',
    'http://gateway.example',
    'null',
    'x',
    '',
  ];
  const sites = [undefined, 'same-origin', 'same-site', 'cross-site', 'none'];
  const pages = origins.flatMap((origin) => sites.map((site) => ({ origin, site })));

  const askAll = async (both: BothWays) => {
    const statuses: number[] = [];
    for (const { origin, site } of pages) {
      const headers = [
        ...(origin === undefined ? [] : [['origin', origin] as const]),
        ...(site === undefined ? [] : [['sec-fetch-site', site] as const]),
      ];
      statuses.push((await askBoth(both, { body, headers })).status);
    }
    expect(new Set(statuses)).toEqual(new Set([200, 403]));
  };

  it('of any site is answered alike where none is listed', async () => {
    await askAll(await startBothWays());
  });

  it('of any site is answered alike where one is listed', async () => {
    const both = await startBothWays(() => ({ env: { CORS_ORIGINS: SITE } }));
    await askAll(both);
    const seen = await askBoth(both, { body, headers: [['origin', SITE]] });
    expect(seen.headers).toContain(`access-control-allow-origin: ${SITE}`);
    expect(seen.headers).toContain('vary: Origin, Authorization, PRIVATE-TOKEN, JOB-TOKEN');
  });
});

it('says what an operation cost only where that is asked for', async () => {
  const both = await startBothWays(() => ({ env: { UPSTREAM_EXTENSION: 'false' } }));
  expect((await askBoth(both, { body })).body).not.toContain('extensions');
});
