import { describe, expect, it } from 'vitest';
import {
  GitlabCallBudgetError,
  GitlabNetworkError,
  GitlabRateLimitError,
  GitlabStatusError,
} from '../../src/gitlab/errors.ts';
import {
  activityOf,
  createPollInterval,
  type PollIntervalOptions,
  type ReadOutcome,
} from '../../src/live/poll-interval.ts';
import { createTestClock } from '../gitlab/upstream.ts';

const origin = { method: 'GET', path: '/projects/42/jobs/1' };
const unavailable = new GitlabNetworkError('reset', { sent: true }, origin);
const status = (code: number, retryAfterSeconds: number | null = null) =>
  new GitlabStatusError({ status: code, retryAfterSeconds }, origin);
const limited = (retryAfterSeconds: number | null) =>
  new GitlabRateLimitError({ retryAfterSeconds, limitsAllCalls: true }, origin);

/**
 * Creates a poll interval with the default settings and without jitter. `options` override them.
 */
function start(options: Partial<PollIntervalOptions> = {}) {
  const time = createTestClock();
  const interval = createPollInterval({
    clock: time.clock,
    random: () => 0.5,
    intervalMs: 1_200,
    isScarce: () => false,
    ...options,
  });
  const read = (outcome: Partial<ReadOutcome> = {}) =>
    interval.afterRead({
      activity: 'active',
      notified: false,
      changed: false,
      announceable: false,
      unannounced: false,
      minPauseMs: 0,
      minIntervalMs: 0,
      calls: 1,
      ...outcome,
    });
  return { ...time, interval, read };
}

it('allows no read within the least pause after a read, even after a webhook', () => {
  const { interval, read, advance } = start();
  expect(read({ minPauseMs: 120_000 })).toBe(120_000);
  expect(interval.afterNotification()).toBe(120_000);
  advance(100_000);
  expect(interval.afterNotification()).toBe(20_000);
});

describe('the pause after a read', () => {
  it.each([
    ['running', 1_200],
    ['canceling', 1_200],
    ['pending', 3_000],
    ['waiting_for_resource', 3_000],
    ['created', 6_000],
    ['manual', 6_000],
    ['unknown', 3_000],
  ])('for the status %s is %i ms', (word, ms) => {
    expect(start().read({ activity: activityOf(word) })).toBe(ms);
  });

  it('is jittered, and below 1.5 s for an active resource', () => {
    expect(start({ random: () => 0 }).read()).toBeCloseTo(960);
    expect(start({ random: () => 1 }).read()).toBeCloseTo(1_440);
  });

  it('is longer if a read is expensive or little of the quota is left', () => {
    expect(start().read({ minPauseMs: 5_000 })).toBe(5_000);
    expect(start({ isScarce: () => true }).read()).toBe(4_800);
  });
});

describe('a read of many calls', () => {
  it.each([
    [3, 1_200],
    [34, 1_200],
    [102, 4_600],
    [202, 9_600],
  ])('is repeated at most 20 calls per second: after %i calls the pause is %i ms', (calls, ms) => {
    expect(start().read({ calls })).toBe(ms);
  });

  it('is not repeated earlier because of a notification', () => {
    const { interval, read, advance } = start();
    interval.onReadStart();
    read({ calls: 102 });
    expect([interval.afterNotification(), interval.afterMissedEvents()]).toEqual([4_600, 4_600]);
    advance(4_600);
    expect(interval.afterNotification()).toBe(0);
  });

  it('is not repeated earlier because it failed', () => {
    const { interval } = start();
    expect(interval.afterFailure(unavailable, { calls: 102 })).toBe(4_600);
  });

  it('that exceeds its limit of calls is not repeated', () => {
    const { interval } = start();
    expect(interval.afterFailure(new GitlabCallBudgetError(250, origin))).toBeUndefined();
  });
});

describe('with webhooks', () => {
  it('polling slows down to find only what they miss', () => {
    const { interval, read } = start();
    interval.setHasWebhooks(true);
    expect(read()).toBe(9_600);
  });

  it('activity that they do not report is polled at the usual interval', () => {
    const { interval, read } = start();
    interval.setHasWebhooks(true);
    expect([read({ unannounced: true }), read()]).toEqual([1_200, 9_600]);
  });

  it('a notified read is followed by another one soon, because a replica may lag', () => {
    const { interval, read } = start();
    interval.setHasWebhooks(true);
    expect([read({ notified: true }), read()]).toEqual([1_200, 9_600]);
  });

  it('a change that they did not announce restores the usual interval', () => {
    const { interval, read } = start();
    interval.setHasWebhooks(true);
    expect(read({ announceable: true })).toBe(1_200);
    expect(read()).toBe(1_200);
  });

  interface Load {
    everyMs: number;
    readMs: number;
    changed: boolean;
    options?: Partial<PollIntervalOptions>;
  }

  /**
   * Simulates webhooks for ten seconds. Returns for each webhook the delay until the end of a read
   * that began after it. Also returns the gaps between reads.
   */
  function simulate({ everyMs, readMs, changed, options = {} }: Load) {
    const { interval, read, advance, now } = start(options);
    const readFor = (outcome: Partial<ReadOutcome>) => {
      const began = now();
      interval.onReadStart();
      advance(readMs);
      read(outcome);
      return began;
    };
    const began = [readFor({})];
    const hooks = Array.from({ length: 10_000 / everyMs }, (_, at) => now() + at * everyMs);
    const delays: number[] = [];
    while (hooks[0] !== undefined) {
      advance(Math.max(0, hooks[0] - now()));
      advance(interval.afterNotification());
      const at = readFor({ notified: true, changed });
      began.push(at);
      while (hooks[0] !== undefined && hooks[0] <= at) delays.push(now() - (hooks.shift() ?? 0));
    }
    const gaps = began.slice(1).map((at, index) => at - (began[index] ?? 0));
    return { delays, gaps };
  }

  it.each([
    ['every second', 1_000, 20, 180],
    ['every 50 ms', 50, 20, 200],
    ['every 50 ms from a slow server', 50, 100, 300],
    ['every millisecond', 1, 20, 200],
  ])('changes are read within 300 ms if they arrive %s', (_how, everyMs, readMs, most) => {
    const { delays, gaps } = simulate({ everyMs, readMs, changed: true });
    expect(Math.max(...delays)).toBeLessThanOrEqual(most);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(180);
  });

  it('that report no change, such as forged ones, cost no more than polling', () => {
    const { gaps } = simulate({ everyMs: 10, readMs: 20, changed: false });
    expect(gaps.slice(0, 5)).toEqual([180, 360, 720, 1_200, 1_200]);
    expect(gaps.length).toBeLessThan(12);
  });

  it('reads are less frequent if little of the quota is left', () => {
    const { gaps } = simulate({
      everyMs: 10,
      readMs: 20,
      changed: true,
      options: { isScarce: () => true },
    });
    expect(Math.min(...gaps)).toBe(720);
  });

  it('a slow read is followed by a pause', () => {
    const { interval, read, advance } = start();
    interval.onReadStart();
    advance(1_000);
    read({ notified: true, changed: true });
    expect(interval.afterNotification()).toBe(180);
  });

  it('a notification after a quiet period triggers a read immediately', () => {
    const { interval, read, advance } = start();
    for (let n = 0; n < 5; n++) {
      advance(interval.afterNotification());
      interval.onReadStart();
      read({ notified: true });
    }
    expect(interval.afterNotification()).toBe(1_200);
    advance(2_400);
    expect(interval.afterNotification()).toBe(0);
    interval.onReadStart();
    read({ notified: true });
    expect(interval.afterNotification()).toBe(180);
  });

  it('reads after missed events are spread over an interval', () => {
    expect(start({ random: () => 0.25 }).interval.afterMissedEvents()).toBe(300);
  });
});

describe('after a failure', () => {
  it.each([401, 403, 404, 400])('with status %i there is no retry', (code) => {
    expect(start().interval.afterFailure(status(code))).toBeUndefined();
  });

  it('caused by a bug there is no retry', () => {
    expect(start().interval.afterFailure(new TypeError('bug'))).toBeUndefined();
  });

  it.each([
    ['the network', unavailable],
    ['a 502', status(502)],
    ['a rate limit without Retry-After', limited(null)],
  ])('caused by %s the pause doubles up to a minute', (_what, error) => {
    const { interval } = start();
    const pauses = [1, 2, 3, 4, 5, 6, 7].map(() => interval.afterFailure(error));
    expect(pauses).toEqual([2_400, 4_800, 9_600, 19_200, 38_400, 60_000, 60_000]);
  });

  it('Retry-After is respected, even after a notification', () => {
    const { interval, advance } = start();
    expect(interval.afterFailure(limited(30))).toBeCloseTo(31_500);
    advance(10_000);
    expect(interval.afterNotification()).toBe(20_000);
    expect(interval.afterMissedEvents()).toBe(20_000);
  });

  it('a successful read resets the backoff', () => {
    const { interval, read } = start();
    interval.afterFailure(unavailable);
    read();
    expect(interval.afterFailure(unavailable)).toBe(2_400);
  });

  it('before anything was read, the poll gives up after ten seconds', () => {
    const { interval, advance } = start();
    const fail = (error: Error) => interval.afterFailure(error, { isStart: true });
    expect(fail(limited(11))).toBeUndefined();
    expect(fail(unavailable)).toBe(2_400);
    advance(9_999);
    expect(fail(unavailable)).toBe(4_800);
    advance(1);
    expect(fail(unavailable)).toBeUndefined();
  });

  it('the poll gives up after five minutes', () => {
    const { interval, advance } = start();
    expect(interval.afterFailure(limited(301))).toBeUndefined();
    expect(interval.afterFailure(status(503, 60))).toBeDefined();
    advance(299_000);
    expect(interval.afterFailure(unavailable)).toBeDefined();
    advance(1_000);
    expect(interval.afterFailure(unavailable)).toBeUndefined();
  });
});

describe('the last read', () => {
  it('is stale after an interval, but not before it has ended', () => {
    const { interval, read, advance } = start();
    advance(10_000);
    expect(interval.isStale()).toBe(false);
    read();
    expect(interval.isStale()).toBe(false);
    advance(1_201);
    expect(interval.isStale()).toBe(true);
  });
});
