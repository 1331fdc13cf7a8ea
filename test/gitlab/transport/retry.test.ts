import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  GitlabNetworkError,
  GitlabRateLimitError,
  GitlabResponseError,
  GitlabStatusError,
  GitlabTimeoutError,
} from '../../../src/gitlab/errors.ts';
import {
  readReset,
  readRetryAfter,
  readWaitOfLimit,
} from '../../../src/gitlab/transport/headers.ts';
import { createRetryBudget, retryDelayMs } from '../../../src/gitlab/transport/retry.ts';
import { aJob, connect, createTestClock, sendJson, startUpstream, until } from '../upstream.ts';

const origin = { method: 'GET', path: '/job' };
const status = (code: number, retryAfterSeconds: number | null = null) =>
  new GitlabStatusError({ status: code, retryAfterSeconds }, origin);
const limited = (retryAfterSeconds: number | null) =>
  new GitlabRateLimitError({ retryAfterSeconds, limitsAllCalls: true }, origin);
const network = new GitlabNetworkError('reset', { sent: true }, origin);
const timeout = new GitlabTimeoutError({ phase: 'headers', sent: true }, origin);
const base = { method: 'GET', attempt: 0, remainingMs: 30_000 };

describe('retryDelayMs', () => {
  it.each<[string, object, unknown, number | undefined]>([
    ['502', {}, status(502), 100],
    ['503', {}, status(503), 100],
    ['a broken connection', {}, network, 100],
    ['HEAD', { method: 'HEAD' }, network, 100],
    ['the second retry, with twice the backoff', { attempt: 1 }, status(502), 200],
    ['no third retry', { attempt: 2 }, status(502), undefined],
    ['500', {}, status(500), undefined],
    ['504', {}, status(504), undefined],
    ['404', {}, status(404), undefined],
    ['a timeout', {}, timeout, undefined],
    ['an unusable response', {}, new GitlabResponseError('x', { status: 200 }, origin), undefined],
    ['an error of the gateway', {}, new Error('bug'), undefined],
    ['POST, whatever the error', { method: 'POST' }, network, undefined],
    ['POST in maintenance', { method: 'POST' }, status(503, 0), undefined],
    ['429 without Retry-After', {}, limited(null), undefined],
    ['429 with a wait of 0 s', {}, limited(0), 100],
    ['429 with a wait of 2 s, plus jitter', {}, limited(2), 2100],
    ['429 with a wait of a minute', {}, limited(60), undefined],
    ['503 with a wait of 3 s', {}, status(503, 3), 3100],
    ['a wait past the deadline', { remainingMs: 1000 }, limited(2), undefined],
  ])('for %s', (_, failure, error, delay) => {
    expect(retryDelayMs({ ...base, ...failure, error }, 0.5)).toBe(delay);
  });

  it('uses full jitter', () => {
    expect(retryDelayMs({ ...base, error: network }, 0)).toBe(0);
    expect(retryDelayMs({ ...base, error: network }, 1)).toBe(200);
  });
});

describe('readRetryAfter', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  it.each<[Record<string, string>, number | null]>([
    [{}, null],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': '1.5' }, 1.5],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-5' }, null],
    [{ 'retry-after': '9'.repeat(400) }, 1e12],
    [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 30],
    [{ 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
    // The clock of this server is an hour ahead, so its Retry-After must be compared with its Date.
    [{ 'retry-after': 'Sun, 22 Nov 2026 13:00:30 GMT', date: 'Sun, 22 Nov 2026 13:00:00 GMT' }, 30],
    [{ 'ratelimit-reset': String(now / 1000 + 12) }, null],
  ])('of %j is %s s', (headers, seconds) => {
    expect(readRetryAfter(headers, now)).toBe(seconds);
  });

  it.each<[Record<string, string>, number | null]>([
    [{}, null],
    [{ 'ratelimit-reset': String(now / 1000 + 12) }, 12],
    [{ 'ratelimit-reset': String(now / 1000 - 12) }, 0],
    [{ 'ratelimit-reset': String(now / 1000 + 12), 'retry-after': '5' }, 5],
  ])('differs from the wait after a 429 with %j: %s s', (headers, seconds) => {
    expect(readWaitOfLimit(headers, now)).toBe(seconds);
  });

  it('differs from the renewal of a quota', () => {
    expect(readReset({ 'retry-after': '5' }, now)).toBeNull();
  });
});

describe('retries', () => {
  const answers = async (
    list: ((response: ServerResponse) => void)[],
    call: 'get' | 'post' = 'get',
  ) => {
    const upstream = await startUpstream((_, response) =>
      list[upstream.log.length - 1]?.(response),
    );
    const time = createTestClock(10_000);
    const counter = { calls: 0, coalesced: 0, notModified: 0 };
    const { as, gitlab } = connect(upstream.url, { clock: time.clock, random: () => 0.5 });
    const client = as(gitlab.credential, { counter });
    const ref = { project: '1', id: '7', kind: 'BUILD' } as const;
    const result = await (call === 'get' ? client.getJob(ref) : client.retryJob(ref, {})).catch(
      (error: unknown) => error,
    );
    return { result, calls: upstream.log.length, waits: time.waits, counter };
  };
  const fail =
    (code: number, headers = {}) =>
    (response: ServerResponse) =>
      sendJson(response, { message: `${code}` }, { status: code, headers });
  const drop = (response: ServerResponse) => void response.socket?.destroy();
  const ok = (response: ServerResponse) => sendJson(response, aJob(7));

  it('succeed after 502, a dropped connection and 503, within three attempts', async () => {
    expect(await answers([fail(502), drop, ok])).toMatchObject({
      result: { id: 7 },
      calls: 3,
      waits: [100, 200],
      counter: { calls: 3 },
    });
    expect(await answers([fail(503, { 'retry-after': '1' }), ok])).toMatchObject({
      result: { id: 7 },
      waits: [1100],
    });
  });

  it('do not wait for the renewal of a quota after 502 and 503', async () => {
    const date = 'Sun, 22 Nov 2026 12:00:00 GMT';
    const quota = {
      'ratelimit-limit': '2000',
      'ratelimit-remaining': '1900',
      'ratelimit-reset': String(Date.parse(date) / 1000 + 58),
    };
    for (const code of [502, 503]) {
      const outcome = await answers([fail(code, { date, ...quota }), ok]);
      expect(outcome).toMatchObject({ result: { id: 7 }, calls: 2, waits: [100] });
    }
  });

  it('fail with the last error', async () => {
    const { result, calls } = await answers([fail(502), fail(502), fail(503)]);
    expect(result).toMatchObject({ status: 503 });
    expect(calls).toBe(3);
  });

  it('are not made after 500, 504 and unusable responses', async () => {
    for (const code of [500, 504]) expect((await answers([fail(code), ok])).calls).toBe(1);
    expect((await answers([(response) => void response.end('<html>'), ok])).calls).toBe(1);
  });

  it('are never made for writes', async () => {
    const soon = { 'retry-after': '0' };
    for (const bad of [fail(502), fail(503, soon), drop, fail(429, soon)]) {
      expect((await answers([bad, ok], 'post')).calls).toBe(1);
    }
  });

  it('are limited to a share of the calls while GitLab fails', async () => {
    const upstream = await startUpstream((_, response) => fail(500 + 2)(response));
    const { clock } = createTestClock(10_000);
    const { gitlab } = connect(upstream.url, { clock, random: () => 0 });
    const call = (id: number) => gitlab.getJob({ project: '1', id: String(id) }).catch(() => {});
    for (let id = 0; id < 19; id++) await call(id);
    // Without a retry budget, there would be 57 calls. With it: 19 first attempts, 20 retries from
    // the full budget, and the retries that first attempts add (a tenth of their number).
    expect(upstream.log.length).toBeGreaterThanOrEqual(19 + 20);
    expect(upstream.log.length).toBeLessThanOrEqual(19 + 22);
  });

  it('accumulate up to a limit', () => {
    const budget = createRetryBudget();
    for (let n = 0; n < 1000; n++) budget.recordAttempt();
    let spent = 0;
    while (budget.trySpend()) spent++;
    expect(spent).toBe(20);
  });

  it('stop when the caller aborts', async () => {
    const upstream = await startUpstream((_, response) => fail(502)(response));
    const { clock, timers } = createTestClock();
    const caller = new AbortController();
    const { as, gitlab } = connect(upstream.url, { clock });
    const call = as(gitlab.credential, { signal: caller.signal }).getJob({ project: '1', id: '7' });
    const ended = expect(call).rejects.toThrow('gone');
    await until(() => timers.size > 1);
    caller.abort(new Error('gone'));
    await ended;
    await new Promise(setImmediate);
    expect([upstream.log.length, timers.size]).toEqual([1, 0]);
  });
});
