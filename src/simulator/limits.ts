import { ApiFailure } from './failure.ts';

/** A quota within a period, as Rack::Attack counts it. */
export interface RateLimit {
  readonly limit: number;
  readonly periodMs: number;
}

/** Counters of the instance: requests per key in fixed windows, which is how GitLab counts. */
export interface Limits {
  /** Counts a request and says how many there were in this window. */
  hit(key: string, periodMs: number, now: number): number;
  /** Calls a minute on a project's jobs, per user; 0 = no limit (§5.2). */
  readonly jobsIndex: number;
  /** Whether pages beyond row 50,000 are refused whatever the release (§4.1). */
  readonly enforceOffset: boolean;
}

/** Counters that start at nothing. */
export function createLimits(settings: Pick<Limits, 'jobsIndex' | 'enforceOffset'>): Limits {
  const windows = new Map<string, { window: number; count: number }>();
  return {
    ...settings,
    hit(key, periodMs, now) {
      const window = Math.floor(now / periodMs);
      const seen = windows.get(key);
      const count = seen?.window === window ? seen.count + 1 : 1;
      windows.set(key, { window, count });
      return count;
    },
  };
}

/** What the throttle says of a caller's budget (upstream.md §5.1). */
export function rateLimitHeaders(
  name: string,
  { limit, periodMs }: RateLimit,
  seen: { observed: number; resetAt: number },
): Record<string, string> {
  const resetSeconds = Math.ceil(seen.resetAt / 1_000);
  return {
    'RateLimit-Name': name,
    'RateLimit-Limit': String(Math.ceil((limit * 60_000) / periodMs)),
    'RateLimit-Observed': String(seen.observed),
    'RateLimit-Remaining': String(Math.max(0, limit - seen.observed)),
    'RateLimit-Reset': String(resetSeconds),
    'RateLimit-ResetTime': new Date(resetSeconds * 1_000).toUTCString(),
  };
}

/** The throttle's 429: plain text, with every header (§5.1). */
export function throttled(headers: Record<string, string>, retryAfter: number): ApiFailure {
  return new ApiFailure(429, 'Retry later\n', { ...headers, 'Retry-After': String(retryAfter) });
}
