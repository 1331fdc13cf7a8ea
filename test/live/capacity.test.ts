import { expect, it } from 'vitest';
import { createKnownCredentials } from '../../src/gitlab/known-credentials.ts';
import { createCapacity, LiveCapacityError } from '../../src/live/capacity.ts';

function start() {
  const known = createKnownCredentials();
  for (const digest of ['alice', 'bob']) known.add(digest);
  return createCapacity(known);
}

it('limits what the polls of one credential keep, and leaves the rest for others', () => {
  const capacity = start();
  const holders = Array.from({ length: 512 }, () => capacity.createHolder('alice'));
  for (const holder of holders) holder.hold('logs', 1);
  expect(() => capacity.createHolder('alice').hold('logs', 1)).toThrow(LiveCapacityError);
  capacity.createHolder('bob').hold('logs', 1);
  holders[0]?.release();
  capacity.createHolder('alice').hold('logs', 1);
  expect(capacity.count('logs')).toBe(513);
});

it('counts what a poll keeps now, so that a pipeline that grows or ends is counted correctly', () => {
  const capacity = start();
  const [first, second] = [capacity.createHolder('alice'), capacity.createHolder('alice')];
  first.hold('jobs', 12_000);
  first.hold('jobs', 11_000);
  second.hold('jobs', 12_000);
  expect(() => first.hold('jobs', 11_001)).toThrow(LiveCapacityError);
  first.hold('jobs', 10_000);
  expect(capacity.count('jobs')).toBe(22_000);
  first.release();
  expect(capacity.count('jobs')).toBe(12_000);
});
