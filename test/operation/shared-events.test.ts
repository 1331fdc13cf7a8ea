import { expect, it, vi } from 'vitest';
import { createSharedEvents } from '../../src/operation/shared-events.ts';
import { shareEventLoop } from '../../src/util/event-loop.ts';

const response = (json: string, more: { errors?: unknown[]; readMore?: boolean } = {}) => ({
  json,
  errors: [],
  readMore: false,
  ...more,
});

function start(perf?: { now(): number }) {
  const shareEvents = createSharedEvents<ReturnType<typeof response>>(perf);
  /** Calls `shareEvents` for a new subscriber. `execute` creates the response to the event. */
  const share = (
    event: unknown,
    operation: Parameters<typeof shareEvents>[0],
    execute: () => Promise<ReturnType<typeof response>>,
  ) => shareEvents(operation)(event, execute);
  const operation = { cached: {}, variableValues: { id: '1' } };
  return { share, operation };
}

it('executes an event once for all subscribers of its news with one operation', async () => {
  const { share, operation } = start();
  const execute = vi.fn(async () => response('{}'));
  const news = { status: 'running' };
  const all = Array.from({ length: 20 }, () => share({ news }, operation, execute));
  const shared = await Promise.all(all);
  expect(new Set(shared).size).toBe(1);
  expect(await share({ news }, operation, execute)).toBe(shared[0]);
  expect(execute).toHaveBeenCalledTimes(1);
});

it('executes other news, other operations, other variables and errors separately', async () => {
  const { share, operation } = start();
  const execute = vi.fn(async () => response('{}'));
  const news = { status: 'running' };
  await share({ news }, operation, execute);
  await share({ news: { ...news } }, operation, execute);
  await share({ news }, { ...operation, cached: {} }, execute);
  await share({ news }, { ...operation, variableValues: { id: '2' } }, execute);
  const error = { error: new Error('gone') };
  await share(error, operation, execute);
  await share(error, operation, execute);
  expect(execute).toHaveBeenCalledTimes(6);
});

it('executes again for each subscriber after an error, which may concern one of them', async () => {
  const { share, operation } = start();
  const news = {};
  let fail = (_response: ReturnType<typeof response>): void => {};
  const failing = vi.fn(
    () =>
      new Promise<ReturnType<typeof response>>((done) => {
        fail = done;
      }),
  );
  const failed = share({ news }, operation, failing);
  await vi.waitFor(() => expect(failing).toHaveBeenCalled());
  const throwing = share({ news }, operation, () => Promise.reject(new Error('a bug')));
  const rejected = expect(throwing).rejects.toThrow('a bug');
  const working = share({ news }, operation, async () => response('{"data":1}'));
  await shareEventLoop();
  fail(response('{}', { errors: ['disconnected'] }));
  expect((await failed).errors).toEqual(['disconnected']);
  await rejected;
  expect((await working).json).toBe('{"data":1}');
});

it('keeps a response that read more than the news for one second only', async () => {
  let now = 1_000;
  const { share, operation } = start({ now: () => now });
  const news = {};
  const readMore = vi.fn(async () => response('{}', { readMore: true }));
  await share({ news }, operation, readMore);
  await share({ news }, operation, readMore);
  expect(readMore).toHaveBeenCalledTimes(1);
  now += 1_001;
  await share({ news }, operation, readMore);
  expect(readMore).toHaveBeenCalledTimes(2);
});
