import { describe, expect, it } from 'vitest';
import {
  GitlabNetworkError,
  GitlabRateLimitError,
  GitlabResponseError,
  GitlabStatusError,
  GitlabTimeoutError,
} from '../../../src/gitlab/errors.ts';
import type { GitlabResponse } from '../../../src/gitlab/request.ts';
import { createCircuitBreaker } from '../../../src/gitlab/transport/circuit-breaker.ts';
import { aCall, createTestClock } from '../upstream.ts';

const origin = { method: 'GET', path: '/job' };
const down = new GitlabNetworkError('refused', { sent: false }, origin);
const good: GitlabResponse<unknown> = { status: 200, headers: {}, value: 'fine' };

function start() {
  const time = createTestClock();
  const state = { outcome: down as GitlabResponse<unknown> | Error, calls: 0 };
  const guarded = createCircuitBreaker(async () => {
    state.calls += 1;
    if (state.outcome instanceof Error) throw state.outcome;
    return state.outcome;
  }, time.clock);
  const call = (method: 'GET' | 'POST' = 'GET') =>
    guarded(aCall({ method })).catch((error: unknown) => error);
  const fail = async (times: number, outcome: Error = down, method: 'GET' | 'POST' = 'GET') => {
    state.outcome = outcome;
    for (let n = 0; n < times; n++) await call(method);
  };
  return { state, call, fail, ...time };
}

describe('the circuit breaker', () => {
  it('opens after twenty consecutive failures and reports that nothing was sent', async () => {
    const { state, call, fail } = start();
    await fail(20);
    expect(await call()).toMatchObject({ code: 'GITLAB_NETWORK', sent: false });
    expect(state.calls).toBe(20);
  });

  it('sends one probe after a pause and closes if that succeeds', async () => {
    const { state, call, fail, advance } = start();
    await fail(20);
    advance(1_000);
    state.outcome = good;
    const [probe, beside] = await Promise.all([call(), call()]);
    expect(probe).toBe(good);
    expect(beside).toBeInstanceOf(GitlabNetworkError);
    expect(await call()).toBe(good);
    expect(state.calls).toBe(22);
  });

  it('doubles the pause while probes fail, up to 30 s', async () => {
    const { state, call, fail, advance } = start();
    await fail(20);
    for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const before = state.calls;
      advance(pause - 1);
      await call();
      expect(state.calls).toBe(before);
      advance(1);
      await call();
      expect(state.calls).toBe(before + 1);
    }
  });

  it('probes again immediately if a probe was inconclusive, such as when its caller left', async () => {
    const { state, call, fail, advance } = start();
    await fail(20);
    advance(1_000);
    state.outcome = new Error('left');
    await call();
    state.outcome = good;
    expect(await call()).toBe(good);
  });

  it('resets the count with every response', async () => {
    const { state, call, fail } = start();
    await fail(19);
    state.outcome = good;
    await call();
    await fail(19);
    expect(state.calls).toBe(39);
    expect(await call()).toBe(down);
  });

  it('ignores a write that a proxy or maintenance mode refuses', async () => {
    const { state, call, fail, advance } = start();
    await fail(19);
    await fail(1, status(503), 'POST');
    await fail(1);
    expect(await call()).toMatchObject({ code: 'GITLAB_NETWORK', sent: false });
    advance(1_000);
    await fail(1, status(502), 'POST');
    await call();
    expect(state.calls).toBe(22);
  });

  const status = (code: number) => new GitlabStatusError({ status: code }, origin);
  const queued = new GitlabTimeoutError({ phase: 'total', sent: false }, origin);
  it.each<[string, Error, 'GET' | 'POST', boolean]>([
    ['502', status(502), 'GET', true],
    ['503', status(503), 'GET', true],
    ['504', status(504), 'GET', true],
    ['a timeout', new GitlabTimeoutError({ phase: 'headers', sent: true }, origin), 'GET', true],
    ['502 for writes', status(502), 'POST', true],
    ['503 for writes, as in maintenance', status(503), 'POST', false],
    ['500, which concerns a single request', status(500), 'GET', false],
    ['404', status(404), 'GET', false],
    ['429', new GitlabRateLimitError({ retryAfterSeconds: 1 }, origin), 'GET', false],
    ['an unusable response', new GitlabResponseError('x', { status: 200 }, origin), 'GET', false],
    ['a timeout in the gateway’s queues', queued, 'GET', false],
    ['a caller that aborts', new Error('left'), 'GET', false],
  ])('counts %s: %s', async (_, outcome, method, opens) => {
    const { state, call, fail } = start();
    await fail(30, outcome, method);
    expect(state.calls).toBe(opens ? 20 : 30);
    state.outcome = good;
    expect((await call()) === good).toBe(!opens);
  });
});
