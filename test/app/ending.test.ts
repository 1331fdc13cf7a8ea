import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type FaultSource, shutDown, watchFaults } from '../../src/app/process.ts';
import { createCrashLoopGuard } from '../../src/app/workers.ts';
import { Secret } from '../../src/util/secret.ts';
import { createMemoryLog } from '../http/memory-log.ts';

describe('the guard against crash loops', () => {
  it('trips at the tenth death within a minute', () => {
    const isCrashLoop = createCrashLoopGuard();
    const results = Array.from({ length: 10 }, (_, at) => isCrashLoop(at));
    expect(results).toEqual([...Array(9).fill(false), true]);
  });

  it('forgets deaths older than a minute', () => {
    const isCrashLoop = createCrashLoopGuard();
    for (let at = 0; at < 9; at++) isCrashLoop(at);
    expect(isCrashLoop(70_000)).toBe(false);
  });
});

describe('shutting down', () => {
  it('closes once all running work has finished', async () => {
    const done: string[] = [];
    const { logger, lines } = createMemoryLog();
    const endable = {
      drain: async () => void done.push('drained'),
      close: async () => done.push('closed'),
    };
    await shutDown(endable, { timeoutMs: 10_000, logger });
    expect(done).toEqual(['drained', 'closed']);
    expect(lines().map(({ msg }) => msg)).toEqual(['shutting down']);
  });

  it('aborts what has not finished in time, and logs it', async () => {
    const { logger, lines } = createMemoryLog();
    let isClosed = false;
    const endable = {
      drain: () => new Promise<void>(() => undefined),
      close: async () => (isClosed = true),
    };
    await shutDown(endable, { timeoutMs: 20, logger });
    expect(isClosed).toBe(true);
    expect(lines().at(-1)).toMatchObject({ level: 'warn', timeoutMs: 20 });
  });

  it('does not wait for a close that never resolves', async () => {
    const { logger } = createMemoryLog();
    const endable = { drain: async () => {}, close: () => new Promise<void>(() => {}) };
    await expect(shutDown(endable, { timeoutMs: 20, logger })).resolves.toBeUndefined();
  });
});

describe('the handler of process faults', () => {
  function watch() {
    const listeners = new Map<string, (fault: unknown) => void>();
    const source: FaultSource = { on: (event, listener) => listeners.set(event, listener) };
    const { logger, lines } = createMemoryLog();
    const ends: string[] = [];
    watchFaults(source, {
      logger,
      end: async () => ends.push('end'),
      exit: () => void ends.push('exit'),
    });
    return { lines, ends, raise: (event: string, fault: unknown) => listeners.get(event)?.(fault) };
  }

  it('logs an unhandled rejection in one line without tokens, and continues', () => {
    const { lines, ends, raise } = watch();
    raise('unhandledRejection', new Error('sent glpat-abcdefghijklmnopqrst'));
    expect(lines()).toHaveLength(1);
    expect(JSON.stringify(lines())).not.toContain('glpat-abcdefgh');
    expect(ends).toEqual([]);
  });

  it('shuts down after an uncaught exception, and exits immediately after a second one', async () => {
    const { lines, ends, raise } = watch();
    raise('uncaughtException', new Error('one'));
    raise('uncaughtException', 'two');
    await expect.poll(() => ends).toEqual(['end', 'exit', 'exit']);
    expect(lines().map(({ level }) => level)).toEqual(['fatal', 'fatal']);
  });
});

describe('a secret', () => {
  it('is shown by reveal() only', () => {
    const secret = new Secret('glpat-hidden');
    const shown = [`${secret}`, JSON.stringify({ secret }), inspect({ secret }), String(secret)];
    expect(shown.join()).not.toContain('glpat-hidden');
    expect(secret.reveal()).toBe('glpat-hidden');
  });
});
