import { expect, it } from 'vitest';
import { createReadLimits } from '../../src/live/read-limit.ts';
import { createTestClock } from '../gitlab/upstream.ts';

const start = () => {
  const time = createTestClock();
  return { ...time, limits: createReadLimits(time.clock) };
};

it('allows 60 reads a minute for all polls of a credential', () => {
  const { limits, advance } = start();
  const [poll, other] = [limits.join('alice'), limits.join('alice')];
  for (let read = 0; read < 30; read++) {
    expect([poll.take(), other.take()]).toEqual([0, 0]);
    advance(1_000);
  }
  expect(poll.take()).toBe(30_000);
  expect(limits.join('bob').take()).toBe(0);
  advance(30_000);
  expect([poll.take(), other.take()]).toEqual([0, 0]);
  expect(poll.take()).toBe(1_000);
});

it('lets the first read of a poll start at once', () => {
  const { limits } = start();
  const poll = limits.join('alice');
  for (let read = 0; read < 60; read++) poll.take();
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
