import { expect, it } from 'vitest';
import { createLogRoom } from '../../src/trace/log-budget.ts';

const MEBIBYTE = 1024 * 1024;

it('gives one log all it may have, and two as well', () => {
  const logs = createLogRoom(16 * MEBIBYTE).enter();
  logs.open();
  expect(logs.share()).toBe(16 * MEBIBYTE);
  logs.open();
  expect(logs.share()).toBe(16 * MEBIBYTE);
});

it('shares among the logs of all operations, down to a least', () => {
  const room = createLogRoom(16 * MEBIBYTE);
  const [one, other] = [room.enter(), room.enter()];
  for (let i = 0; i < 4; i++) one.open();
  for (let i = 0; i < 4; i++) other.open();
  expect(one.share()).toBe(4 * MEBIBYTE);
  for (let i = 0; i < 10_000; i++) other.open();
  expect(one.share()).toBe(64 * 1024);
});

it('gives the room back once an operation has left, however often it does', () => {
  const room = createLogRoom(16 * MEBIBYTE);
  const [one, other] = [room.enter(), room.enter()];
  for (let i = 0; i < 8; i++) one.open();
  other.open();
  one.leave();
  one.leave();
  expect(other.share()).toBe(16 * MEBIBYTE);
});

it.each(['characters', 'rows'] as const)('lets each operation tell so many %s', (what) => {
  const room = createLogRoom(6_250);
  const [one, other] = [room.enter(), room.enter()];
  const tell = (logs: typeof one, count: number) => logs.tell({ [what]: count });
  expect([tell(one, 25_000), tell(one, 1), tell(other, 1)]).toEqual([true, false, true]);
});
