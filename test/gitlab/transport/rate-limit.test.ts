import { describe, expect, it } from 'vitest';
import { endpoint } from '../../../src/gitlab/endpoint.ts';
import type { Call, RawResponse } from '../../../src/gitlab/request.ts';
import {
  createRateLimitState,
  reserve,
  updateQuota,
} from '../../../src/gitlab/transport/rate-limit.ts';
import {
  aCall,
  aJob,
  connect,
  createTestClock,
  sendJson,
  startUpstream,
  tokenOf,
} from '../upstream.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const call = (method: 'GET' | 'POST' = 'GET') =>
  aCall({ method, endpoint: endpoint`/projects/${'1'}/jobs`, deadlineAt: now + 30_000 });
const answer = (status: number, headers: Record<string, string>): RawResponse => ({
  status,
  headers,
  body: Buffer.alloc(0),
});
const quota = (limit: number, remaining: number, resetInSeconds = 60) => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(remaining),
  'ratelimit-reset': String(now / 1000 + resetInSeconds),
});
const template = '/projects/:id/jobs';

describe('a rate limit state', () => {
  const stateAfter = (...answers: RawResponse[]) => {
    const state = createRateLimitState();
    for (const one of answers) updateQuota(state, call(), one, now);
    return state;
  };

  it('allows everything until GitLab reports a limit', () => {
    expect(reserve(stateAfter(answer(200, {})), template, now)).toEqual({ kind: 'go', inMs: 0 });
  });

  it('counts down with each call, and uses the smallest remainder of a period', () => {
    const state = stateAfter(answer(200, quota(600, 500)), answer(200, quota(600, 503)));
    expect(state.quota?.remaining).toBe(500);
    reserve(state, template, now);
    expect(state.quota?.remaining).toBe(499);
    updateQuota(state, call(), answer(200, quota(600, 599, 120)), now);
    expect(state.quota?.remaining).toBe(599);
  });

  it('spaces calls out when the quota is scarce, by at most a second', () => {
    const state = stateAfter(answer(200, quota(600, 29, 15)));
    const delays = [1, 2, 3].map(() => Math.round(reserve(state, template, now).inMs));
    expect(delays).toEqual([0, 500, 1000]);
    const scarce = stateAfter(answer(200, quota(600, 2)));
    expect([1, 2].map(() => reserve(scarce, template, now).inMs)).toEqual([0, 1000]);
  });

  it.each([
    ['an hour, with 7,200 calls, reported as 120 per minute', 120, 6_900, 300, 199],
    ['ten seconds, with 100 calls, reported as 600 per minute', 600, 45, 55, 0],
  ])('detects a scarce quota in a period of %s', (_, limit, observed, remaining, inMs) => {
    const reported = { ...quota(limit, remaining), 'ratelimit-observed': String(observed) };
    const state = stateAfter(answer(200, reported));
    reserve(state, template, now);
    expect(Math.round(reserve(state, template, now).inMs)).toBe(inMs);
  });

  it('blocks an empty quota until its renewal', () => {
    const state = stateAfter(answer(200, quota(600, 0, 7)));
    expect(reserve(state, template, now)).toEqual({ kind: 'blocked', inMs: 7_000 });
    expect(reserve(state, template, now + 7_000)).toEqual({ kind: 'go', inMs: 0 });
  });

  const json = { 'content-type': 'application/json', 'retry-after': '5' };
  const text = { 'content-type': 'text/plain', 'retry-after': '5' };
  const much = quota(600, 480);
  it.each<[string, Call, Record<string, string>, boolean, boolean]>([
    ['the whole API, in plain text', call(), text, true, true],
    ['the whole API, named in headers', call(), { ...json, ...quota(600, 0, 5) }, true, true],
    ['one endpoint', call(), json, true, false],
    ['one endpoint, with calls left in the quota', call(), { ...json, ...much }, true, false],
    ['a write, which is limited per job', call('POST'), json, false, false],
    ['a write, with calls left in the quota', call('POST'), { ...json, ...much }, false, false],
    ['nothing, without a wait', call(), { 'content-type': 'text/plain' }, false, false],
  ])('blocks after a 429: %s', (_, request, headers, own, other) => {
    const state = createRateLimitState();
    updateQuota(state, request, answer(429, headers), now);
    expect(reserve(state, template, now).kind === 'blocked').toBe(own);
    expect(reserve(state, '/job', now).kind === 'blocked').toBe(other);
    expect(reserve(state, template, now + 5_000).kind).toBe('go');
  });

  it.each<[string, RawResponse]>([
    ['a ban for a year', answer(429, { 'retry-after': '31536000' })],
    ['an unlimited block', answer(429, { 'retry-after': '9'.repeat(400) })],
    ['a renewal in another century', answer(200, quota(600, 0, 5_000_000_000))],
  ])('unblocks after at most an hour, after %s', (_, reported) => {
    const state = stateAfter(reported);
    expect(reserve(state, template, now)).toEqual({ kind: 'blocked', inMs: 3_600_000 });
    expect(reserve(state, template, now + 3_600_000)).toEqual({ kind: 'go', inMs: 0 });
  });

  it.each([
    { 'ratelimit-limit': 'many', 'ratelimit-remaining': '1', 'ratelimit-reset': '1' },
    { 'ratelimit-limit': '10' },
    { 'ratelimit-remaining': '-1', 'ratelimit-limit': '5', 'ratelimit-reset': '1' },
  ])('ignores %j', (headers) => {
    expect(stateAfter(answer(200, headers)).quota).toBeUndefined();
  });
});

describe('a credential at its limit', () => {
  const start = async (first: Record<string, string>, status = 429) => {
    const upstream = await startUpstream((_, response) => {
      response.sendDate = false;
      if (upstream.log.length === 1) {
        sendJson(response, status === 429 ? {} : aJob(7), {
          status,
          headers: { 'content-type': 'text/plain', ...first },
        });
      } else sendJson(response, aJob(7));
    });
    const time = createTestClock(10_000);
    return { upstream, time, ...connect(upstream.url, { clock: time.clock, random: () => 0 }) };
  };
  const job = { project: '1', id: '7' };
  const write = { ...job, kind: 'BUILD' } as const;

  it('waits as GitLab asks if that is short, once for all calls', async () => {
    const { upstream, gitlab, time } = await start({ 'retry-after': '3' });
    expect(await gitlab.getJob(job)).toMatchObject({ id: 7 });
    expect(upstream.log).toHaveLength(2);
    expect(time.waits).toEqual([3_000]);
  });

  it('fails fast with the wait if that is long, without a call', async () => {
    const { upstream, gitlab, as, time } = await start({ 'retry-after': '45' });
    await expect(gitlab.getJob(job)).rejects.toMatchObject({
      code: 'GITLAB_RATE_LIMIT',
      retryAfterSeconds: 45,
    });
    time.advance(5_000);
    await expect(gitlab.getJob(job)).rejects.toMatchObject({ retryAfterSeconds: 40 });
    await expect(gitlab.eraseJob(write)).rejects.toMatchObject({ retryAfterSeconds: 40 });
    expect(upstream.log).toHaveLength(1);
    // Calls with another credential are not affected.
    expect(await as(tokenOf('glpat-someone-else')).getJob(job)).toMatchObject({ id: 7 });
    time.advance(40_000);
    expect(await gitlab.getJob(job)).toMatchObject({ id: 7 });
  });

  it('fails fast if the wait exceeds the deadline', async () => {
    const { upstream, gitlab } = await start({ 'retry-after': '20' });
    for (const _ of [1, 2]) {
      await expect(gitlab.getJob(job)).rejects.toMatchObject({ retryAfterSeconds: 20 });
    }
    expect(upstream.log).toHaveLength(1);
  });

  it('reports no wait if GitLab names none, and may call again', async () => {
    const { upstream, gitlab } = await start({});
    await expect(gitlab.getJob(job)).rejects.toMatchObject({ retryAfterSeconds: null });
    expect(await gitlab.getJob(job)).toMatchObject({ id: 7 });
    expect(upstream.log).toHaveLength(2);
  });

  it('waits for a near renewal before a write, which is sent once', async () => {
    const { upstream, gitlab, time } = await start(quota(600, 0, 4), 200);
    await gitlab.getJob(job);
    expect(await gitlab.eraseJob(write)).toMatchObject({ id: 7 });
    expect(time.waits).toEqual([4_000]);
    expect(upstream.log).toHaveLength(2);
  });

  it('exposes the latest quota per credential', async () => {
    const { gitlab, transport } = await start(quota(600, 480), 200);
    expect(transport.rateLimitOf(gitlab.credential.digest)).toBeUndefined();
    await gitlab.getJob(job);
    expect(transport.rateLimitOf(gitlab.credential.digest)).toEqual({
      limit: 600,
      granted: 600,
      remaining: 480,
      resetAt: now + 60_000,
    });
    expect(transport.rateLimitOf(tokenOf('glpat-someone-else').digest)).toBeUndefined();
  });
});
