import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createDownloads } from '../../src/http/downloads.ts';
import { createTestClock } from '../gitlab/upstream.ts';

const limits = {
  ...{ total: 3, perCaller: 2, stalledMs: 30_000, maxMs: 100_000, slowMs: 2_000 },
  isKnown: (caller: string) => !caller.startsWith('unknown'),
};

/** Creates a response whose reader the test controls. */
function aResponse() {
  const response = Object.assign(new EventEmitter(), {
    writableNeedDrain: false,
    isDestroyed: false,
    destroy() {
      response.isDestroyed = true;
      response.emit('close');
    },
    /** Simulates that the reader reads the buffered data. */
    take() {
      response.emit('drain');
    },
  });
  return response;
}

function start() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const { clock, advance } = createTestClock();
  const downloads = createDownloads(limits, clock);
  const download = (caller: string, { isSlow = false } = {}) => {
    const response = aResponse();
    response.writableNeedDrain = isSlow;
    const isStarted = downloads.start(caller, response as unknown as ServerResponse);
    return { response, isStarted };
  };
  const pass = (ms: number) => {
    advance(ms);
    vi.advanceTimersByTime(ms);
  };
  return { download, pass };
}

it('refuses a download if the caller, or all together, have too many and none is slow', () => {
  const { download } = start();
  const [first] = [download('a'), download('a')];
  expect(download('a').isStarted).toBe(false);
  expect(download('b').isStarted).toBe(true);
  expect(download('c').isStarted).toBe(false);
  first?.response.emit('close');
  expect(download('c').isStarted).toBe(true);
});

it('cuts off the slowest reader for another one: of the caller, or of all', () => {
  const { download, pass } = start();
  const slow = download('a', { isSlow: true });
  pass(1_000);
  const slower = download('a', { isSlow: true });
  expect(download('a').isStarted).toBe(false);
  pass(1_500);
  slow.response.take();
  expect([download('a').isStarted, slower.response.isDestroyed]).toEqual([false, false]);
  pass(500);
  expect([download('a').isStarted, slower.response.isDestroyed]).toEqual([true, true]);
  expect(download('b').isStarted).toBe(true);
  pass(2_000);
  expect([download('c').isStarted, slow.response.isDestroyed]).toEqual([true, true]);
});

it('allows half of all downloads to callers that GitLab has not accepted', () => {
  const { download, pass } = start();
  const slow = download('a', { isSlow: true });
  const unknown = [download('unknown 1'), download('unknown 2', { isSlow: true })];
  expect(unknown.map(({ isStarted }) => isStarted)).toEqual([true, true]);
  pass(2_000);
  expect(download('unknown 3').isStarted).toBe(true);
  expect(download('unknown 4').isStarted).toBe(false);
  expect([slow, ...unknown].map(({ response }) => response.isDestroyed)).toEqual([
    ...[false, false, true],
  ]);
});

it('cuts off a reader that takes nothing for 30 s, but not one that waits for GitLab', () => {
  const { download, pass } = start();
  const waiting = download('a');
  const stalled = download('b', { isSlow: true });
  pass(29_000);
  stalled.response.take();
  pass(29_000);
  expect(stalled.response.isDestroyed).toBe(false);
  pass(4_000);
  expect([stalled.response.isDestroyed, waiting.response.isDestroyed]).toEqual([true, false]);
});

it('does not blame a reader for the time for which GitLab sent nothing', () => {
  const { download, pass } = start();
  const { response } = download('a');
  pass(40_000);
  response.writableNeedDrain = true;
  pass(1_000);
  expect([download('a').isStarted, download('a').isStarted]).toEqual([true, false]);
  expect(response.isDestroyed).toBe(false);
  pass(28_000);
  expect(response.isDestroyed).toBe(false);
  pass(2_000);
  expect(response.isDestroyed).toBe(true);
});

it('cuts off a download that takes too long', () => {
  const { download, pass } = start();
  const { response } = download('a');
  pass(99_000);
  expect(response.isDestroyed).toBe(false);
  pass(4_000);
  expect(response.isDestroyed).toBe(true);
});
