/*
 * Tracks the rate limits of each credential, as GitLab's responses report them. GitLab.com sends
 * RateLimit headers with every response. Self-managed servers send them only with a 429, or never
 * (upstream.md §5).
 */
import { type Clock, sleep } from '../../util/clock.ts';
import { GitlabRateLimitError } from '../errors.ts';
import { type Call, type Exchange, originOf, type RawResponse } from '../request.ts';
import { type Headers, headerOf, readCount, readReset, readWaitOfLimit } from './headers.ts';

/**
 * Longest time that a call waits until calls are allowed again. A call that would wait longer fails
 * immediately with GitlabRateLimitError.
 */
const MAX_WAIT_MS = 10_000;
/**
 * If less than this part of a quota remains, a delay is added before calls, so that one burst does
 * not use up the quota.
 */
const SCARCE_PART = 0.1;
/** Longest delay that is added before a call. */
const MAX_SPACING_MS = 1_000;
/**
 * Maximum time for which calls are blocked, even if GitLab names a longer one: clocks may be wrong,
 * and limits cover at most an hour.
 */
const MAX_BLOCK_MS = 3_600_000;
/**
 * If the renewal times of two reported quotas differ by less than this, the quotas belong to one
 * period. The times may differ slightly, because of rounding and of the time that responses take.
 */
const RESET_TOLERANCE_MS = 2_000;

/** A quota, as GitLab last reported it. Later calls are already subtracted from `remaining`. */
export interface RateLimit {
  /** Calls per minute. GitLab converts a limit for any period to this unit. */
  readonly limit: number;
  /** Calls in the whole period, such as an hour. `remaining` is a part of this. */
  readonly granted: number;
  readonly remaining: number;
  /** In ms since 1970, by the gateway's clock. */
  readonly resetAt: number;
}

export interface RateLimitState {
  quota: RateLimit | undefined;
  /**
   * When calls are allowed again after a 429, in ms since 1970, by endpoint template. The key ''
   * stands for all calls.
   */
  readonly blockedUntil: Map<string, number>;
  /** When the next call may start while little of the quota remains, in ms since 1970. */
  nextAt: number;
}

const EVERYTHING = '';

export function createRateLimitState(): RateLimitState {
  return { quota: undefined, blockedUntil: new Map(), nextAt: 0 };
}

/**
 * Keeps each credential within its rate limits. A call waits while the quota is used up or a 429
 * blocks calls. If the wait would exceed 10 s or the call's deadline, the call is not sent and
 * fails immediately with GitlabRateLimitError.
 */
export function createRateLimiter(
  exchange: Exchange,
  deps: { clock: Clock; stateOf: (credential: Call['credential']) => RateLimitState },
): Exchange {
  const { clock, stateOf } = deps;

  const waitUntilAllowed = async (call: Call, state: RateLimitState): Promise<void> => {
    for (;;) {
      const now = clock.now();
      const { kind, inMs } = reserve(state, call.endpoint.template, now);
      if (kind === 'blocked' && inMs > Math.min(MAX_WAIT_MS, call.deadlineAt - now)) {
        const retryAfterSeconds = Math.ceil(inMs / 1000);
        const limitsAllCalls = allUnblockedAt(state) > now;
        throw new GitlabRateLimitError({ retryAfterSeconds, limitsAllCalls }, originOf(call));
      }
      if (inMs > 0) await sleep(clock, inMs, call.signal);
      if (kind === 'go') return;
    }
  };

  return async (call) => {
    const state = stateOf(call.credential);
    await waitUntilAllowed(call, state);
    const response = await exchange(call);
    updateQuota(state, call, response, clock.now());
    return response;
  };
}

/**
 * The decision about a call. `go`: the call may start after `inMs`. `blocked`: check again after
 * `inMs`.
 */
interface Admission {
  readonly kind: 'go' | 'blocked';
  readonly inMs: number;
}

/** Decides when a call may start. Subtracts the call from the quota, unless calls are blocked. */
export function reserve(state: RateLimitState, template: string, now: number): Admission {
  const blockedFor = unblockedAt(state, template) - now;
  if (blockedFor > 0) return { kind: 'blocked', inMs: blockedFor };
  const { quota } = state;
  const spacing = spacingMs(quota, now);
  const at = spacing === 0 ? now : Math.min(now + MAX_SPACING_MS, Math.max(now, state.nextAt));
  state.nextAt = at + spacing;
  if (quota && quota.resetAt > now) state.quota = withRemaining(quota, quota.remaining - 1);
  return { kind: 'go', inMs: at - now };
}

/**
 * Returns when calls are allowed again after a block of all calls, in ms since 1970; 0 if there is
 * none.
 */
function allUnblockedAt({ quota, blockedUntil }: RateLimitState): number {
  const renewedAt = quota !== undefined && quota.remaining <= 0 ? quota.resetAt : 0;
  return Math.max(renewedAt, blockedUntil.get(EVERYTHING) ?? 0);
}

/**
 * Returns when calls to an endpoint are allowed again, in ms since 1970; 0 if they are not blocked.
 */
function unblockedAt(state: RateLimitState, template: string): number {
  return Math.max(allUnblockedAt(state), state.blockedUntil.get(template) ?? 0);
}

/** Whether less than `part` of the quota remains in its current period. */
export function isScarce(
  quota: RateLimit | undefined,
  part: number,
  now: number,
): quota is RateLimit {
  return quota !== undefined && quota.resetAt > now && quota.remaining < quota.granted * part;
}

/**
 * Returns the time between the starts of two calls, in ms; 0 unless little of the quota remains.
 */
function spacingMs(quota: RateLimit | undefined, now: number): number {
  if (!isScarce(quota, SCARCE_PART, now)) return 0;
  return Math.min(MAX_SPACING_MS, (quota.resetAt - now) / (quota.remaining + 1));
}

/**
 * Records a response's quota and, for a 429, what it blocks. A 429 that names no time blocks
 * nothing.
 */
export function updateQuota(
  state: RateLimitState,
  call: Call,
  response: RawResponse,
  now: number,
): void {
  const reported = readQuota(response.headers, now);
  if (reported) mergeQuota(state, reported);
  if (response.status !== 429) return;
  const seconds = readWaitOfLimit(response.headers, now);
  const blocked = blockedBy(call, response.headers);
  if (seconds === null || blocked === undefined) return;
  state.blockedUntil.set(blocked, timeIn(seconds, now));
}

/**
 * Stores a reported quota. Responses may arrive out of order, so within one period the smallest
 * `remaining` is the latest.
 */
function mergeQuota(state: RateLimitState, reported: RateLimit): void {
  const { quota } = state;
  const isNewPeriod =
    quota === undefined || Math.abs(quota.resetAt - reported.resetAt) >= RESET_TOLERANCE_MS;
  state.quota = isNewPeriod
    ? reported
    : withRemaining(reported, Math.min(quota.remaining, reported.remaining));
}

/**
 * Copies a quota with another `remaining`. Lists the members instead of spreading them, because V8
 * needs longer for a spread copy with a changed member.
 */
function withRemaining({ limit, granted, resetAt }: RateLimit, remaining: number): RateLimit {
  return { limit, granted, remaining, resetAt };
}

/**
 * Whether the limit of the whole API caused a 429: the response is not JSON, or it reports that no
 * calls remain. Otherwise, the limit of one endpoint caused it.
 */
export function isLimitOfAllCalls(headers: Headers): boolean {
  const isJson = headerOf(headers, 'content-type')?.includes('json');
  return !isJson || readCount(headers, 'ratelimit-remaining') === 0;
}

/**
 * Returns what a 429 blocks: all calls, or the calls of one endpoint in all projects. Undefined for
 * a limit on writes: it usually applies to one job or pipeline only, so no other call is blocked.
 */
function blockedBy(call: Call, headers: Headers): string | undefined {
  if (isLimitOfAllCalls(headers)) return EVERYTHING;
  return call.method === 'POST' ? undefined : call.endpoint.template;
}

function readQuota(headers: Headers, now: number): RateLimit | undefined {
  const limit = readCount(headers, 'ratelimit-limit');
  const remaining = readCount(headers, 'ratelimit-remaining');
  const seconds = readReset(headers, now);
  if (limit === undefined || remaining === undefined || seconds === null) return undefined;
  const observed = readCount(headers, 'ratelimit-observed');
  const granted = observed === undefined ? limit : observed + remaining;
  return { limit, granted, remaining, resetAt: timeIn(seconds, now) };
}

function timeIn(seconds: number, now: number): number {
  return now + Math.min(MAX_BLOCK_MS, seconds * 1000);
}
