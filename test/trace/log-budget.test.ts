import { expect, it } from 'vitest';
import { createLogBudget } from '../../src/trace/log-budget.ts';

const MEBIBYTE = 1024 * 1024;

it('gives one log and two logs their full length', () => {
  const logs = createLogBudget(16 * MEBIBYTE).openOperation();
  logs.open();
  expect(logs.limitPerLog()).toBe(16 * MEBIBYTE);
  logs.open();
  expect(logs.limitPerLog()).toBe(16 * MEBIBYTE);
});

it('divides the memory between the logs of all operations, down to a minimum', () => {
  const budget = createLogBudget(16 * MEBIBYTE);
  const [one, other] = [budget.openOperation(), budget.openOperation()];
  for (let i = 0; i < 4; i++) one.open();
  for (let i = 0; i < 4; i++) other.open();
  expect(one.limitPerLog()).toBe(4 * MEBIBYTE);
  for (let i = 0; i < 10_000; i++) other.open();
  expect(one.limitPerLog()).toBe(64 * 1024);
});

it('returns the memory of a released operation once', () => {
  const budget = createLogBudget(16 * MEBIBYTE);
  const [one, other] = [budget.openOperation(), budget.openOperation()];
  for (let i = 0; i < 8; i++) one.open();
  other.open();
  one.release();
  one.release();
  expect(other.limitPerLog()).toBe(16 * MEBIBYTE);
});

it.each(['characters', 'rows'] as const)('limits the %s of each operation', (what) => {
  const budget = createLogBudget(6_250);
  const [one, other] = [budget.openOperation(), budget.openOperation()];
  const record = (logs: typeof one, count: number) => logs.recordOutput({ [what]: count });
  expect([record(one, 25_000), record(one, 1), record(other, 1)]).toEqual([true, false, true]);
});
