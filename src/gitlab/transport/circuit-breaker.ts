import type { Clock } from '../../util/clock.ts';
import {
  GitlabError,
  GitlabNetworkError,
  GitlabRateLimitError,
  GitlabStatusError,
  GitlabTimeoutError,
} from '../errors.ts';
import { originOf, type Send } from '../request.ts';

/** Consecutive failures, over all callers, that open the circuit. */
const FAILURES_TO_OPEN = 20;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/** What a call shows about the server; undefined if nothing. */
type Verdict = 'up' | 'down' | undefined;

function verdictOfStatus(status: number, method: string): Verdict {
  // In maintenance mode GitLab refuses writes with 503 but serves reads.
  if (status === 503 && method === 'POST') return undefined;
  // 500 concerns a single request.
  return status === 502 || status === 503 || status === 504 ? 'down' : 'up';
}

function verdictOf(error: unknown, method: string): Verdict {
  if (error instanceof GitlabStatusError) return verdictOfStatus(error.status, method);
  if (error instanceof GitlabRateLimitError) return undefined;
  // The call waited in the gateway's own queues and never reached GitLab.
  if (error instanceof GitlabTimeoutError && error.phase === 'total' && !error.sent)
    return undefined;
  const isDown = error instanceof GitlabNetworkError || error instanceof GitlabTimeoutError;
  if (isDown) return 'down';
  return error instanceof GitlabError ? 'up' : undefined;
}

/** Called when the circuit opens (calls fail fast) and closes. */
export type OnCircuit = (isOpen: boolean) => void;

/**
 * Circuit breaker for the server, shared by all callers: after 20 consecutive failures calls fail
 * fast, so that GitLab can recover. After a pause one call probes it: success closes the circuit,
 * failure doubles the pause.
 */
export function createCircuitBreaker(
  send: Send,
  clock: Clock,
  onCircuit: OnCircuit = () => {},
): Send {
  let failures = 0;
  let pauseMs = FIRST_PAUSE_MS;
  /** In ms since 1970; undefined while the circuit is closed. */
  let openUntil: number | undefined;
  let probing = false;

  const close = (): void => {
    if (openUntil !== undefined) onCircuit(false);
    [failures, pauseMs, openUntil] = [0, FIRST_PAUSE_MS, undefined];
  };
  const open = (): void => {
    if (openUntil === undefined) onCircuit(true);
    openUntil = clock.now() + pauseMs;
    pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
  };
  const record = (verdict: Verdict, isProbe: boolean): void => {
    if (isProbe) probing = false;
    if (verdict === 'up') close();
    else if (verdict === 'down' && (isProbe || ++failures === FAILURES_TO_OPEN)) open();
  };

  return async (call) => {
    const isOpen = openUntil !== undefined;
    if (openUntil !== undefined && (probing || clock.now() < openUntil)) {
      const message = 'GitLab does not answer; it will be tried again soon';
      throw new GitlabNetworkError(message, { sent: false }, originOf(call));
    }
    probing = isOpen;
    try {
      const response = await send(call);
      record('up', isOpen);
      return response;
    } catch (error) {
      record(verdictOf(error, call.method), isOpen);
      throw error;
    }
  };
}
