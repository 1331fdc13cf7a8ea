import { describe, expect, it } from 'vitest';
import {
  createCallerCounts,
  createKnownCredentials,
  createPerCredential,
} from '../../src/gitlab/known-credentials.ts';
import { aJob, connect, sendJson, startUpstream, tokenOf } from './upstream.ts';

describe('the state of credentials', () => {
  function start() {
    const known = createKnownCredentials();
    let made = 0;
    const stateOf = createPerCredential(() => ({ number: made++ }), known);
    return { known, numberOf: (digest: string) => stateOf({ digest }).number };
  }

  it('is kept for 10,000 known ones, and the least recently used is evicted', () => {
    const { known, numberOf } = start();
    for (let n = 0; n <= 10_000; n++) known.add(`digest ${n}`);
    for (let n = 1; n <= 10_000; n++) expect(numberOf(`digest ${n}`)).toBe(n - 1);
    expect(numberOf('digest 1')).toBe(0);
    known.add('another');
    expect(numberOf('another')).toBe(10_000);
    expect(numberOf('digest 1')).toBe(0);
    // 'digest 2' was least recently used, so it was evicted and gets a new number.
    expect(numberOf('digest 2')).toBe(10_001);
  });

  it('is kept while 100,000 unknown ones pass', () => {
    const { known, numberOf } = start();
    expect(numberOf('alice')).toBe(0);
    known.add('alice');
    // The next call moves the number of 'alice' to the numbers of known credentials.
    expect(numberOf('alice')).toBe(0);
    for (let n = 0; n < 100_000; n++) numberOf(`made up ${n}`);
    expect(numberOf('alice')).toBe(0);
    expect(numberOf('made up 0')).toBe(100_001);
  });
});

describe('a credential', () => {
  it.each<[what: string, status: number, isKnown: boolean]>([
    ['known after a response', 200, true],
    ['known after a refusal for lack of permission', 403, true],
    ['known after a project that it may not see', 404, true],
    ['unknown after 401', 401, false],
    ['unknown after 429', 429, false],
    ['unknown after an outage', 503, false],
  ])('is %s', async (_what, status, isKnown) => {
    const body = status === 200 ? aJob(1) : { message: `${status} of GitLab` };
    const { url } = await startUpstream((_, response) => sendJson(response, body, { status }));
    const { transport, as } = connect(url);
    await as(tokenOf('alice'))
      .getJob({ project: '42', id: '1' })
      .catch(() => {});
    expect(transport.known.has(tokenOf('alice').digest)).toBe(isKnown);
  });
});

describe('a limit of all callers', () => {
  it('cannot be used up by unknown credentials', () => {
    const known = createKnownCredentials();
    known.add('alice');
    const counts = createCallerCounts({ max: 10, maxPerCaller: 5, known });
    for (let n = 0; n < 5; n++) counts.change(`made up ${n}`, 1);
    expect([counts.isFull('made up 5'), counts.isFull('alice')]).toEqual([true, false]);
    // A credential that becomes known no longer counts as unknown.
    known.add('made up 0');
    expect(counts.isFull('made up 5')).toBe(false);
    for (let n = 0; n < 5; n++) counts.change('alice', 1);
    expect(counts.isFull('alice')).toBe(true);
  });
});
