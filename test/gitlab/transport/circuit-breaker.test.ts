import { describe, expect, it } from 'vitest';
import {
  type GitlabError,
  GitlabMisroutedError,
  GitlabNetworkError,
  GitlabRateLimitError,
  GitlabResponseError,
  GitlabStatusError,
  GitlabTimeoutError,
} from '../../../src/gitlab/errors.ts';
import type { GitlabResponse } from '../../../src/gitlab/request.ts';
import { createCircuitBreaker } from '../../../src/gitlab/transport/circuit-breaker.ts';
import { aCall, createTestClock, until } from '../upstream.ts';

const origin = { method: 'GET', path: '/job' };
const down = new GitlabNetworkError('refused', { sent: false }, origin);
const status = (code: number) => new GitlabStatusError({ status: code }, origin);
const good: GitlabResponse<unknown> = { status: 200, headers: {}, value: 'fine' };

/**
 * Creates a circuit breaker. `outcome` is the result of callers' calls, `health` the result of the
 * gateway's own probe.
 */
function start() {
  const time = createTestClock();
  const state = {
    outcome: down as GitlabResponse<unknown> | Error,
    health: down as GitlabError | undefined,
    calls: 0,
    probes: 0,
    changes: [] as boolean[],
  };
  const send = async () => {
    state.calls += 1;
    if (state.outcome instanceof Error) throw state.outcome;
    return state.outcome;
  };
  const probe = async () => {
    state.probes += 1;
    return state.health;
  };
  const onCircuit = (isOpen: boolean) => void state.changes.push(isOpen);
  const guarded = createCircuitBreaker(send, { clock: time.clock, probe, onCircuit });
  const call = (method: 'GET' | 'POST' = 'GET') =>
    guarded(aCall({ method })).catch((error: unknown) => error);
  const fail = async (times: number, outcome: Error = down, method: 'GET' | 'POST' = 'GET') => {
    state.outcome = outcome;
    for (let n = 0; n < times; n++) await call(method);
  };
  const open = async () => {
    await fail(20);
    await until(() => state.changes.at(-1) === true);
  };
  return { state, call, fail, open, ...time };
}

describe('the circuit breaker', () => {
  it('opens after twenty failures if its own probe fails, and reports that nothing was sent', async () => {
    const { state, call, open } = start();
    await open();
    expect(await call()).toMatchObject({ code: 'GITLAB_NETWORK', sent: false });
    expect(state).toMatchObject({ calls: 20, probes: 1, changes: [true] });
  });

  it.each([
    ['succeeds', undefined],
    ['finds another server', new GitlabMisroutedError('a page', { status: 200 }, origin)],
  ])('stays closed for failing calls while its probe %s', async (_, health) => {
    const { state, call, fail } = start();
    state.health = health;
    await fail(100);
    expect(state).toMatchObject({ calls: 100, probes: 5, changes: [] });
    state.outcome = good;
    expect(await call()).toBe(good);
  });

  it('probes after a pause, closes if that succeeds, and sends no call until then', async () => {
    const { state, call, open, advance } = start();
    await open();
    advance(1_000);
    [state.outcome, state.health] = [good, undefined];
    const [first, beside] = await Promise.all([call(), call()]);
    expect(first).toBe(good);
    expect(beside).toBeInstanceOf(GitlabNetworkError);
    expect(await call()).toBe(good);
    expect(state).toMatchObject({ calls: 22, probes: 2, changes: [true, false] });
  });

  it('doubles the pause while probes fail, up to 30 s', async () => {
    const { state, call, open, advance } = start();
    await open();
    for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const before = state.probes;
      advance(pause - 1);
      await call();
      expect(state.probes).toBe(before);
      advance(1);
      await call();
      expect(state.probes).toBe(before + 1);
    }
    expect(state.calls).toBe(20);
  });

  it('starts counting again after every response', async () => {
    const { state, call, fail } = start();
    await fail(19);
    state.outcome = good;
    await call();
    await fail(19);
    expect(state).toMatchObject({ calls: 39, probes: 0 });
  });

  const queued = new GitlabTimeoutError({ phase: 'total', sent: false }, origin);
  it.each<[string, Error, 'GET' | 'POST', boolean]>([
    ['502', status(502), 'GET', true],
    ['503', status(503), 'GET', true],
    ['504', status(504), 'GET', true],
    ['522 of a content delivery network', status(522), 'GET', true],
    ['a timeout', new GitlabTimeoutError({ phase: 'headers', sent: true }, origin), 'GET', true],
    ['502 for writes', status(502), 'POST', true],
    ['503 for writes, as in maintenance', status(503), 'POST', false],
    ['500, which concerns a single request', status(500), 'GET', false],
    ['404', status(404), 'GET', false],
    [
      '429',
      new GitlabRateLimitError({ retryAfterSeconds: 1, limitsAllCalls: true }, origin),
      'GET',
      false,
    ],
    ['an unusable response', new GitlabResponseError('x', { status: 200 }, origin), 'GET', false],
    ['another server', new GitlabMisroutedError('x', { status: 200 }, origin), 'GET', false],
    ['a timeout in the gateway’s queues', queued, 'GET', false],
    ['a caller that aborts', new Error('left'), 'GET', false],
  ])('counts %s', async (_, outcome, method, counts) => {
    const { state, fail } = start();
    await fail(20, outcome, method);
    expect(state.probes).toBe(counts ? 1 : 0);
  });
});
