import type { Clock } from '../../util/clock.ts';
import { GitlabNetworkError, GitlabStatusError, isOutage } from '../errors.ts';
import { type Call, originOf, type Send } from '../request.ts';
import type { Probe } from './probe.ts';

/** Number of consecutive failures, over all callers, after which the gateway probes GitLab. */
const FAILURES_TO_PROBE = 20;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/** Called when the circuit opens (calls fail fast) and closes. */
export type OnCircuit = (isOpen: boolean) => void;

interface CircuitDeps {
  readonly clock: Clock;
  /** Checks GitLab with a call that does not wait behind calls of callers. */
  readonly probe: Probe;
  readonly onCircuit?: OnCircuit | undefined;
}

/** In maintenance mode GitLab refuses writes with 503 but serves reads. */
const isMaintenance = (error: unknown, { method }: Call): boolean =>
  method === 'POST' && error instanceof GitlabStatusError && error.status === 503;

/**
 * Circuit breaker for the server, shared by all callers. After 20 consecutive failures, the gateway
 * probes GitLab with a call of its own. If the probe fails, the circuit opens: calls fail fast, so
 * that GitLab can recover. After a pause, the next call triggers another probe. Success closes the
 * circuit; failure doubles the pause, up to 30 s.
 *
 * Failures of callers' requests do not open the circuit directly, because a request may itself be
 * the cause. For example, it may have a header that the server cannot handle.
 */
export function createCircuitBreaker(send: Send, deps: CircuitDeps): Send {
  const { clock, probe, onCircuit = () => {} } = deps;
  let failures = 0;
  let pauseMs = FIRST_PAUSE_MS;
  /** When the next call probes GitLab, in ms since 1970. Undefined while the circuit is closed. */
  let openUntil: number | undefined;
  let isProbing = false;

  const close = (): void => {
    if (openUntil !== undefined) onCircuit(false);
    [failures, pauseMs, openUntil] = [0, FIRST_PAUSE_MS, undefined];
  };
  const open = (): void => {
    if (openUntil === undefined) onCircuit(true);
    openUntil = clock.now() + pauseMs;
    pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
  };
  const decide = async (): Promise<void> => {
    if (isProbing) return;
    isProbing = true;
    try {
      if (isOutage(await probe())) open();
      else close();
    } finally {
      isProbing = false;
    }
  };
  const recordFailure = (error: unknown, call: Call): void => {
    if (isMaintenance(error, call) || openUntil !== undefined) return;
    if (isOutage(error)) failures += 1;
    else if (error instanceof GitlabStatusError) failures = 0;
    if (failures >= FAILURES_TO_PROBE) void decide();
  };
  const refuseWhileOpen = (call: Call): void => {
    if (openUntil === undefined) return;
    const message = 'GitLab does not answer; it will be tried again soon';
    throw new GitlabNetworkError(message, { sent: false }, originOf(call));
  };

  return async (call) => {
    const isPauseOver = openUntil !== undefined && clock.now() >= openUntil;
    if (isPauseOver && !isProbing) await decide();
    refuseWhileOpen(call);
    try {
      const response = await send(call);
      failures = 0;
      return response;
    } catch (error) {
      recordFailure(error, call);
      throw error;
    }
  };
}
