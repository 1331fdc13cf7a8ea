import { expect, it } from 'vitest';
import { createLogBudget } from '../../src/trace/log-budget.ts';

const MEBIBYTE = 1024 * 1024;

it('gives one log all it may have, and two as well', () => {
  const logs = createLogBudget(16 * MEBIBYTE).openOperation();
  logs.open();
  expect(logs.limitPerLog()).toBe(16 * MEBIBYTE);
  logs.open();
  expect(logs.limitPerLog()).toBe(16 * MEBIBYTE);
});

it('shares among the logs of all operations, down to a least', () => {
  const room = createLogBudget(16 * MEBIBYTE);
  const [one, other] = [room.openOperation(), room.openOperation()];
  for (let i = 0; i < 4; i++) one.open();
  for (let i = 0; i < 4; i++) other.open();
  expect(one.limitPerLog()).toBe(4 * MEBIBYTE);
  for (let i = 0; i < 10_000; i++) other.open();
  expect(one.limitPerLog()).toBe(64 * 1024);
});

it('gives the room back once an operation has left, however often it does', () => {
  const room = createLogBudget(16 * MEBIBYTE);
  const [one, other] = [room.openOperation(), room.openOperation()];
  for (let i = 0; i < 8; i++) one.open();
  other.open();
  one.release();
  one.release();
  expect(other.limitPerLog()).toBe(16 * MEBIBYTE);
});

it.each(['characters', 'rows'] as const)('lets each operation tell so many %s', (what) => {
  const room = createLogBudget(6_250);
  const [one, other] = [room.openOperation(), room.openOperation()];
  const tell = (logs: typeof one, count: number) => logs.recordOutput({ [what]: count });
  expect([tell(one, 25_000), tell(one, 1), tell(other, 1)]).toEqual([true, false, true]);
});
