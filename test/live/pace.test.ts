import { describe, expect, it } from 'vitest';
import {
  GitlabNetworkError,
  GitlabRateLimitError,
  GitlabStatusError,
} from '../../src/gitlab/errors.ts';
import { createPace, type Look, motionOf, type PaceOptions } from '../../src/live/pace.ts';
import { createTestClock } from '../gitlab/upstream.ts';

const origin = { method: 'GET', path: '/projects/42/jobs/1' };
const unavailable = new GitlabNetworkError('reset', { sent: true }, origin);
const status = (code: number, retryAfterSeconds: number | null = null) =>
  new GitlabStatusError({ status: code, retryAfterSeconds }, origin);
const limited = (retryAfterSeconds: number | null) =>
  new GitlabRateLimitError({ retryAfterSeconds }, origin);

/** A pace in the default setting, without chance unless a test brings it. */
function start(options: Partial<PaceOptions> = {}) {
  const time = createTestClock();
  const pace = createPace({
    clock: time.clock,
    random: () => 0.5,
    intervalMs: 1_200,
    isScarce: () => false,
    ...options,
  });
  const read = (look: Partial<Look> = {}) =>
    pace.afterRead({ motion: 'quick', woken: false, announceable: false, leastMs: 0, ...look });
  return { ...time, pace, read };
}

describe('the pause after a read', () => {
  it.each([
    ['running', 1_200],
    ['canceling', 1_200],
    ['pending', 3_000],
    ['waiting_for_resource', 3_000],
    ['created', 6_000],
    ['manual', 6_000],
    ['a status that is newer than this', 3_000],
  ])('of something that is %s is %i ms', (word, ms) => {
    expect(start().read({ motion: motionOf(word) })).toBe(ms);
  });

  it('is never the same for all, and below 1.5 s for what moves', () => {
    expect(start({ random: () => 0 }).read()).toBeCloseTo(960);
    expect(start({ random: () => 1 }).read()).toBeCloseTo(1_440);
  });

  it('is longer where a read is dear, or little of the quota is left', () => {
    expect(start().read({ leastMs: 5_000 })).toBe(5_000);
    expect(start({ isScarce: () => true }).read()).toBe(4_800);
  });
});

describe('with hooks', () => {
  it('polling is the backstop', () => {
    const { pace, read } = start();
    pace.setHooked(true);
    expect(read()).toBe(9_600);
  });

  it('what was announced is looked for once more soon: a replica may lag', () => {
    const { pace, read } = start();
    pace.setHooked(true);
    expect([read({ woken: true }), read()]).toEqual([1_200, 9_600]);
  });

  it('a change that none announced ends the trust in them', () => {
    const { pace, read } = start();
    pace.setHooked(true);
    expect(read({ announceable: true })).toBe(1_200);
    expect(read()).toBe(1_200);
  });

  it.each([
    ['one by one are at once', 400, [0, 0, 0, 0, 0]],
    ['soon after one another are further apart', 210, [0, 0, 190, 590, 990]],
    ['that pour in are ever further apart', 0, [0, 200, 400, 800, 1_200]],
  ])('wakes %s', (_how, everyMs, expected) => {
    const { pace, read, advance } = start();
    read();
    advance(500);
    const waits = expected.map(() => {
      const wait = pace.onWake();
      advance(wait);
      read({ woken: true });
      advance(everyMs);
      return wait;
    });
    expect(waits).toEqual(expected);
    read();
    advance(200);
    expect(pace.onWake()).toBe(0);
  });

  it('the loss of them is spread out, since it holds for many', () => {
    expect(start({ random: () => 0.25 }).pace.onLoss()).toBe(300);
  });
});

describe('after a failure', () => {
  it.each([401, 403, 404, 400])('with %i no waiting helps', (code) => {
    expect(start().pace.afterFailure(status(code))).toBeUndefined();
  });

  it('of our own no waiting helps', () => {
    expect(start().pace.afterFailure(new TypeError('bug'))).toBeUndefined();
  });

  it.each([
    ['the network', unavailable],
    ['a 502', status(502)],
    ['a limit without a time', limited(null)],
  ])('of %s the pause doubles up to a minute', (_what, error) => {
    const { pace } = start();
    const pauses = [1, 2, 3, 4, 5, 6, 7].map(() => pace.afterFailure(error));
    expect(pauses).toEqual([2_400, 4_800, 9_600, 19_200, 38_400, 60_000, 60_000]);
  });

  it('GitLab’s own time is kept, and a wake does not cut it short', () => {
    const { pace, advance } = start();
    expect(pace.afterFailure(limited(30))).toBeCloseTo(31_500);
    advance(10_000);
    expect(pace.onWake()).toBe(20_000);
    expect(pace.onLoss()).toBe(20_000);
  });

  it('a good read makes up for everything', () => {
    const { pace, read } = start();
    pace.afterFailure(unavailable);
    read();
    expect(pace.afterFailure(unavailable)).toBe(2_400);
  });

  it('nobody waits for longer than five minutes without a word', () => {
    const { pace, advance } = start();
    expect(pace.afterFailure(limited(301))).toBeUndefined();
    expect(pace.afterFailure(status(503, 60))).toBeDefined();
    advance(299_000);
    expect(pace.afterFailure(unavailable)).toBeDefined();
    advance(1_000);
    expect(pace.afterFailure(unavailable)).toBeUndefined();
  });
});

describe('what was read last', () => {
  it('is stale after an interval, and not before it is there', () => {
    const { pace, read, advance } = start();
    advance(10_000);
    expect(pace.isStale()).toBe(false);
    read();
    expect(pace.isStale()).toBe(false);
    advance(1_201);
    expect(pace.isStale()).toBe(true);
  });
});
