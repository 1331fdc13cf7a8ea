import { expect, it } from 'vitest';
import { createReadLimits } from '../../src/live/read-limit.ts';
import { createTestClock } from '../gitlab/upstream.ts';

const start = () => {
  const time = createTestClock();
  return { ...time, limits: createReadLimits(time.clock) };
};

it('allows a read each second for all polls of a credential', () => {
  const { limits, advance } = start();
  const [poll, other] = [limits.join('alice'), limits.join('alice')];
  for (let second = 0; second < 90; second++) {
    expect((second % 2 ? other : poll).take()).toBe(0);
    advance(1_000);
  }
  advance(-400);
  expect([poll.take(), other.take()]).toEqual([400, 1_400]);
  expect(limits.join('bob').take()).toBe(0);
});

it('never lets a burst of reads delay the next one by more than 2 s', () => {
  const { limits, advance, clock } = start();
  const poll = limits.join('alice');
  const startedAt: number[] = [];
  const from = clock.now();
  while (clock.now() < from + 300_000) {
    const waitMs = poll.take();
    if (waitMs === 0) startedAt.push(clock.now());
    advance(waitMs || 200);
  }
  const gaps = startedAt.slice(1).map((time, at) => time - (startedAt[at] ?? 0));
  expect(gaps.slice(0, 29).every((gap) => gap === 200)).toBe(true);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(2_000);
  expect(startedAt.every((time, at) => time - (startedAt[at - 60] ?? 0) >= 60_000)).toBe(true);
  expect(startedAt.length).toBeGreaterThanOrEqual(295);
});

it('serves polls in the order in which they ask, however often one asks', () => {
  const { limits, advance } = start();
  const [busy, ...others] = Array.from({ length: 5 }, () => limits.join('alice'));
  for (const other of others) other.take();
  while (busy?.take() === 0) advance(200);
  const waits = others.map((other) => other.take());
  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
  for (const [at, other] of others.entries()) {
    advance((waits[at] ?? 0) - (waits[at - 1] ?? 0));
    busy?.take();
    expect(other.take()).toBe(0);
  }
});

it('gives the time of a poll that ends to the next one', () => {
  const { limits } = start();
  const [busy, left, next] = Array.from({ length: 3 }, () => limits.join('alice'));
  left?.take();
  next?.take();
  while (busy?.take() === 0);
  const waitMs = left?.take();
  left?.leave();
  expect(next?.take()).toBe(waitMs);
});

it('lets the first read of a poll start at once', () => {
  const { limits } = start();
  for (let read = 0; read < 60; read++) limits.join('alice').take();
  const late = limits.join('alice');
  expect(late.take()).toBe(0);
  expect(late.take()).toBe(60_000);
});

it('divides the minute between the polls, and forgets those that have ended', () => {
  const { limits } = start();
  const polls = Array.from({ length: 20 }, () => limits.join('alice'));
  expect(polls[0]?.intervalMs()).toBe(20_000);
  for (const poll of polls.slice(1)) poll.leave();
  expect(polls[0]?.intervalMs()).toBe(1_000);
});
