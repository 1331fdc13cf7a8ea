import { describe, expect, it } from 'vitest';
import type { Gitlab } from '../../src/gitlab/client.ts';
import { GitlabNetworkError, GitlabStatusError } from '../../src/gitlab/errors.ts';
import { createFailures } from '../../src/live/failures.ts';
import { distinct } from '../../src/live/job.ts';
import { createPoll, type ResourceReader } from '../../src/live/poll.ts';
import { createPollInterval } from '../../src/live/poll-interval.ts';
import { subscribeTo } from '../../src/live/subscriber.ts';
import { createTestClock } from '../gitlab/upstream.ts';

const origin = { method: 'GET', path: '/projects/42/jobs/1' };
const unavailable = new GitlabNetworkError('reset', { sent: true }, origin);
const forbidden = new GitlabStatusError({ status: 403 }, origin);

interface State {
  status: string;
}

/** Waits until all pending microtasks have run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Creates a poll of a resource. The test sets the state of the resource and the error of reads. */
function start(initial = 'running') {
  const time = createTestClock();
  const world = { status: initial, error: undefined as unknown };
  const signals: AbortSignal[] = [];
  const held: (() => void)[] = [];
  const control = { hold: false, ended: 0, closed: 0 };
  const reader: ResourceReader<State> = {
    async read(_gitlab, before) {
      const { status, error } = world;
      if (control.hold) await new Promise<void>((resolve) => held.push(resolve));
      if (error) throw error;
      return before?.status === status ? before : { status };
    },
    activity: ({ status }) => (status === 'success' ? 'finished' : 'active'),
    webhookFingerprint: ({ status }) => status,
    close() {
      control.closed += 1;
    },
  };
  const interval = createPollInterval({
    clock: time.clock,
    random: () => 0.5,
    intervalMs: 1_000,
    isScarce: () => false,
  });
  const poll = createPoll(reader, {
    clock: time.clock,
    interval,
    connect(signal) {
      signals.push(signal);
      return {} as Gitlab;
    },
    onEnd() {
      control.ended += 1;
    },
  });
  const subscribe = (signal = new AbortController().signal) =>
    subscribeTo(poll, distinct(), {
      signal,
      clock: time.clock,
      failures: createFailures({ clock: time.clock, random: () => 0.5, intervalMs: 1_000 }),
      onLeave() {},
    });
  const release = () => {
    for (const resolve of held.splice(0)) resolve();
    return settle();
  };
  const pass = (ms: number) => {
    time.advance(ms);
    return settle();
  };
  return { poll, subscribe, world, control, signals, release, pass, timers: time.timers };
}

const news = (status: string) => ({ done: false, value: { news: { status } } });
const done = { done: true, value: undefined };

describe('a poll', () => {
  it('reads when the first subscriber joins, then once per interval for all of them', async () => {
    const { subscribe, signals, pass } = start();
    const subscribers = Array.from({ length: 50 }, () => subscribe());
    expect(await Promise.all(subscribers.map((each) => each.next()))).toEqual(
      subscribers.map(() => news('running')),
    );
    expect(signals).toHaveLength(1);
    await pass(999);
    expect(signals).toHaveLength(1);
    await pass(1);
    expect(signals).toHaveLength(2);
  });

  it('lets other work run while it notifies many subscribers', async () => {
    const { poll } = start();
    const order: string[] = [];
    poll.join(() => {
      order.push('first');
      setImmediate(() => order.push('other work'));
    });
    for (let n = 0; n < 1_000; n++) poll.join(() => {});
    await new Promise<void>((resolve) => {
      poll.join(() => {
        order.push('last');
        resolve();
      });
    });
    expect(order).toEqual(['first', 'other work', 'last']);
  });

  it('gives a late subscriber the known state, and reads again if that is stale', async () => {
    const { subscribe, world, signals, pass, poll } = start();
    await subscribe().next();
    poll.notify(true);
    // A webhook causes a read, and one more read soon after it. Then the long interval with
    // webhooks applies.
    await pass(200);
    await pass(1_000);
    await pass(4_000);
    const before = signals.length;
    world.status = 'canceling';
    const late = subscribe();
    expect(await late.next()).toEqual(news('running'));
    expect(await Promise.all([late.next(), pass(0)])).toEqual([news('canceling'), undefined]);
    expect(signals).toHaveLength(before + 1);
  });

  it('never reads concurrently, and reads again if notified during a read', async () => {
    const { subscribe, poll, control, signals, release, pass } = start();
    control.hold = true;
    const first = subscribe();
    await settle();
    for (let n = 0; n < 10; n++) poll.notify();
    await pass(10_000);
    expect(signals).toHaveLength(1);
    control.hold = false;
    await release();
    expect(await first.next()).toEqual(news('running'));
    await pass(400);
    expect(signals).toHaveLength(2);
  });

  it('ends after the last news when the resource is finished', async () => {
    const { subscribe, world, control, pass, timers } = start();
    const subscriber = subscribe();
    await subscriber.next();
    world.status = 'success';
    const last = subscriber.next();
    await pass(1_000);
    expect(await last).toEqual(news('success'));
    expect(await subscriber.next()).toEqual(done);
    expect(control).toMatchObject({ ended: 1, closed: 1 });
    expect(timers.size).toBe(0);
  });

  it('retries after a transient error without reporting it', async () => {
    const { subscribe, world, pass } = start();
    const subscriber = subscribe();
    await subscriber.next();
    world.error = unavailable;
    await pass(1_000);
    await pass(2_000);
    world.error = undefined;
    world.status = 'canceling';
    const next = subscriber.next();
    await pass(4_000);
    expect(await next).toEqual(news('canceling'));
  });

  it('reports an error of the first read, and a permanent error to all subscribers', async () => {
    const first = start();
    first.world.error = unavailable;
    const subscriber = first.subscribe();
    expect(await subscriber.next()).toEqual({ done: false, value: { error: unavailable } });
    expect(await subscriber.next()).toEqual(done);

    const second = start();
    const subscribers = [second.subscribe(), second.subscribe()];
    await Promise.all(subscribers.map((each) => each.next()));
    second.world.error = forbidden;
    const ends = subscribers.map((each) => each.next());
    await second.pass(1_000);
    expect(await Promise.all(ends)).toEqual(
      subscribers.map(() => ({ done: false, value: { error: forbidden } })),
    );
    expect(second.timers.size).toBe(0);
  });

  it.each(['return', 'abort'] as const)(
    'ends with its last subscriber, which left by %s while waiting',
    async (how) => {
      const { subscribe, control, signals, pass, timers } = start();
      const leaving = new AbortController();
      const [one, other] = [subscribe(leaving.signal), subscribe()];
      await Promise.all([one.next(), other.next()]);
      const waiting = one.next();
      if (how === 'return') await one.return?.();
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

  it('aborts the current read when its last subscriber leaves', async () => {
    const { subscribe, control, signals, release, pass, timers } = start();
    control.hold = true;
    const subscriber = subscribe();
    await settle();
    await subscriber.return?.();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    await release();
    await pass(60_000);
    expect([signals.length, timers.size]).toEqual([1, 0]);
  });

  it('queues nothing for a slow subscriber, which receives the latest state', async () => {
    const { subscribe, world, pass } = start();
    const slow = subscribe();
    await slow.next();
    for (const status of ['a', 'b', 'c']) {
      world.status = status;
      await pass(1_000);
    }
    expect(await slow.next()).toEqual(news('c'));
  });

  it('gives nothing to a subscriber whose signal is already aborted', async () => {
    const { subscribe, control } = start();
    expect(await subscribe(AbortSignal.abort()).next()).toEqual(done);
    expect(control.ended).toBe(1);
  });
});
