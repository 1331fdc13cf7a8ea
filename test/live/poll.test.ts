import { describe, expect, it } from 'vitest';
import type { Gitlab } from '../../src/gitlab/client.ts';
import { GitlabNetworkError, GitlabStatusError } from '../../src/gitlab/errors.ts';
import { distinct } from '../../src/live/job.ts';
import { createPoll, type Reading } from '../../src/live/poll.ts';
import { createPollInterval } from '../../src/live/poll-interval.ts';
import { subscribeTo } from '../../src/live/subscriber.ts';
import { createTestClock } from '../gitlab/upstream.ts';

const origin = { method: 'GET', path: '/projects/42/jobs/1' };
const unavailable = new GitlabNetworkError('reset', { sent: true }, origin);
const forbidden = new GitlabStatusError({ status: 403 }, origin);

interface State {
  status: string;
}

/** Lets everything happen that waits for nothing but its turn. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A poll of something whose state, and way of failing, the test sets. */
function start(initial = 'running') {
  const time = createTestClock();
  const world = { status: initial, error: undefined as unknown };
  const signals: AbortSignal[] = [];
  const held: (() => void)[] = [];
  const control = { hold: false, ended: 0, closed: 0 };
  const reading: Reading<State> = {
    async read(_gitlab, before) {
      const { status, error } = world;
      if (control.hold) await new Promise<void>((resolve) => held.push(resolve));
      if (error) throw error;
      return before?.status === status ? before : { status };
    },
    activity: ({ status }) => (status === 'success' ? 'done' : 'quick'),
    announced: ({ status }) => status,
    close() {
      control.closed += 1;
    },
  };
  const pace = createPollInterval({
    clock: time.clock,
    random: () => 0.5,
    intervalMs: 1_000,
    isScarce: () => false,
  });
  const poll = createPoll(reading, {
    clock: time.clock,
    interval: pace,
    connect(signal) {
      signals.push(signal);
      return {} as Gitlab;
    },
    onEnd() {
      control.ended += 1;
    },
  });
  const view = (signal = new AbortController().signal) =>
    subscribeTo(poll, distinct(), { signal, onLeave: () => {} });
  const release = () => {
    for (const resolve of held.splice(0)) resolve();
    return settle();
  };
  const pass = (ms: number) => {
    time.advance(ms);
    return settle();
  };
  return { poll, view, world, control, signals, release, pass, timers: time.timers };
}

const news = (status: string) => ({ done: false, value: { news: { status } } });
const done = { done: true, value: undefined };

describe('a poll', () => {
  it('reads when the first joins, and once an interval for however many', async () => {
    const { view, signals, pass } = start();
    const views = Array.from({ length: 50 }, () => view());
    expect(await Promise.all(views.map((each) => each.next()))).toEqual(
      views.map(() => news('running')),
    );
    expect(signals).toHaveLength(1);
    await pass(999);
    expect(signals).toHaveLength(1);
    await pass(1);
    expect(signals).toHaveLength(2);
  });

  it('lets others have a turn while it tells very many', async () => {
    const { poll } = start();
    const order: string[] = [];
    poll.join(() => {
      order.push('first');
      setImmediate(() => order.push('somebody else'));
    });
    for (let n = 0; n < 1_000; n++) poll.join(() => {});
    await new Promise<void>((resolve) => {
      poll.join(() => {
        order.push('last');
        resolve();
      });
    });
    expect(order).toEqual(['first', 'somebody else', 'last']);
  });

  it('shows who comes late what is there, and looks again if that is old', async () => {
    const { view, world, signals, pass, poll } = start();
    await view().next();
    poll.wake(true);
    // Woken, a look more, and then the long pause of what has hooks.
    await pass(200);
    await pass(1_000);
    await pass(4_000);
    const before = signals.length;
    world.status = 'canceling';
    const late = view();
    expect(await late.next()).toEqual(news('running'));
    expect(await Promise.all([late.next(), pass(0)])).toEqual([news('canceling'), undefined]);
    expect(signals).toHaveLength(before + 1);
  });

  it('never has two reads under way, and reads again if told of a change meanwhile', async () => {
    const { view, poll, control, signals, release, pass } = start();
    control.hold = true;
    const first = view();
    await settle();
    for (let n = 0; n < 10; n++) poll.wake();
    await pass(10_000);
    expect(signals).toHaveLength(1);
    control.hold = false;
    await release();
    expect(await first.next()).toEqual(news('running'));
    await pass(400);
    expect(signals).toHaveLength(2);
  });

  it('ends with what it follows, after the last news', async () => {
    const { view, world, control, pass, timers } = start();
    const viewer = view();
    await viewer.next();
    world.status = 'success';
    const last = viewer.next();
    await pass(1_000);
    expect(await last).toEqual(news('success'));
    expect(await viewer.next()).toEqual(done);
    expect(control).toMatchObject({ ended: 1, closed: 1 });
    expect(timers.size).toBe(0);
  });

  it('outlasts a failure that may pass, and tells nobody', async () => {
    const { view, world, pass } = start();
    const viewer = view();
    await viewer.next();
    world.error = unavailable;
    await pass(1_000);
    await pass(2_000);
    world.error = undefined;
    world.status = 'canceling';
    const next = viewer.next();
    await pass(4_000);
    expect(await next).toEqual(news('canceling'));
  });

  it('tells a failure to who has seen nothing yet, and one that stays to all', async () => {
    const first = start();
    first.world.error = unavailable;
    const viewer = first.view();
    expect(await viewer.next()).toEqual({ done: false, value: { error: unavailable } });
    expect(await viewer.next()).toEqual(done);

    const second = start();
    const views = [second.view(), second.view()];
    await Promise.all(views.map((each) => each.next()));
    second.world.error = forbidden;
    const ends = views.map((each) => each.next());
    await second.pass(1_000);
    expect(await Promise.all(ends)).toEqual(
      views.map(() => ({ done: false, value: { error: forbidden } })),
    );
    expect(second.timers.size).toBe(0);
  });

  it.each(['return', 'abort'] as const)(
    'ends with its last viewer, who left by %s while waiting',
    async (way) => {
      const { view, control, signals, pass, timers } = start();
      const leaving = new AbortController();
      const [one, other] = [view(leaving.signal), view()];
      await Promise.all([one.next(), other.next()]);
      const waiting = one.next();
      if (way === 'return') await one.return?.();
      else leaving.abort();
      expect(await waiting).toEqual(done);
      await pass(1_000);
      expect(signals).toHaveLength(2);
      await other.return?.();
      expect([control.ended, timers.size]).toEqual([1, 0]);
      await pass(60_000);
      expect(signals).toHaveLength(2);
    },
  );

  it('ends the read that is under way with its last viewer', async () => {
    const { view, control, signals, release, pass, timers } = start();
    control.hold = true;
    const viewer = view();
    await settle();
    await viewer.return?.();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    await release();
    await pass(60_000);
    expect([signals.length, timers.size]).toEqual([1, 0]);
  });

  it('keeps nothing for who is slow: the latest state is what counts', async () => {
    const { view, world, pass } = start();
    const slow = view();
    await slow.next();
    for (const status of ['a', 'b', 'c']) {
      world.status = status;
      await pass(1_000);
    }
    expect(await slow.next()).toEqual(news('c'));
  });

  it('gives who left before coming nothing', async () => {
    const { view, control } = start();
    expect(await view(AbortSignal.abort()).next()).toEqual(done);
    expect(control.ended).toBe(1);
  });
});
