/** The maximum number of requests per period, like a limit of Rack::Attack, GitLab's throttle. */
export interface RateLimit {
  readonly limit: number;
  readonly periodMs: number;
}

/**
 * Limits of the instance, and counters of requests. Like GitLab, counts in fixed windows of time.
 */
export interface Limits {
  /** Counts a request. Returns the number of requests in the current window, including this one. */
  count(key: string, periodMs: number, now: number): number;
  /**
   * Requests per minute and user for the list of a project's jobs; 0 means no limit (upstream.md
   * §5.2).
   */
  readonly jobsIndex: number;
  /** Retries per minute, user and job; 0 means no limit (upstream.md §5.3). */
  readonly jobRetry: number;
  /**
   * Whether pages beyond row 50,000 are rejected even if the simulated release would return them
   * (upstream.md §4.1).
   */
  readonly enforceOffset: boolean;
}

export function createLimits(settings: Omit<Limits, 'count'>): Limits {
  const counters = new Map<string, { window: number; count: number }>();
  return {
    ...settings,
    count(key, periodMs, now) {
      const window = Math.floor(now / periodMs);
      const previous = counters.get(key);
      const count = previous?.window === window ? previous.count + 1 : 1;
      counters.set(key, { window, count });
      return count;
    },
  };
}

/** Returns the RateLimit-* headers (upstream.md §5.1). */
export function rateLimitHeaders(
  name: string,
  { limit, periodMs }: RateLimit,
  { observed, resetAt }: { observed: number; resetAt: number },
): Record<string, string> {
  const resetSeconds = Math.ceil(resetAt / 1_000);
  return {
    'RateLimit-Name': name,
    'RateLimit-Limit': String(Math.ceil((limit * 60_000) / periodMs)),
    'RateLimit-Observed': String(observed),
    'RateLimit-Remaining': String(Math.max(0, limit - observed)),
    'RateLimit-Reset': String(resetSeconds),
    'RateLimit-ResetTime': new Date(resetSeconds * 1_000).toUTCString(),
  };
}
