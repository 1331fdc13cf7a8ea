import { type Clock, sleep } from '../../util/clock.ts';
import { GitlabRateLimitError } from '../errors.ts';
import { type Call, type Exchange, originOf, type RawResponse } from '../request.ts';
import { type Headers, headerOf, readReset, readRetryAfter } from './headers.ts';

/** A longer wait is the caller's to sit out: an honest refusal now is worth more than an answer then. */
const MAX_WAIT_MS = 10_000;

/**
 * Keeps each credential within the limits GitLab has told it: calls wait for a quota's renewal or for
 * the end of a refusal if that is near, and otherwise fail at once with GitlabRateLimitError, without
 * a call that would only be refused.
 */
export function createRateLimiter(
  exchange: Exchange,
  deps: { clock: Clock; budgetOf: (credential: Call['credential']) => RateLimitState },
): Exchange {
  const { clock, budgetOf } = deps;

  const waitForRoom = async (call: Call, budget: RateLimitState): Promise<void> => {
    for (;;) {
      const now = clock.now();
      const { kind, inMs } = reserve(budget, call.endpoint.template, now);
      if (kind === 'closed' && inMs > Math.min(MAX_WAIT_MS, call.deadlineAt - now)) {
        throw new GitlabRateLimitError(
          { retryAfterSeconds: Math.ceil(inMs / 1000) },
          originOf(call),
        );
      }
      if (inMs > 0) await sleep(clock, inMs, call.signal);
      if (kind === 'go') return;
    }
  };

  return async (call) => {
    const budget = budgetOf(call.credential);
    await waitForRoom(call, budget);
    const answer = await exchange(call);
    updateQuota(budget, call, answer, clock.now());
    return answer;
  };
}

/*
 * What GitLab says about a credential's rate limits, and what follows from it: pure functions over one
 * budget. GitLab.com sends its RateLimit headers with every answer, self-managed servers only with a
 * 429 or never (upstream.md §5).
 */

/** What is left of a quota until it is renewed. */
export interface RateLimit {
  /** Calls a minute, which GitLab works out whatever the period is. */
  readonly limit: number;
  /** Calls in the whole period, such as an hour: what `remaining` is left of. */
  readonly granted: number;
  readonly remaining: number;
  /** In ms since 1970, by our clock. */
  readonly resetAt: number;
}

/** What is known about one credential's limits. */
export interface RateLimitState {
  quota: RateLimit | undefined;
  /** Until when calls are refused, in ms since 1970: all of them (''), or those of one template. */
  readonly blockedUntil: Map<string, number>;
  /** When the next call may go, in ms since 1970, while calls are spread out. */
  nextAt: number;
}

const EVERYTHING = '';
/** Calls are spread out over the last part of a quota, so that one burst does not eat all of it. */
const SCARCE_PART = 0.1;
/** Spreading out is a courtesy: it never costs a call more than this. */
const MAX_SPACING_MS = 1_000;

/** Knows nothing, and lets everything pass. */
export function createRateLimitState(): RateLimitState {
  return { quota: undefined, blockedUntil: new Map(), nextAt: 0 };
}

function readCount(headers: Headers, name: string): number | undefined {
  const text = headerOf(headers, name);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** No refusal is believed for longer: limits are of a minute to an hour, clocks may be wrong, and bans are lifted. */
const MAX_CLOSED_MS = 3_600_000;

/** A moment so many seconds from now, or when it is time to ask again. */
function momentIn(seconds: number, now: number): number {
  return now + Math.min(MAX_CLOSED_MS, seconds * 1000);
}

/** The quota an answer tells of; undefined where it tells of none. */
function readQuota(headers: Headers, now: number): RateLimit | undefined {
  const limit = readCount(headers, 'ratelimit-limit');
  const remaining = readCount(headers, 'ratelimit-remaining');
  const seconds = readReset(headers, now);
  if (limit === undefined || remaining === undefined || seconds === null) return undefined;
  const observed = readCount(headers, 'ratelimit-observed');
  const granted = observed === undefined ? limit : observed + remaining;
  return { limit, granted, remaining, resetAt: momentIn(seconds, now) };
}

/** Two moments of one renewal differ by rounding and by the time the answer took. */
const SAME_RESET_MS = 2_000;

/** Answers overtake one another, so within one period the smallest remainder is the latest. */
function learnQuota(budget: RateLimitState, told: RateLimit): void {
  const known = budget.quota;
  const same = known !== undefined && Math.abs(known.resetAt - told.resetAt) < SAME_RESET_MS;
  budget.quota = same ? { ...told, remaining: Math.min(known.remaining, told.remaining) } : told;
}

/**
 * What a 429 closes. A throttle of the whole API answers in plain text, or has nothing left by its RateLimit
 * headers; where those say that something is left, as GitLab.com's do with every answer, it was another limit.
 * That is of one endpoint (a project's list of jobs) and closes it. Limits on writes are per job: they close nothing.
 */
function closedBy(call: Call, headers: Headers): string | undefined {
  const isJson = headerOf(headers, 'content-type')?.includes('json');
  if (!isJson || readCount(headers, 'ratelimit-remaining') === 0) return EVERYTHING;
  return call.method === 'POST' ? undefined : call.endpoint.template;
}

/** Notes what an answer says. A 429 that names no time closes nothing, since nobody knows for how long. */
export function updateQuota(
  budget: RateLimitState,
  call: Call,
  answer: RawResponse,
  now: number,
): void {
  const told = readQuota(answer.headers, now);
  if (told) learnQuota(budget, told);
  if (answer.status !== 429) return;
  const seconds = readRetryAfter(answer.headers, now);
  const closed = closedBy(call, answer.headers);
  if (seconds === null || closed === undefined) return;
  budget.blockedUntil.set(closed, momentIn(seconds, now));
}

/** When GitLab will take a call of that template again, in ms since 1970; 0 where nothing is against it. */
function openAt(budget: RateLimitState, template: string): number {
  const { quota, blockedUntil } = budget;
  const empty = quota !== undefined && quota.remaining <= 0 ? quota.resetAt : 0;
  return Math.max(empty, blockedUntil.get(EVERYTHING) ?? 0, blockedUntil.get(template) ?? 0);
}

/** Whether less than that part is left of what a quota grants. Not once it is renewed. */
export function isScarce(
  quota: RateLimit | undefined,
  part: number,
  now: number,
): quota is RateLimit {
  return quota !== undefined && quota.resetAt > now && quota.remaining < quota.granted * part;
}

/** How far calls are apart while the quota is scarce. */
function spacingMs(quota: RateLimit | undefined, now: number): number {
  if (!isScarce(quota, SCARCE_PART, now)) return 0;
  return Math.min(MAX_SPACING_MS, (quota.resetAt - now) / (quota.remaining + 1));
}

/** What to do with a call now: let it go, let it go after a pause, or look again once GitLab has opened. */
export type Admission =
  | { readonly kind: 'go'; readonly inMs: number }
  | { readonly kind: 'closed'; readonly inMs: number };

/** Decides about one call, and takes it off the quota if it may go. */
export function reserve(budget: RateLimitState, template: string, now: number): Admission {
  const closedFor = openAt(budget, template) - now;
  if (closedFor > 0) return { kind: 'closed', inMs: closedFor };
  const { quota } = budget;
  const spacing = spacingMs(quota, now);
  const at = spacing === 0 ? now : Math.min(now + MAX_SPACING_MS, Math.max(now, budget.nextAt));
  budget.nextAt = at + spacing;
  if (quota && quota.resetAt > now) budget.quota = { ...quota, remaining: quota.remaining - 1 };
  return { kind: 'go', inMs: at - now };
}
