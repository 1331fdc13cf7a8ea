import type { Clock } from '../../util/clock.ts';
import {
  GitlabError,
  GitlabNetworkError,
  GitlabRateLimitError,
  GitlabStatusError,
  GitlabTimeoutError,
} from '../errors.ts';
import { originOf, type Send } from '../request.ts';

/** So many calls in a row must fail, with no good answer to anyone in between. */
const FAILURES_TO_OPEN = 20;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/** What is known of the server after a call; undefined where that is nothing. */
type Verdict = 'up' | 'down' | undefined;

function verdictOfStatus(status: number, method: string): Verdict {
  // In maintenance GitLab refuses writes but serves reads, so a write's 503 may be either's.
  if (status === 503 && method === 'POST') return undefined;
  // 500 is one request's own trouble.
  return status === 502 || status === 503 || status === 504 ? 'down' : 'up';
}

/** What a call's end says about the server. */
function verdict(error: unknown, method: string): Verdict {
  if (error instanceof GitlabStatusError) return verdictOfStatus(error.status, method);
  if (error instanceof GitlabRateLimitError) return undefined;
  // A call that spent its time in our own queues says nothing about GitLab.
  if (error instanceof GitlabTimeoutError && error.phase === 'total' && !error.sent)
    return undefined;
  const isDown = error instanceof GitlabNetworkError || error instanceof GitlabTimeoutError;
  if (isDown) return 'down';
  return error instanceof GitlabError ? 'up' : undefined;
}

/** Told when calls are cut off, and when they go through again. */
export type OnCircuit = (isOpen: boolean) => void;

/**
 * Stops calling a server that has not answered anyone for a while, so that callers fail at once and it
 * can recover. After a pause one call is let through; when that succeeds, all are, and otherwise the
 * pause doubles. Knows the server only, never who called.
 */
export function createCircuitBreaker(
  send: Send,
  clock: Clock,
  onCircuit: OnCircuit = () => {},
): Send {
  let failures = 0;
  let pauseMs = FIRST_PAUSE_MS;
  /** No call before then, in ms since 1970; undefined while the circuit is closed. */
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
  const note = (seen: Verdict, isProbe: boolean): void => {
    if (isProbe) probing = false;
    if (seen === 'up') close();
    else if (seen === 'down' && (isProbe || ++failures === FAILURES_TO_OPEN)) open();
  };

  return async (call) => {
    const isOpen = openUntil !== undefined;
    if (openUntil !== undefined && (probing || clock.now() < openUntil)) {
      const message = 'GitLab does not answer; it will be tried again soon';
      throw new GitlabNetworkError(message, { sent: false }, originOf(call));
    }
    probing = isOpen;
    try {
      const answer = await send(call);
      note('up', isOpen);
      return answer;
    } catch (error) {
      note(verdict(error, call.method), isOpen);
      throw error;
    }
  };
}
