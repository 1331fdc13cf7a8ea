import { describe, expect, it } from 'vitest';
import {
  GitlabNetworkError,
  GitlabRateLimitError,
  GitlabStatusError,
} from '../../src/gitlab/errors.ts';
import {
  activityOf,
  createPollInterval,
  type Look,
  type PollIntervalOptions,
} from '../../src/live/poll-interval.ts';
import { createTestClock } from '../gitlab/upstream.ts';

const origin = { method: 'GET', path: '/projects/42/jobs/1' };
const unavailable = new GitlabNetworkError('reset', { sent: true }, origin);
const status = (code: number, retryAfterSeconds: number | null = null) =>
  new GitlabStatusError({ status: code, retryAfterSeconds }, origin);
const limited = (retryAfterSeconds: number | null) =>
  new GitlabRateLimitError({ retryAfterSeconds }, origin);

/** A pace in the default setting, without chance unless a test brings it. */
function start(options: Partial<PollIntervalOptions> = {}) {
  const time = createTestClock();
  const pace = createPollInterval({
    clock: time.clock,
    random: () => 0.5,
    intervalMs: 1_200,
    isScarce: () => false,
    ...options,
  });
  const read = (look: Partial<Look> = {}) =>
    pace.afterRead({
      activity: 'quick',
      woken: false,
      changed: false,
      announceable: false,
      unheard: false,
      leastMs: 0,
      ...look,
    });
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
    expect(start().read({ activity: activityOf(word) })).toBe(ms);
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

  it('something under way that none tells of is looked at as ever', () => {
    const { pace, read } = start();
    pace.setHooked(true);
    expect([read({ unheard: true }), read()]).toEqual([1_200, 9_600]);
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

  interface Pour {
    everyMs: number;
    readMs: number;
    changed: boolean;
    options?: Partial<PollIntervalOptions>;
  }

  /** Lets hooks come so often for ten seconds: how long each waits for a read to end that began after it, and the gaps between reads. */
  function pour({ everyMs, readMs, changed, options = {} }: Pour) {
    const { pace, read, advance, now } = start(options);
    const look = (result: Partial<Look>) => {
      const began = now();
      pace.beforeRead();
      advance(readMs);
      read(result);
      return began;
    };
    const began = [look({})];
    const hooks = Array.from({ length: 10_000 / everyMs }, (_, at) => now() + at * everyMs);
    const delays: number[] = [];
    while (hooks[0] !== undefined) {
      advance(Math.max(0, hooks[0] - now()));
      advance(pace.onWake());
      const at = look({ woken: true, changed });
      began.push(at);
      while (hooks[0] !== undefined && hooks[0] <= at) delays.push(now() - (hooks.shift() ?? 0));
    }
    const gaps = began.slice(1).map((at, index) => at - (began[index] ?? 0));
    return { delays, gaps };
  }

  it.each([
    ['one after the other', 1_000, 20, 180],
    ['every 50 ms', 50, 20, 200],
    ['every 50 ms, of a server that takes its time', 50, 100, 300],
    ['without a pause', 1, 20, 200],
  ])('changes are known within 300 ms when they come %s', (_how, everyMs, readMs, most) => {
    const { delays, gaps } = pour({ everyMs, readMs, changed: true });
    expect(Math.max(...delays)).toBeLessThanOrEqual(most);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(180);
  });

  it('that find nothing new, as forged ones, cost no more than polling does', () => {
    const { gaps } = pour({ everyMs: 10, readMs: 20, changed: false });
    expect(gaps.slice(0, 5)).toEqual([180, 360, 720, 1_200, 1_200]);
    expect(gaps.length).toBeLessThan(12);
  });

  it('cost less where little of the quota is left', () => {
    const { gaps } = pour({
      everyMs: 10,
      readMs: 20,
      changed: true,
      options: { isScarce: () => true },
    });
    expect(Math.min(...gaps)).toBe(720);
  });

  it('leave a server that is slow to answer a rest', () => {
    const { pace, read, advance } = start();
    pace.beforeRead();
    advance(1_000);
    read({ woken: true, changed: true });
    expect(pace.onWake()).toBe(180);
  });

  it('wake at once again after a calm', () => {
    const { pace, read, advance } = start();
    for (let n = 0; n < 5; n++) {
      advance(pace.onWake());
      pace.beforeRead();
      read({ woken: true });
    }
    expect(pace.onWake()).toBe(1_200);
    advance(2_400);
    expect(pace.onWake()).toBe(0);
    pace.beforeRead();
    read({ woken: true });
    expect(pace.onWake()).toBe(180);
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
